import { type Gpu, withMemory } from '../../gpu/device.ts';
import { GpuMemory } from '../../gpu/memory.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { loadWeights } from '../../loading/load-weights.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { AdapterModule } from '../../model/modules.ts';
import type { ModelSource } from '../../weights/source.ts';
import { type MemoryPlan, planOfMemory } from '../memory-plan.ts';
import { GpuEngine, type GpuEngineOptions } from './engine.ts';

/**
 * What a run will take on the GPU, before any of it is allocated. There is no second set of formulas: the code that
 * allocates runs on memory that only counts.
 */
export async function planMemory(
  gpu: Gpu,
  { source, config, dtype }: { source: ModelSource; config: DecoderConfig; dtype: BaseDtype },
  adapterSettings: AdapterSettings,
  modules: readonly AdapterModule[],
  options: Omit<GpuEngineOptions, 'planBytes'>,
): Promise<MemoryPlan> {
  const memory = new GpuMemory(null);
  const counting = withMemory(gpu, memory);
  const { weights } = await loadWeights(counting, source, config, dtype, {
    plan: true,
    largestBinding: gpu.memory.largestBinding,
  });
  GpuEngine.plan({ gpu: counting, config, weights }, adapterSettings, modules, options);
  return planOfMemory(memory);
}

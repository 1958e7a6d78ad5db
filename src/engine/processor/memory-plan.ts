import type { BaseDtype } from '../../loading/base-dtype.ts';
import { loadWeights } from '../../loading/load-weights.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { AdapterModule } from '../../model/modules.ts';
import type { Processor } from '../../processor/kernels.ts';
import { Heap, ProcessorMemory } from '../../processor/memory.ts';
import type { ModelSource } from '../../weights/source.ts';
import { type MemoryPlan, planOfMemory } from '../memory-plan.ts';
import type { ProgramOptions } from '../program-engine.ts';
import { ProcessorEngine } from './engine.ts';

/** What a run will take on the processor: the code that allocates, on memory that only counts. */
export async function planMemory(
  processor: Processor,
  { source, config, dtype }: { source: ModelSource; config: DecoderConfig; dtype: BaseDtype },
  adapterSettings: AdapterSettings,
  modules: readonly AdapterModule[],
  options: Omit<ProgramOptions, 'planBytes'>,
): Promise<MemoryPlan> {
  const memory = new ProcessorMemory(new Heap(null, processor.kernels.firstFree()));
  const { weights } = await loadWeights({ memory }, source, config, dtype, { plan: true });
  new ProcessorEngine({ processor, memory, config, weights }, adapterSettings, modules, {
    ...options,
    planBytes: 0,
  });
  return planOfMemory(memory);
}

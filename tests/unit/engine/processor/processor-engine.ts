import { ProcessorEngine } from '../../../../src/engine/processor/engine.ts';
import type { ProgramOptions } from '../../../../src/engine/program-engine.ts';
import type { BaseDtype } from '../../../../src/loading/base-dtype.ts';
import { loadWeights } from '../../../../src/loading/load-weights.ts';
import { sitesOf } from '../../../../src/methods/parameters.ts';
import type { AdapterSettings } from '../../../../src/methods/types.ts';
import type { DecoderConfig } from '../../../../src/model/config.ts';
import { openProcessor, type ProcessorOptions } from '../../../../src/processor/kernels.ts';
import type { ModelSource } from '../../../../src/weights/source.ts';
import { type Fixture, sourceOf } from '../../model/fixture.ts';

type Shape = ProgramOptions['shape'];
type Options = Partial<ProgramOptions> &
  ProcessorOptions & {
    /** How the base is held. */ dtype?: BaseDtype /** A weight that is larger lies in ranges of rows. */;
    largestBinding?: number;
  };

/** The engine of the processor over a fixture's model, with memory of its own. */
export function processorEngine(f: Fixture, shape: Shape, options?: Options): Promise<ProcessorEngine> {
  return processorEngineOver({ source: sourceOf(f), config: f.config }, f.adapterSettings, shape, options);
}

/** The engine of the processor over any model, with memory of its own. */
export async function processorEngineOver(
  { source, config }: { source: ModelSource; config: DecoderConfig },
  adapterSettings: AdapterSettings,
  shape: Shape,
  { dtype = 'f32', largestBinding, ...options }: Options = {},
): Promise<ProcessorEngine> {
  const processor = await openProcessor(options);
  const memory = processor.memory.scope();
  const { weights } = await loadWeights({ memory }, source, config, dtype, { largestBinding });
  const base = { processor, memory, config, weights };
  return new ProcessorEngine(base, adapterSettings, sitesOf(config, adapterSettings), {
    ...{ shape, seed: 1, checkpointing: false, packing: false, planBytes: 0 },
    ...options,
  });
}

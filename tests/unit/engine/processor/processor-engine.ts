import { ProcessorEngine } from '../../../../src/engine/processor/engine.ts';
import type { ProgramOptions } from '../../../../src/engine/program-engine.ts';
import { loadWeights } from '../../../../src/loading/load-weights.ts';
import { makeRopeTables } from '../../../../src/loading/rope-tables.ts';
import { openProcessor } from '../../../../src/processor/kernels.ts';
import { type Fixture, sourceOf } from '../../model/fixture.ts';

/** The engine of the processor over a fixture's model, with memory of its own. */
export async function processorEngine(
  f: Fixture,
  shape: { maxRows: number; maxLength: number },
  options: Partial<ProgramOptions> & { relaxed?: boolean } = {},
): Promise<ProcessorEngine> {
  const processor = await openProcessor(options.relaxed);
  const memory = processor.memory.scope();
  const { config } = f;
  const { weights } = await loadWeights({ memory }, sourceOf(f), config, 'f32');
  const ropeTables = makeRopeTables({ memory }, config, shape.maxLength);
  const base = { processor, memory, config, weights, ropeTables };
  return new ProcessorEngine(base, f.lora, f.modules, {
    ...{ shape, seed: 1, checkpointing: false, packing: false, planBytes: 0 },
    ...options,
  });
}

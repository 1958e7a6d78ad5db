import { readFile, writeFile } from 'node:fs/promises';
import { processorEngine } from '../engine/processor/processor-engine.ts';
import { openFixture } from '../model/fixture.ts';
import { type Pin, type Pins, testPins } from '../pinned.ts';
import pins from './fixtures/pinned.json';
import { type PinnedRun, pinnedRun } from './pinned-run.ts';
import { SHAPE } from './resume.ts';

/**
 * Holds the processor's engine to its bytes, as `tests/gpu/pinned.test.ts` does the one on WebGPU: three families,
 * packing, checkpointing, dropout, accumulation, a resumed run. Without relaxed SIMD our kernels compute the same floats
 * everywhere; what is left to an environment are Node's own functions. How to record anew: `../pinned.ts`.
 */

async function of(
  name: string,
  options: PinnedRun & { dropout?: number; checkpointing?: boolean } = {},
): Promise<Pin> {
  const f = await openFixture((file) =>
    readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)),
  );
  f.adapterSettings = { ...f.adapterSettings, dropout: options.dropout ?? 0 };
  const { checkpointing = false } = options;
  return pinnedRun(() => processorEngine(f, SHAPE, { relaxed: false, checkpointing }), f, options);
}

const long = { dropout: 0.2, settings: { accumulate: 2 } };

testPins({
  pins: pins as Pins,
  environment: async () => ({ node: process.versions.node.split('.')[0] }),
  cases: {
    llama: () => of('llama'),
    gemma3: () => of('gemma3'),
    gpt2: () => of('gpt2'),
    checkpointing: () => of('llama', { ...long, checkpointing: true }),
    'dropout and accumulation': () => of('llama', long),
    'dropout and accumulation, resumed from a checkpoint file': () => of('llama', { ...long, resumed: true }),
  },
  write: (json) => writeFile(new URL('fixtures/pinned.json', import.meta.url), json),
});

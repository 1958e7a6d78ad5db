import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll } from 'vitest';
import { createPlainEngine } from '../../../src/engine/plain/engine.ts';
import { openWasm } from '../../../src/gpu/wasm.ts';
import { openFixture } from '../model/fixture.ts';
import { type Pin, type Pins, testPins } from '../pinned.ts';
import pins from './fixtures/pinned.json';
import { type PinnedRun, pinnedRun } from './pinned-run.ts';
import { SHAPE } from './resume.ts';

/**
 * Holds the plain engine on WebAssembly to its bytes, as `tests/gpu/pinned.test.ts` does the one on WebGPU: two
 * families, dropout, accumulation, a resumed run. WebAssembly computes the same floats everywhere; what is left to an
 * environment are the build of tfjs that runs and Node's own functions. How to record anew: `../pinned.ts`.
 */

let opened: Awaited<ReturnType<typeof openWasm>>;
beforeAll(async () => {
  opened = await openWasm(1);
});

async function of(name: string, options: PinnedRun & { dropout?: number } = {}): Promise<Pin> {
  const f = await openFixture((file) =>
    readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)),
  );
  f.lora = { ...f.lora, dropout: options.dropout ?? 0 };
  return pinnedRun(() => createPlainEngine(f.config, f.weights, f.lora, SHAPE, 1), f, options);
}

const long = { dropout: 0.2, settings: { accumulate: 2 } };

testPins({
  pins: pins as Pins,
  environment: async () => ({
    wasm: opened.simd ? 'simd' : 'plain',
    node: process.versions.node.split('.')[0],
  }),
  cases: {
    llama: () => of('llama'),
    gemma3: () => of('gemma3'),
    gpt2: () => of('gpt2'),
    'dropout and accumulation': () => of('llama', long),
    'dropout and accumulation, resumed from a checkpoint file': () => of('llama', { ...long, resumed: true }),
  },
  write: (json) => writeFile(new URL('fixtures/pinned.json', import.meta.url), json),
});

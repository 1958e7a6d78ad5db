import { readFile } from 'node:fs/promises';
import { beforeAll } from 'vitest';
import { createPlainEngine } from '../../../../src/engine/plain/engine.ts';
import { openWasm } from '../../../../src/gpu/wasm.ts';
import { describeFamilies } from '../against-pytorch.ts';

beforeAll(async () => {
  await openWasm();
});

describeFamilies({
  read: (name, file) => readFile(new URL(`../fixtures/${name}/${file}`, import.meta.url)),
  create: (f) => createPlainEngine(f.config, f.weights, f.adapterSettings, 1),
  tolerance: 2e-5,
  // It is the baseline of the benchmark alone; AdamW is the same in each.
  toTheEnd: ['llama', 'gpt2'],
});

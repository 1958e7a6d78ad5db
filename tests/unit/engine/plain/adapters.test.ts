import { readFile } from 'node:fs/promises';
import { beforeAll } from 'vitest';
import { createPlainEngine } from '../../../../src/engine/plain/engine.ts';
import { openWasm } from '../../../../src/gpu/wasm.ts';
import { describeAdapters } from '../adapters.ts';

beforeAll(async () => {
  await openWasm();
});

describeAdapters({
  read: (name, file) => readFile(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape) => createPlainEngine(f.config, f.weights, f.lora, shape, 1),
  tolerance: 2e-5,
});

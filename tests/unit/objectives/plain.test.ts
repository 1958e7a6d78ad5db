import { readFile } from 'node:fs/promises';
import { createPlainEngine } from '../../../src/engine/plain/engine.ts';
import { openWasm } from '../../../src/gpu/wasm.ts';
import { openFixture } from '../model/fixture.ts';
import { describeObjectives, SHAPE } from './on-engine.ts';

describeObjectives(async () => {
  await openWasm();
  const f = await openFixture((file) =>
    readFile(new URL(`../model/fixtures/llama/${file}`, import.meta.url)),
  );
  return { f, engine: await createPlainEngine(f.config, f.weights, f.lora, SHAPE, 1) };
});

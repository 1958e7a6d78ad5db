import { readFile } from 'node:fs/promises';
import { processorEngine } from '../engine/processor/processor-engine.ts';
import { openFixture } from '../model/fixture.ts';
import { describeObjectives, SHAPE } from './on-engine.ts';

describeObjectives(async () => {
  const f = await openFixture((file) =>
    readFile(new URL(`../model/fixtures/llama/${file}`, import.meta.url)),
  );
  return { f, engine: await processorEngine(f, SHAPE, { packing: true }) };
});

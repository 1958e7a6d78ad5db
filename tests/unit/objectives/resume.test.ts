import { processorEngine } from '../engine/processor/processor-engine.ts';
import { openFixture } from '../model/fixture.ts';
import { readFixture } from '../read-fixture.ts';
import { describeObjectivesResume, SHAPE } from '../run/resume.ts';

describeObjectivesResume(async (maxRows, soft) => {
  const f = await openFixture((file) =>
    readFixture(new URL(`../model/fixtures/llama/${file}`, import.meta.url)),
  );
  return { f, engine: await processorEngine(f, { ...SHAPE, maxRows }, { soft }) };
});

import { openFixture } from '../unit/model/fixture.ts';
import { describeObjectivesResume, describeResume, SHAPE } from '../unit/run/resume.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeResume(async () => {
  const f = await openFixture((file) => readFixture('llama', file));
  // With dropout, whose masks must follow from the step alone.
  f.adapterSettings = { ...f.adapterSettings, dropout: 0.2 };
  return { f, engine: await fixtureEngine(f, SHAPE) };
});

describeObjectivesResume(
  async (maxRows, soft) => {
    const f = await openFixture((file) => readFixture('llama', file));
    return { f, engine: await fixtureEngine(f, { ...SHAPE, maxRows }, { soft }) };
  },
  ['dpo', 'bake'],
);

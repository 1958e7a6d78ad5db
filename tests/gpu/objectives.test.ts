import { openFixture } from '../unit/model/fixture.ts';
import { describeObjectives, SHAPE } from '../unit/objectives/on-engine.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeObjectives(async () => {
  const f = await openFixture((file) => readFixture('llama', file));
  return { f, engine: await fixtureEngine(f, SHAPE, { packing: true }) };
});

import { openFixture } from '../unit/model/fixture.ts';
import { describeTaught, SHAPE, SOFT } from '../unit/objectives/taught.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeTaught(async () => {
  const f = await openFixture((file) => readFixture('llama', file));
  return { f, engine: await fixtureEngine(f, SHAPE, { packing: true, soft: SOFT }) };
});

import { describeRounded, withTarget } from '../unit/engine/rounded.ts';
import { openFixture } from '../unit/model/fixture.ts';
import { describeResume, SHAPE } from '../unit/run/resume.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeRounded({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });

describeResume(async () => {
  const f = withTarget(await openFixture((file) => readFixture('llama', file)), 'q4');
  return { f, engine: await fixtureEngine(f, SHAPE) };
}, 'a run through rounding');

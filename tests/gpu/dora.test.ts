import { describeDora, withDora } from '../unit/engine/dora.ts';
import { openFixture } from '../unit/model/fixture.ts';
import { describeResume, SHAPE } from '../unit/run/resume.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeDora({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });

describeResume(async () => {
  const f = withDora(await openFixture((file) => readFixture('llama', file)), { dropout: 0.2 });
  return { f, engine: await fixtureEngine(f, SHAPE) };
}, 'a run of DoRA');

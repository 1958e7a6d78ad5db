import { describeDora } from '../unit/engine/dora.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeDora({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });

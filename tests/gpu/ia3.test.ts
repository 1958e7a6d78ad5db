import { describeIa3 } from '../unit/engine/ia3.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeIa3({ read: readFixture, create: fixtureEngine, tolerance: 2e-5 });

import { describeAdapters } from '../unit/engine/adapters.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeAdapters({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });

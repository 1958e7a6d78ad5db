import { describeFamilies } from '../unit/model/against-pytorch.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeFamilies({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });

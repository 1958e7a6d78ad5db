import { describeRowsAlone } from '../unit/engine/rows-alone.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeRowsAlone({ read: readFixture, create: fixtureEngine, tolerance: 1e-5 });

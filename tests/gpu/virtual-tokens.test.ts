import { describeVirtualTokens } from '../unit/engine/virtual-tokens.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeVirtualTokens({ read: readFixture, create: fixtureEngine, tolerance: 2e-5 });

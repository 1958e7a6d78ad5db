import { describePooledStates } from '../unit/engine/pooled-states.ts';
import { describeSideBySide } from '../unit/engine/side-by-side.ts';
import { describeFamilies } from '../unit/model/against-pytorch.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

describeFamilies({ read: readFixture, create: (f, shape) => fixtureEngine(f, shape), tolerance: 2e-5 });
describePooledStates({
  read: readFixture,
  create: (f, shape) => fixtureEngine(f, shape),
  tolerance: 2e-5,
  families: ['gemma3', 'gpt2'],
});
describeSideBySide({
  read: readFixture,
  create: (f, shape) => fixtureEngine(f, shape),
  tolerance: 2e-5,
  families: ['gemma3', 'gpt2'],
});

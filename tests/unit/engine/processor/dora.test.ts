import { readFixture } from '../../read-fixture.ts';
import { describeDora } from '../dora.ts';
import { processorEngine } from './processor-engine.ts';

describeDora({
  read: (name, file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape) => processorEngine(f, shape),
  tolerance: 2e-5,
});

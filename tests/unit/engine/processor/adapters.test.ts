import { readFixture } from '../../read-fixture.ts';
import { describeAdapters } from '../adapters.ts';
import { processorEngine } from './processor-engine.ts';

describeAdapters({
  read: (name, file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape) => processorEngine(f, shape),
  tolerance: 2e-5,
});

import { sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { describeRowsAlone } from '../rows-alone.ts';
import { processorEngineOver } from './processor-engine.ts';

describeRowsAlone({
  read: (name, file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape, options) =>
    processorEngineOver({ source: sourceOf(f), config: f.config }, f.adapterSettings, shape, options),
  tolerance: 1e-5,
});

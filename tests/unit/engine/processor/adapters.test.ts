import { readFile } from 'node:fs/promises';
import { describeAdapters } from '../adapters.ts';
import { processorEngine } from './processor-engine.ts';

describeAdapters({
  read: (name, file) => readFile(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape) => processorEngine(f, shape),
  tolerance: 2e-5,
});

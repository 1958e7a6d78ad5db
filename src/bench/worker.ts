import { expose } from 'comlink';
import type { BenchHost, BenchOptions } from './results.ts';
import { runBench } from './run.ts';

/** The benchmark runs in a worker, as training does on the page. */
const api = {
  run: (options: BenchOptions, host: BenchHost) => runBench(navigator.gpu, host, options),
};

export type BenchWorker = typeof api;

expose(api);

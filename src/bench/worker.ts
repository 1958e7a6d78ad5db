import { expose } from 'comlink';
import type { BenchHost, BenchOptions } from './results.ts';
import { runBench } from './run.ts';

/** The benchmark runs in a worker, as training does on the page. */
const api = {
  run: (options: BenchOptions, host: Omit<BenchHost, 'wasm'>) =>
    runBench(
      navigator.gpu,
      {
        wasm: true,
        say: (line) => host.say(line),
        stepped: () => host.stepped(),
        heapBytes: () => host.heapBytes(),
        mainThreadMs: () => host.mainThreadMs(),
      },
      options,
    ),
};

export type BenchWorker = typeof api;

expose(api);

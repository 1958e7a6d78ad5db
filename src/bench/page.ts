import { proxy, wrap } from 'comlink';
import { plainError, UserError } from '../errors.ts';
import type { BenchHost, BenchOptions, BenchResult } from './results.ts';
import type { BenchWorker } from './worker.ts';

declare global {
  interface Window {
    bench(options: BenchOptions): Promise<BenchResult>;
    /** Put here by the command. */
    benchSay(line: string): Promise<void>;
    benchHeapBytes(): Promise<number | null>;
    benchMainThreadMs(): Promise<number | null>;
  }
}

/** What `npm run bench` drives in a headless browser. */
window.bench = (options) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'bench' });
  const failed = new Promise<never>((_, reject) => {
    worker.onerror = (event) => reject(plainError(new UserError('worker-failed', event.message)));
  });
  let steps = 0;
  const host: Omit<BenchHost, 'wasm'> = {
    say: (line) => window.benchSay(line),
    stepped() {
      document.title = `Lowrank, benchmark: step ${++steps}`;
    },
    heapBytes: () => window.benchHeapBytes(),
    mainThreadMs: () => window.benchMainThreadMs(),
  };
  const result = wrap<BenchWorker>(worker).run(options, proxy(host));
  return Promise.race([result, failed]).finally(() => worker.terminate());
};

import type { Heap } from './memory.ts';
import type { ThreadStart } from './thread-start.ts';

/** Begins a thread. Resolves once it is about to wait for work, with what ends it. */
export type StartThread = (start: ThreadStart) => Promise<() => void>;

/** The threads that compute: the one that asks, which is the first, and workers that wait in our kernels. */
export interface Crew {
  /** Threads that are there. */
  readonly size: number;
  /** Threads that are to take part in the next program; results do not depend on it. */
  active(): number;
  /** Address of what they share their work by; 0: there is one thread. */
  readonly control: number;
  /** The workers end. Nothing may be under way. */
  end(): void;
}

/** Most threads: further ones wait for one another more than they compute. */
export const MOST_THREADS = 16;

const CONTROL_BYTES = 64;

/** A crew of `threads`, or of one where no more can be begun. */
export async function gather(
  threads: number,
  { module, memory, heap, active = () => threads, start = inWorker }: Of,
): Promise<Crew> {
  const size = Math.min(threads, MOST_THREADS);
  if (size === 1) return alone();
  const control = heap.take(CONTROL_BYTES);
  const begun = await Promise.allSettled(
    Array.from({ length: size - 1 }, (_, i) => start({ module, memory, control, thread: i + 1 })),
  );
  const ends = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = () => {
    for (const stop of ends.splice(0)) stop();
  };
  if (ends.length < size - 1) {
    end();
    heap.giveBack(control, CONTROL_BYTES);
    return alone();
  }
  return { size, active: () => Math.max(1, Math.min(size, active())), control, end };
}

interface Of {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  heap: Heap;
  active?: () => number;
  start?: StartThread;
}

function alone(): Crew {
  return { size: 1, active: () => 1, control: 0, end() {} };
}

/** Milliseconds after which a worker that has not answered is taken not to come. */
const PATIENCE = 20_000;

/** A thread in a worker of the browser. */
function inWorker(start: ThreadStart): Promise<() => void> {
  const worker = new Worker(new URL('./thread-worker.ts', import.meta.url), {
    type: 'module',
    name: 'lowrank thread',
  });
  return new Promise<() => void>((resolve, reject) => {
    const late = setTimeout(() => fail('did not begin'), PATIENCE);
    const fail = (why: string) => {
      clearTimeout(late);
      worker.terminate();
      reject(new Error(`thread ${start.thread}: ${why}`));
    };
    worker.onerror = (event) => fail(event.message);
    worker.onmessage = () => {
      clearTimeout(late);
      resolve(() => worker.terminate());
    };
    worker.postMessage(start);
  });
}

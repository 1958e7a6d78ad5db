import type { ThreadStart } from './thread-start.ts';

/** Word of `control` that says that a thread has failed (assembly/threads.ts). */
const FAILED = 8;

/** Waits for work in our kernels for as long as it lives; `ready` is called just before. */
async function serve({ module, memory, control, thread }: ThreadStart, ready: () => void): Promise<never> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = exports as unknown as { serve(control: number, thread: number): never };
  ready();
  try {
    kernels.serve(control, thread);
  } finally {
    // So that the others do not wait for ever.
    Atomics.store(new Int32Array(memory.buffer), control / 4 + FAILED, 1);
  }
  throw new Error('a thread ended');
}

addEventListener(
  'message',
  ({ data }: MessageEvent<ThreadStart>) => void serve(data, () => postMessage('ready')),
  { once: true },
);

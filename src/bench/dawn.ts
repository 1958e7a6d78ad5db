import './iterator-helpers.ts';
import { createRequire } from 'node:module';
import type { BenchOptions, BenchResult } from './results.ts';

/**
 * The benchmark in Node on Dawn, Chromium's WebGPU: for machines that have a GPU and no browser. `addon` is the npm
 * package webgpu's `dawn.node` for the platform; nothing else is needed.
 *
 * @throws Error `no-adapter: …` where Dawn finds none
 */
export async function benchInDawn(
  addon: string,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<BenchResult> {
  const { create, globals } = createRequire(import.meta.url)(addon) as {
    create(options: string[]): GPU;
    globals: object;
  };
  Object.assign(globalThis, globals);
  const gpu = create(['enable-dawn-features=allow_unsafe_apis']);
  // jax-js looks here.
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, hardwareConcurrency: (await import('node:os')).cpus().length, userAgent: 'Dawn' },
    configurable: true,
  });
  // tfjs's and jax-js's backends look at what there is when they are loaded.
  const { runBench } = await import('./run.ts');
  return runBench(
    gpu,
    { say, wasm: false, stepped() {}, heapBytes, mainThreadMs: async () => null },
    options,
  );
}

/** Known only where collections can be forced. */
async function heapBytes(): Promise<number | null> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) return null;
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's wasm backend, a contender in the benchmark. The three builds of its code (plain, SIMD, SIMD with threads) are
 * files of our own build, so nothing is fetched from elsewhere. tfjs picks the fastest that runs: threads need a page
 * that is cross-origin isolated (`SharedArrayBuffer`).
 *
 * @param threads at most this many (default: one a core, but one left for the page)
 * @returns what was opened
 */
export async function openWasm(threads?: number): Promise<{ simd: boolean; threads: number }> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  // In Node the package finds its files beside itself.
  if (!inNode) {
    setWasmPaths({
      'tfjs-backend-wasm.wasm': absolute(plain),
      'tfjs-backend-wasm-simd.wasm': absolute(simd),
      'tfjs-backend-wasm-threaded-simd.wasm': absolute(threaded),
    });
  }
  const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
  const wanted = threads ?? Math.max(1, cores - 1);
  setThreadsCount(wanted);
  const opened = await tf.setBackend('wasm').catch(() => false);
  if (!opened) throw new Error('tfjs cannot start its wasm backend here');
  const [hasSimd, hasThreads] = await Promise.all([
    tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') as Promise<boolean>,
    tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT') as Promise<boolean>,
  ]);
  return { simd: hasSimd, threads: hasSimd && hasThreads ? wanted : 1 };
}

/** The code that starts the threads lives at a blob address, from which a relative path leads nowhere. */
function absolute(path: string): string {
  return new URL(path, globalThis.location.href).href;
}

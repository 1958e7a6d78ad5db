import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's wasm backend, a contender in the benchmark, on one thread. Its files (plain, SIMD) are of our own build, so
 * nothing is fetched from elsewhere. Its threads start from an address that the page's policy forbids, and a page that
 * is cross-origin isolated, as ours is, would wait for them for ever.
 */
export async function openWasm(): Promise<void> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  // In Node the package finds its files beside itself.
  if (!inNode)
    setWasmPaths({
      'tfjs-backend-wasm.wasm': absolute(plain),
      'tfjs-backend-wasm-simd.wasm': absolute(simd),
      // The package wants a path for each of its files, also for one that it is told not to load.
      'tfjs-backend-wasm-threaded-simd.wasm': absolute(simd),
    });
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const opened = await tf.setBackend('wasm').catch(() => false);
  if (!opened) throw new Error('tfjs cannot start its wasm backend here');
}

/** As of the page, whatever file asks. */
function absolute(path: string): string {
  return new URL(path, globalThis.location.href).href;
}

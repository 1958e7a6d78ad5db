import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.ts';

/**
 * tfjs's wasm backend, for machines without WebGPU. The three builds of its code (plain, SIMD, SIMD with threads) are
 * files of our own build, so nothing is fetched from elsewhere. tfjs picks the fastest that runs: threads need a page
 * that is cross-origin isolated (`SharedArrayBuffer`).
 *
 * @param threads at most this many (default: one a core, but one left for the page)
 * @returns what was opened
 * @throws UserError `no-wasm` where the browser cannot run it
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
  if (!opened) {
    throw new UserError(
      'no-wasm',
      'This browser could not start the WebAssembly backend, so it can neither train nor generate here. Your files are untouched; try a current Chrome, Edge or Firefox.',
    );
  }
  refuseWhatDoesNotFit();
  const [hasSimd, hasThreads] = await Promise.all([
    tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') as Promise<boolean>,
    tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT') as Promise<boolean>,
  ]);
  return { simd: hasSimd, threads: hasSimd && hasThreads ? wanted : 1 };
}

/** What one WebAssembly memory can hold: addresses have 32 bits. tfjs's kernels use them as unsigned to the last page. */
export const WASM_BYTES = 2 ** 32 - 2 ** 16;

interface Runtime {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Bytes of the backend's memory, which grows and never shrinks: the most that was needed so far, with room to spare. */
export function wasmHeapBytes(): number {
  return (tf.backend() as unknown as { wasm: Runtime }).wasm.HEAPU8.length;
}

const guarded = new WeakSet<object>();

/**
 * A full memory makes `malloc` return 0, which tfjs takes for an address: it writes the tensor over whatever begins
 * there, its own heap included, and computes garbage from then on. Or it returns an address near the end of the
 * memory, from which the block wraps around to address 0, with the same effect. Here it throws instead.
 */
function refuseWhatDoesNotFit(): void {
  const { wasm } = tf.backend() as unknown as { wasm: Runtime };
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  // Its first call puts the function itself in place of a stub, and would put it in place of ours.
  wasm._free(wasm._malloc(4));
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = malloc(bytes);
    if (bytes === 0) return address;
    if ((address >>> 0) + bytes > WASM_BYTES) {
      wasm._free(address);
      throw wasmFull();
    }
    if (address === 0) throw wasmFull();
    return address;
  };
}

/** @param cause what the runtime threw, where it noticed by itself */
function wasmFull(cause?: unknown): UserError {
  return new UserError(
    'wasm-full',
    'WebAssembly has used up its memory: it has at most 4 GB, and less where the machine has less. What was saved before is untouched. Use a browser with WebGPU, a smaller batch, a smaller max length, or a smaller model.',
    { cause },
  );
}

/** What the runtime throws where its memory ends, as an error for people; anything else as it is. */
export function withoutWasmErrors(error: unknown): unknown {
  return error instanceof WebAssembly.RuntimeError ||
    (error instanceof RangeError && /memory|buffer|typed array/i.test(error.message))
    ? wasmFull(error)
    : error;
}

/** The code that starts the threads lives at a blob address, from which a relative path leads nowhere. */
function absolute(path: string): string {
  return new URL(path, globalThis.location.href).href;
}

import { Heap, MOST_BYTES, PAGE, ProcessorMemory } from './memory.ts';

/** What the compiled kernels (assembly/program.ts) export. */
interface Exports {
  firstFree(): number;
  scratchBytes(keys: number, headDim: number): number;
  run(from: number, to: number, thread: number, threads: number, scratch: number): void;
}

/** WebAssembly with its memory and our kernels. */
export interface Processor {
  memory: ProcessorMemory;
  kernels: Exports;
  /** Whether a product and a sum may be one instruction. */
  relaxed: boolean;
}

/** A module with one relaxed instruction: where it is valid, the others are. */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
);

/** Compiled by the build (scripts/build/kernels.mjs). */
async function compiledKernels(relaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } = await (relaxed
    ? import('virtual:kernels/relaxed')
    : import('virtual:kernels/plain'));
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** @param relaxed whether relaxed instructions are used; where the engine has them unless said */
export async function openProcessor(relaxed = WebAssembly.validate(RELAXED)): Promise<Processor> {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MOST_BYTES / PAGE });
  const { instance } = await WebAssembly.instantiate(await compiledKernels(relaxed), { env: { memory } });
  const kernels = instance.exports as unknown as Exports;
  return { memory: new ProcessorMemory(new Heap(memory, kernels.firstFree())), kernels, relaxed };
}

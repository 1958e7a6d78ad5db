import { type Crew, gather, type StartThread } from './crew.ts';
import { Heap, MOST_BYTES, PAGE, ProcessorMemory } from './memory.ts';

/** What the compiled kernels (assembly/program.ts) export. */
export interface Kernels {
  firstFree(): number;
  scratchBytes(keys: number, headDim: number): number;
  /** Where scratch lies `stride` bytes apart for each thread. */
  execute(control: number, from: number, to: number, threads: number, scratch: number, stride: number): void;
  takeShare(
    control: number,
    from: number,
    to: number,
    thread: number,
    threads: number,
    scratch: number,
  ): void;
  /** Does not return. */
  serve(control: number, thread: number): void;
}

/** WebAssembly with its memory and our kernels. */
export interface Processor {
  memory: ProcessorMemory;
  kernels: Kernels;
  /** Whether a product and a sum may be one instruction. */
  relaxed: boolean;
  /** Who computes. */
  crew: Crew;
}

export interface ProcessorOptions {
  /** Whether relaxed instructions are used; where the engine has them unless said. */
  relaxed?: boolean;
  /** Threads to begin with, this one included; more than one need memory that may be shared. */
  threads?: number;
  /** Threads that are to take part, asked before each program; all unless said. */
  active?: () => number;
  start?: StartThread;
}

/** A module with one relaxed instruction: where it is valid, the others are. */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
);

/** Compiled by the build (scripts/build/kernels.mjs). */
const MODULES = {
  plain: () => import('virtual:kernels/plain'),
  relaxed: () => import('virtual:kernels/relaxed'),
  'shared-plain': () => import('virtual:kernels/shared-plain'),
  'shared-relaxed': () => import('virtual:kernels/shared-relaxed'),
};

async function compiledKernels(relaxed: boolean, shared: boolean): Promise<WebAssembly.Module> {
  const { default: text } = await MODULES[`${shared ? 'shared-' : ''}${relaxed ? 'relaxed' : 'plain'}`]();
  return WebAssembly.compile(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

/** Memory from its first pages to its last address, shared where threads are wanted and the machine allows it. */
function openMemory(threads: number): { memory: WebAssembly.Memory; shared: boolean } {
  const pages = { initial: 16, maximum: MOST_BYTES / PAGE };
  if (threads > 1) {
    try {
      return { memory: new WebAssembly.Memory({ ...pages, shared: true }), shared: true };
    } catch {
      // Address space is taken for all of a shared memory at once, which some machines lack.
    }
  }
  return { memory: new WebAssembly.Memory(pages), shared: false };
}

export async function openProcessor({
  relaxed = WebAssembly.validate(RELAXED),
  threads = 1,
  active,
  start,
}: ProcessorOptions = {}): Promise<Processor> {
  const { memory, shared } = openMemory(threads);
  const module = await compiledKernels(relaxed, shared);
  const kernels = (await WebAssembly.instantiate(module, { env: { memory } })).exports as unknown as Kernels;
  const heap = new Heap(memory, kernels.firstFree());
  const crew = await gather(shared ? threads : 1, { module, memory, heap, active, start });
  return { memory: new ProcessorMemory(heap), kernels, relaxed, crew };
}

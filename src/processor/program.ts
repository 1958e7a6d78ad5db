import { UserError } from '../errors.ts';
import { DIMS_BYTES, type Dims, packDims } from '../ops/dims.ts';
import { type View as AnyView, slice } from '../ops/memory.ts';
import type { Processor } from './kernels.ts';
import { addressOf, cacheLines, type ProcessorMemory, type View } from './memory.ts';

/** Where the dims of a program stand. */
export class DimsSlots {
  readonly #view: View;

  constructor(
    readonly memory: ProcessorMemory,
    readonly count: number,
  ) {
    this.#view = memory.allocate('dims', DIMS_BYTES * count, 'other');
  }

  address(slot: number): number {
    if (slot >= this.count) throw new RangeError(`slot ${slot} of ${this.count}`);
    return addressOf(this.#view) + DIMS_BYTES * slot;
  }

  write(slots: readonly Dims[]): void {
    const bytes = new DataView(new ArrayBuffer(DIMS_BYTES * slots.length));
    for (const [i, dims] of slots.entries()) packDims(dims, bytes, DIMS_BYTES * i);
    this.memory.write(this.#view, bytes);
  }
}

/** Numbers of a program: integers and addresses as they are, floats by their bits. */
export type Word = number | { float: number };

export interface Program {
  begin: number;
  end: number;
}

/** Takes down operations, and puts them into memory as a program. */
export class Recorder {
  readonly #words: Word[] = [];
  readonly #tables = new Map<string, number>();
  readonly #scratch: Map<string, View>;

  /** @param scratch by name, shared by the programs of an engine */
  constructor(
    readonly memory: ProcessorMemory,
    readonly dims: DimsSlots,
    scratch: Map<string, View>,
  ) {
    this.#scratch = scratch;
  }

  add(operation: number, args: readonly Word[]): void {
    this.#words.push(operation, args.length, ...args);
  }

  /** Words that operations point to: equal ones stand there once. @returns their address */
  table(words: readonly Word[]): number {
    const bits = wordsOf(words);
    const key = bits.join(',');
    let address = this.#tables.get(key);
    if (address === undefined) {
      const view = this.memory.allocate('operands', 4 * bits.length, 'other');
      this.memory.write(view, bits);
      address = addressOf(view);
      this.#tables.set(key, address);
    }
    return address;
  }

  scratch(name: string, bytes: number): AnyView {
    const found = this.#scratch.get(name);
    if (found && found.size >= bytes) return slice(found, 0, bytes);
    const made = this.memory.allocate(name, bytes, 'activation');
    this.#scratch.set(name, made);
    return made;
  }

  build(): Program {
    const bits = wordsOf(this.#words);
    const view = this.memory.allocate('program', 4 * bits.length, 'other');
    this.memory.write(view, bits);
    const begin = addressOf(view);
    return { begin, end: begin + 4 * bits.length };
  }
}

function wordsOf(words: readonly Word[]): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(words.length);
  const floats = new Float32Array(bits.buffer);
  for (const [i, word] of words.entries()) {
    if (typeof word === 'number') bits[i] = word;
    else floats[i] = word.float;
  }
  return bits;
}

/** Executes programs, one after another, by all threads that are active. */
export class Executor {
  readonly #scratch: View;
  /** Bytes of scratch that each thread has. */
  readonly #stride: number;

  /** @param keys most keys that attention sees */
  constructor(
    readonly processor: Processor,
    memory: ProcessorMemory,
    keys: number,
    headDim: number,
  ) {
    const { crew, kernels } = processor;
    this.#stride = cacheLines(kernels.scratchBytes(keys, headDim) >>> 0);
    this.#scratch = memory.allocate('panels', crew.size * this.#stride, 'activation');
  }

  /** @throws UserError `wasm-failed` where a thread ended */
  run({ begin, end }: Program): void {
    const { crew, kernels } = this.processor;
    const scratch = addressOf(this.#scratch);
    try {
      kernels.execute(crew.control, begin, end, crew.active(), scratch, this.#stride);
    } catch (cause) {
      throw new UserError(
        'wasm-failed',
        'The computation on the processor broke off. What was saved before is untouched. Reload the page and continue from there.',
        { cause },
      );
    }
  }
}

import { DIMS_BYTES, type Dims, packDims } from '../ops/dims.ts';
import { type View as AnyView, slice } from '../ops/memory.ts';
import type { Processor } from './kernels.ts';
import { addressOf, type ProcessorMemory, type View } from './memory.ts';

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

/** Executes programs, one after another. */
export class Executor {
  readonly #scratch: View;

  /** @param keys most keys that attention sees */
  constructor(
    readonly processor: Processor,
    memory: ProcessorMemory,
    keys: number,
    headDim: number,
  ) {
    this.#scratch = memory.allocate(
      'panels',
      processor.kernels.scratchBytes(keys, headDim) >>> 0,
      'activation',
    );
  }

  scratchAddress() {
    return addressOf(this.#scratch);
  }
  run({ begin, end }: Program): void {
    this.processor.kernels.run(begin, end, 0, 1, addressOf(this.#scratch));
  }
}

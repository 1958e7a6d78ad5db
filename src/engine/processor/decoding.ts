import { type Decoder, decoderForward } from '../../model/decoder.ts';
import type { StackBuffers } from '../../model/stack.ts';
import type { HeadBuffers } from '../../model/sublayers/head.ts';
import type { Dims } from '../../ops/dims.ts';
import { processorOperations } from '../../ops/processor/operations.ts';
import type { Processor } from '../../processor/kernels.ts';
import type { ProcessorMemory, View } from '../../processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../processor/program.ts';
import type { DecodeSession } from '../engine.ts';

/** Prompt tokens that go through the model at once. */
const PREFILL = 64;

interface Programs {
  capacity: number;
  memory: ProcessorMemory;
  executor: Executor;
  program: Program;
}

/** Generation with a cache of keys and values. Its memory is the engine's, which frees it. */
export class ProcessorDecoding {
  readonly #ids: View;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  #programs: Programs | null = null;
  #open = 0;

  constructor(
    readonly processor: Processor,
    readonly memory: ProcessorMemory,
    readonly decoder: Decoder,
    readonly headDim: number,
  ) {
    this.#ids = memory.allocate('ids', 4 * PREFILL, 'activation');
    this.#buffers = decoder.stack.allocate(memory, { tokens: PREFILL, keep: 'none' });
    this.#head = decoder.head.allocate(memory, PREFILL, 1);
    this.#dims = new DimsSlots(memory, 2);
  }

  #prepare(maxLength: number): Programs {
    const { stack, head } = this.decoder;
    if (this.#programs && this.#programs.capacity >= maxLength) return this.#programs;
    this.#programs?.memory.freeAll();
    this.#programs = null;
    let capacity = 256;
    while (capacity < maxLength) capacity *= 2;
    const memory = this.memory.scope();
    const layers = stack.attentions.map((attention) => attention.allocateCache(memory, capacity));
    const recorder = new Recorder(memory, this.#dims, new Map());
    const ops = processorOperations(recorder);
    decoderForward(
      this.decoder,
      { ops, training: false, cache: { capacity, layers } },
      this.#buffers,
      this.#ids,
    );
    head.logits(ops, this.#head, { x: stack.output(this.#buffers), dims: 1 });
    const executor = new Executor(this.processor, memory, capacity, this.headDim);
    this.#programs = { capacity, memory, executor, program: recorder.build() };
    return this.#programs;
  }

  /** A sequence of at most `maxLength` tokens. One at a time: opening another ends the one before. */
  open(maxLength: number, strength: number): DecodeSession {
    const programs = this.#prepare(maxLength);
    const session = ++this.#open;
    let start = 0;
    return {
      feed: async (ids) => {
        if (session !== this.#open) throw new Error('this sequence was ended by another');
        if (start + ids.length > maxLength)
          throw new RangeError(`${start + ids.length} tokens, and the session is for ${maxLength}`);
        for (let at = 0; at < ids.length; at += PREFILL) {
          const piece = ids.slice(at, at + PREFILL);
          this.#run(programs, piece, start, strength);
          start += piece.length;
        }
        return this.memory.read(this.#head.z, 4 * this.decoder.head.parts.vocab);
      },
      close: () => {
        if (session === this.#open) this.#open++;
      },
    };
  }

  #run({ executor, program }: Programs, ids: readonly number[], start: number, strength: number): void {
    this.memory.write(this.#ids, Uint32Array.from(ids));
    this.memory.write(this.#head.index, Uint32Array.of(ids.length - 1));
    const dims: Dims = {
      ...{ rows: ids.length, batch: 1, length: ids.length, start, offset: 0, supervised: 1 },
      ...{ step: 0, seed: 0, scale: 1, strength, micro: 0 },
    };
    this.#dims.write([dims, { ...dims, rows: 1 }]);
    executor.run(program);
  }
}

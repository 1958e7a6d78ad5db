import type { RunRope } from '../../loading/rope-tables.ts';
import { type Decoder, decoderForward } from '../../model/decoder.ts';
import type { StackBuffers } from '../../model/stack.ts';
import type { HeadBuffers } from '../../model/sublayers/head.ts';
import { processorOperations } from '../../ops/processor/operations.ts';
import type { Processor } from '../../processor/kernels.ts';
import type { ProcessorMemory, View } from '../../processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../processor/program.ts';
import { Decoding, type Piece, pieceOf } from '../decoding.ts';
import { nextTask } from '../next-task.ts';

/** What an engine brings; its memory is the engine's, which frees it. */
interface Device {
  processor: Processor;
  memory: ProcessorMemory;
  decoder: Decoder;
  rope: RunRope<View>;
  headDim: number;
}

interface Prepared {
  memory: ProcessorMemory;
  cache: { k: View; v: View }[];
  executor: Executor;
  /** Whether all sequences go on at one place, or each at its own. */
  program: Program;
  apart: Program | null;
}

/** Generation on the processor. */
export class ProcessorDecoding extends Decoding {
  readonly #ids: View;
  readonly #positions: View | null;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  #prepared: Prepared | null = null;

  constructor(
    sequences: number,
    readonly device: Device,
  ) {
    super(sequences);
    const { memory, decoder } = device;
    const tokens = sequences * pieceOf(sequences);
    this.#ids = memory.allocate('ids', 4 * tokens, 'activation');
    this.#positions = sequences > 1 ? memory.allocate('places', 4 * sequences, 'activation') : null;
    this.#buffers = decoder.stack.allocate(memory, { tokens, keep: 'none' });
    this.#head = decoder.head.allocate(memory, tokens, sequences);
    this.#dims = new DimsSlots(memory, 2);
  }

  protected async prepare(capacity: number): Promise<void> {
    const { processor, decoder, headDim } = this.device;
    const { stack, head } = decoder;
    this.clear();
    const memory = this.device.memory.scope();
    const room = this.sequences * capacity;
    const rope = this.device.rope.reaching(capacity, memory);
    const layers = stack.attentions.map((attention) => attention.allocateCache(memory, room));
    const record = (positions?: View) => {
      const recorder = new Recorder(memory, this.#dims, new Map());
      const ops = processorOperations(recorder);
      decoderForward(
        decoder,
        { ops, training: false, cache: { capacity, layers }, positions, rope },
        this.#buffers,
        this.#ids,
      );
      head.logits(ops, this.#head, { x: stack.output(this.#buffers), dims: 1 });
      return recorder.build();
    };
    const program = record();
    const apart = this.#positions && record(this.#positions);
    const executor = new Executor(processor, memory, capacity, headDim);
    this.#prepared = { memory, cache: layers, executor, program, apart };
  }

  async keysAndValues(bytes: number): Promise<Float32Array[]> {
    const { memory, cache } = this.#prepared!;
    return cache.flatMap(({ k, v }) => [memory.read(k, bytes), memory.read(v, bytes)]);
  }

  protected clear(): void {
    this.#prepared?.memory.freeAll();
    this.#prepared = null;
  }

  protected async feed({ ids, last, positions, dims }: Piece, wanted: boolean): Promise<Float32Array> {
    const { memory, decoder } = this.device;
    const { executor, program, apart } = this.#prepared!;
    memory.write(this.#ids, ids);
    memory.write(this.#head.index, last);
    if (positions && this.#positions) memory.write(this.#positions, positions);
    this.#dims.write(dims);
    executor.run((positions && apart) ?? program);
    await nextTask();
    if (!wanted) return new Float32Array(0);
    return memory.read(this.#head.z, 4 * last.length * decoder.head.parts.vocab);
  }
}

import { type Decoder, decoderForward } from '../../model/decoder.ts';
import type { StackBuffers } from '../../model/stack.ts';
import type { HeadBuffers } from '../../model/sublayers/head.ts';
import type { Dims } from '../../ops/dims.ts';
import { processorOperations } from '../../ops/processor/operations.ts';
import type { Processor } from '../../processor/kernels.ts';
import type { ProcessorMemory, View } from '../../processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../processor/program.ts';
import { Decoding, PREFILL } from '../decoding.ts';
import { nextTask } from '../next-task.ts';

/** Generation on the processor. Its memory is the engine's, which frees it. */
export class ProcessorDecoding extends Decoding {
  readonly #ids: View;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  #prepared: { memory: ProcessorMemory; executor: Executor; program: Program } | null = null;

  constructor(
    readonly processor: Processor,
    readonly memory: ProcessorMemory,
    readonly decoder: Decoder,
    readonly headDim: number,
  ) {
    super();
    this.#ids = memory.allocate('ids', 4 * PREFILL, 'activation');
    this.#buffers = decoder.stack.allocate(memory, { tokens: PREFILL, keep: 'none' });
    this.#head = decoder.head.allocate(memory, PREFILL, 1);
    this.#dims = new DimsSlots(memory, 2);
  }

  protected async prepare(capacity: number): Promise<void> {
    const { stack, head } = this.decoder;
    this.#prepared?.memory.freeAll();
    this.#prepared = null;
    const memory = this.memory.scope();
    const layers = stack.attentions.map((attention) => attention.allocateCache(memory, capacity));
    const recorder = new Recorder(memory, this.#dims, new Map());
    const ops = processorOperations(recorder);
    const pass = { ops, training: false, cache: { capacity, layers } };
    decoderForward(this.decoder, pass, this.#buffers, this.#ids);
    head.logits(ops, this.#head, { x: stack.output(this.#buffers), dims: 1 });
    const executor = new Executor(this.processor, memory, capacity, this.headDim);
    this.#prepared = { memory, executor, program: recorder.build() };
  }

  protected async feed(
    ids: readonly number[],
    dims: readonly [Dims, Dims],
    wanted: boolean,
  ): Promise<Float32Array> {
    const { executor, program } = this.#prepared!;
    this.memory.write(this.#ids, Uint32Array.from(ids));
    this.memory.write(this.#head.index, Uint32Array.of(ids.length - 1));
    this.#dims.write(dims);
    executor.run(program);
    await nextTask();
    if (!wanted) return new Float32Array(0);
    return this.memory.read(this.#head.z, 4 * this.decoder.head.parts.vocab);
  }
}

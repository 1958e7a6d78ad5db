import type { Gpu } from '../../gpu/device.ts';
import {
  DimsSlots,
  type Pipelines,
  type Program,
  ProgramBuilder,
  readBack,
  Scratch,
} from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import { type Decoder, decoderForward } from '../../model/decoder.ts';
import type { StackBuffers } from '../../model/stack.ts';
import type { HeadBuffers } from '../../model/sublayers/head.ts';
import type { Dims } from '../../ops/dims.ts';
import { webgpuOperations } from '../../ops/webgpu/operations.ts';
import { Decoding, PREFILL } from '../decoding.ts';
import { KernelChoice } from './kernel-choice.ts';
import type { Pace } from './pace.ts';

interface Programs {
  cache: { k: View; v: View }[];
  prefill: Program;
  single: Program;
}

/**
 * Generation on WebGPU: a program for pieces of the prompt and one for single tokens. Its memory is the engine's, which
 * frees it.
 */
export class GpuDecoding extends Decoding {
  readonly #ids: View;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  /** Variants that were taken. */
  chosen: Readonly<Record<string, string>> = {};
  #programs: Programs | null = null;

  constructor(
    readonly gpu: Gpu,
    readonly pipelines: Pipelines,
    readonly decoder: Decoder,
    readonly pace: Pace,
    readonly kernels: KernelChoice | Readonly<Record<string, string>>,
  ) {
    super();
    this.#ids = gpu.memory.allocate('ids', 4 * PREFILL, 'activation');
    this.#buffers = decoder.stack.allocate(gpu.memory, { tokens: PREFILL, keep: 'none' });
    this.#head = decoder.head.allocate(gpu.memory, PREFILL, 1);
    this.#dims = new DimsSlots(gpu, 2);
    this.#scratch = new Scratch(gpu);
  }

  protected async prepare(capacity: number): Promise<void> {
    const { stack, head } = this.decoder;
    this.#freeCache();
    const cache = stack.attentions.map((attention) => attention.allocateCache(this.gpu.memory, capacity));
    const { kernels } = this;
    const emit = (rowsHint: number) => {
      const builder = new ProgramBuilder(
        this.gpu,
        this.pipelines,
        this.#dims,
        this.#scratch,
        kernels instanceof KernelChoice ? kernels.choices : kernels,
      );
      const ops = webgpuOperations(builder);
      const pass = { ops, training: false, cache: { capacity, layers: cache }, rowsHint };
      decoderForward(this.decoder, pass, this.#buffers, this.#ids);
      head.logits(ops, this.#head, { x: stack.output(this.#buffers), dims: 1, rowsHint: 1 });
      return builder;
    };
    if (kernels instanceof KernelChoice) {
      const choose = (rows: number) =>
        kernels.choose([...emit(rows).sites.values()], {
          scratch: this.#scratch,
          slots: 2,
          rows: (slot) => (slot === 0 ? rows : 1),
        });
      await choose(PREFILL);
      await choose(1);
    }
    const builders = [emit(PREFILL), emit(1)];
    const [prefill, single] = await Promise.all(builders.map((builder) => builder.build()));
    this.chosen = Object.assign({}, ...builders.map(({ chosen }) => chosen));
    this.#programs = { cache, prefill, single };
  }

  protected async feed(
    ids: readonly number[],
    dims: readonly [Dims, Dims],
    wanted: boolean,
  ): Promise<Float32Array> {
    const { prefill, single } = this.#programs!;
    this.gpu.memory.write(this.#ids, Uint32Array.from(ids));
    this.gpu.memory.write(this.#head.index, Uint32Array.of(ids.length - 1));
    this.#dims.write(dims);
    await this.pace.run(ids.length === 1 ? single : prefill, true);
    if (!wanted) return new Float32Array(0);
    return new Float32Array(await readBack(this.gpu, this.#head.z, 4 * this.decoder.head.parts.vocab));
  }

  #freeCache(): void {
    for (const { k, v } of this.#programs?.cache ?? []) {
      this.gpu.memory.free(k.buffer);
      this.gpu.memory.free(v.buffer);
    }
    this.#programs = null;
  }
}

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
import type { RopeTables, RunRope } from '../../loading/rope-tables.ts';
import { type Decoder, decoderForward } from '../../model/decoder.ts';
import type { StackBuffers } from '../../model/stack.ts';
import type { HeadBuffers } from '../../model/sublayers/head.ts';
import { webgpuOperations } from '../../ops/webgpu/operations.ts';
import { Decoding, type Piece, pieceOf } from '../decoding.ts';
import { KernelChoice } from './kernel-choice.ts';
import type { Pace } from './pace.ts';

interface Programs {
  cache: { k: View; v: View }[];
  rope: RopeTables<View> | null;
  prefill: Program;
  single: Program;
}

/** What an engine brings; its memory is the engine's, which frees it. */
interface Device {
  gpu: Gpu;
  pipelines: Pipelines;
  decoder: Decoder;
  rope: RunRope<View>;
  pace: Pace;
  kernels: KernelChoice | Readonly<Record<string, string>>;
}

/** Generation on WebGPU: a program for pieces of the prompts and one for single tokens. */
export class GpuDecoding extends Decoding {
  readonly #ids: View;
  readonly #positions: View | null;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  #programs: Programs | null = null;

  constructor(
    sequences: number,
    readonly device: Device,
  ) {
    super(sequences);
    const { gpu, decoder } = device;
    const tokens = sequences * pieceOf(sequences);
    this.#ids = gpu.memory.allocate('ids', 4 * tokens, 'activation');
    this.#positions = sequences > 1 ? gpu.memory.allocate('places', 4 * sequences, 'activation') : null;
    this.#buffers = decoder.stack.allocate(gpu.memory, { tokens, keep: 'none' });
    this.#head = decoder.head.allocate(gpu.memory, tokens, sequences);
    this.#dims = new DimsSlots(gpu, 2);
    this.#scratch = new Scratch(gpu);
  }

  protected async prepare(capacity: number): Promise<void> {
    const { gpu, pipelines, decoder, kernels } = this.device;
    const { sequences } = this;
    const { stack, head } = decoder;
    this.clear();
    const room = sequences * capacity;
    const cache = stack.attentions.map((attention) => attention.allocateCache(gpu.memory, room));
    const rope = this.device.rope.reaching(capacity, gpu.memory);
    const emit = (length: number) => {
      const builder = new ProgramBuilder(
        gpu,
        pipelines,
        this.#dims,
        this.#scratch,
        kernels instanceof KernelChoice ? kernels.choices : kernels,
      );
      const ops = webgpuOperations(builder);
      const pass = {
        ...{ ops, training: false, cache: { capacity, layers: cache }, rowsHint: sequences * length, rope },
        ...(this.#positions && length === 1 && { positions: this.#positions }),
      };
      decoderForward(decoder, pass, this.#buffers, this.#ids);
      head.logits(ops, this.#head, { x: stack.output(this.#buffers), dims: 1, rowsHint: sequences });
      return builder;
    };
    if (kernels instanceof KernelChoice) {
      const choose = (length: number) =>
        kernels.choose([...emit(length).sites.values()], {
          scratch: this.#scratch,
          slots: 2,
          rows: (slot) => (slot === 0 ? sequences * length : sequences),
        });
      await choose(pieceOf(sequences));
      await choose(1);
    }
    const builders = [emit(pieceOf(sequences)), emit(1)];
    const [prefill, single] = await Promise.all(builders.map((builder) => builder.build()));
    this.chosen = Object.assign({}, ...builders.map(({ chosen }) => chosen));
    this.#programs = { cache, rope, prefill, single };
  }

  protected async feed({ ids, last, positions, dims }: Piece, wanted: boolean): Promise<Float32Array> {
    const { gpu, pace, decoder } = this.device;
    const { prefill, single } = this.#programs!;
    gpu.memory.write(this.#ids, ids);
    gpu.memory.write(this.#head.index, last);
    if (positions && this.#positions) gpu.memory.write(this.#positions, positions);
    this.#dims.write(dims);
    await pace.run(dims[0].length === 1 ? single : prefill, true);
    if (!wanted) return new Float32Array(0);
    return new Float32Array(await readBack(gpu, this.#head.z, 4 * last.length * decoder.head.parts.vocab));
  }

  async keysAndValues(bytes: number): Promise<Float32Array[]> {
    const found: Float32Array[] = [];
    for (const { k, v } of this.#programs!.cache)
      for (const view of [k, v]) found.push(new Float32Array(await readBack(this.device.gpu, view, bytes)));
    return found;
  }

  protected clear(): void {
    const { cache = [], rope = null } = this.#programs ?? {};
    const own = rope === this.device.rope.tables ? [] : Object.values(rope ?? {});
    const buffers = new Set([...cache.flatMap(({ k, v }) => [k, v]), ...own].map(({ buffer }) => buffer));
    for (const buffer of buffers) this.device.gpu.memory.free(buffer);
    this.#programs = null;
  }
}

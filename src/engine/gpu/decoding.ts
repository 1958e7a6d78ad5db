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
import type { DecodeSession } from '../engine.ts';
import { KernelChoice } from './kernel-choice.ts';
import type { Pace } from './pace.ts';

/** Prompt tokens that go through the model at once. */
const PREFILL = 64;

interface Programs {
  capacity: number;
  cache: { k: View; v: View }[];
  prefill: Program;
  single: Program;
}

/**
 * Generation with a KV cache: a program for pieces of the prompt and one for single tokens. Its memory is the
 * engine's, which frees it.
 */
export class GpuDecoding {
  readonly #ids: View;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers<View>;
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  /** Variants that were taken. */
  chosen: Readonly<Record<string, string>> = {};
  #programs: Programs | null = null;
  #open = 0;

  constructor(
    readonly gpu: Gpu,
    readonly pipelines: Pipelines,
    readonly decoder: Decoder,
    readonly pace: Pace,
    readonly kernels: KernelChoice | Readonly<Record<string, string>>,
  ) {
    this.#ids = gpu.memory.allocate('ids', 4 * PREFILL, 'activation');
    this.#buffers = decoder.stack.allocate(gpu.memory, { tokens: PREFILL, keep: 'none' });
    this.#head = decoder.head.allocate(gpu.memory, PREFILL, 1);
    this.#dims = new DimsSlots(gpu, 2);
    this.#scratch = new Scratch(gpu);
  }

  async #prepare(maxLength: number): Promise<Programs> {
    const { stack, head } = this.decoder;
    if (this.#programs && this.#programs.capacity >= maxLength) return this.#programs;
    this.#freeCache();
    let capacity = 256;
    while (capacity < maxLength) capacity *= 2;
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
    this.#programs = { capacity, cache, prefill, single };
    return this.#programs;
  }

  /** A sequence of at most `maxLength` tokens. One at a time: opening another ends the one before. */
  async open(maxLength: number, strength: number): Promise<DecodeSession> {
    const programs = await this.#prepare(maxLength);
    const session = ++this.#open;
    let start = 0;
    return {
      feed: async (ids) => {
        if (session !== this.#open) throw new Error('this sequence was ended by another');
        if (start + ids.length > maxLength)
          throw new RangeError(`${start + ids.length} tokens, and the session is for ${maxLength}`);
        let logits = new Float32Array(0);
        for (let at = 0; at < ids.length; at += PREFILL) {
          const piece = ids.slice(at, at + PREFILL);
          logits = await this.#run(programs, piece, start, strength, at + piece.length === ids.length);
          start += piece.length;
        }
        return logits;
      },
      close: () => {
        if (session === this.#open) this.#open++;
      },
    };
  }

  async #run(
    programs: Programs,
    ids: readonly number[],
    start: number,
    strength: number,
    last: boolean,
  ): Promise<Float32Array<ArrayBuffer>> {
    this.gpu.memory.write(this.#ids, Uint32Array.from(ids));
    this.gpu.memory.write(this.#head.index, Uint32Array.of(ids.length - 1));
    const dims: Dims = {
      rows: ids.length,
      batch: 1,
      length: ids.length,
      start,
      offset: 0,
      supervised: 1,
      step: 0,
      seed: 0,
      scale: 1,
      strength,
      micro: 0,
    };
    this.#dims.write([dims, { ...dims, rows: 1 }]);
    await this.pace.run(ids.length === 1 ? programs.single : programs.prefill, true);
    if (!last) return new Float32Array(0);
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

import { type Batch, type Supervised, supervisedRows } from '../../../src/data/batch.ts';
import { dimsSlots } from '../../../src/engine/gpu/dims-slots.ts';
import { loadWeights } from '../../../src/loading/load-weights.ts';
import { makeRopeTables } from '../../../src/loading/rope-tables.ts';
import { methodOf } from '../../../src/methods/list.ts';
import type { AdapterLayout, MaskSlots } from '../../../src/methods/method.ts';
import { joinValues, splitValues } from '../../../src/methods/parameters.ts';
import { buildDecoder, type Decoder, decoderForward } from '../../../src/model/decoder.ts';
import type { Keep, StackBuffers } from '../../../src/model/stack.ts';
import type { HeadBuffers } from '../../../src/model/sublayers/head.ts';
import type { Pass } from '../../../src/model/sublayers/sublayer.ts';
import { adamwHyper } from '../../../src/ops/adamw.ts';
import type { Dims } from '../../../src/ops/dims.ts';
import type { View } from '../../../src/ops/memory.ts';
import { Ram } from '../ops/ram.ts';
import { ReferenceOperations } from '../ops/reference-operations.ts';
import type { TestedEngine } from './against-pytorch.ts';
import { type Fixture, sourceOf } from './fixture.ts';

/**
 * The programs of src/model on the second executor (../ops/reference-operations.ts): forward, loss, backward, AdamW and
 * decoding. What it shares with the engine on WebGPU is the model and nothing of the GPU.
 */
export async function referenceEngine(
  f: Fixture,
  shape: { maxRows: number; maxLength: number },
  keep: Exclude<Keep, 'none'>,
): Promise<TestedEngine> {
  const ram = new Ram();
  const { weights } = await loadWeights(ram.gpu, sourceOf(f), f.config, 'f32');
  const layout = methodOf(f.lora).layout(weights, f.modules, f.lora);
  const ropeTables = makeRopeTables(ram.gpu, f.config, shape.maxLength);
  return new ReferenceEngine(ram, f, layout, (adapted) => buildDecoder(f.config, adapted, ropeTables), {
    tokens: shape.maxRows * shape.maxLength,
    keep,
  });
}

type Flat = Record<'weights' | 'gradients' | 'm' | 'v' | 'hyper' | 'ids', View>;

class ReferenceEngine implements TestedEngine {
  readonly #flat: Flat;
  readonly #masks: MaskSlots;
  readonly #decoder: Decoder;
  readonly #buffers: StackBuffers;
  readonly #head: HeadBuffers;
  /** Rows of the head's chunks: the supervised rows of the fixtures take several. */
  readonly #chunkRows = 13;

  constructor(
    readonly ram: Ram,
    readonly f: Fixture,
    readonly layout: AdapterLayout,
    build: (weights: Parameters<typeof buildDecoder>[1]) => Decoder,
    { tokens, keep }: { tokens: number; keep: Keep },
  ) {
    const { memory } = ram.gpu;
    const take = (floats: number) => memory.allocate('test', 4 * floats, 'other');
    const { length } = layout;
    this.#flat = {
      ...{ weights: take(length), gradients: take(length), m: take(length), v: take(length) },
      ...{ hyper: take(8), ids: take(tokens) },
    };
    const adapted = layout.adapt({
      weights: this.#flat.weights,
      gradients: this.#flat.gradients,
      firstMask: Math.ceil(tokens / this.#chunkRows) + 2,
    });
    this.#masks = adapted.masks;
    this.#decoder = build(adapted.weights);
    this.#buffers = this.#decoder.stack.allocate(memory, { tokens, keep });
    this.#head = this.#decoder.head.allocate(memory, tokens, this.#chunkRows);
  }

  /** Runs a program on one batch. */
  #run(batch: Batch, supervised: Supervised, dims: Partial<Dims>, program: (pass: Pass) => void): void {
    const { ram } = this;
    ram.write(this.#flat.ids, batch.ids as Int32Array<ArrayBuffer>);
    ram.write(this.#head.index, supervised.index);
    ram.write(this.#head.targets, supervised.targets);
    ram.write(this.#head.weights, supervised.weights ?? new Float32Array(supervised.count).fill(1));
    const all: Dims = {
      ...{ rows: batch.ids.length, batch: batch.rows, length: batch.length, start: 0, offset: 0 },
      ...{ supervised: supervised.count, step: 0, seed: 1, scale: 1, strength: 1, micro: 0, ...dims },
    };
    const slots = dimsSlots(all, supervised.count, this.#head, this.#masks);
    program({ ops: new ReferenceOperations(ram, slots), training: dims.step !== undefined });
  }

  #forward(pass: Pass): View {
    decoderForward(this.#decoder, pass, this.#buffers, this.#flat.ids);
    return this.#decoder.stack.output(this.#buffers);
  }

  async step(...[batches, step, settings]: Parameters<TestedEngine['step']>) {
    const { weights, gradients, m, v, hyper } = this.#flat;
    const { result } = this.#head;
    const supervised = batches.map(supervisedRows);
    const total = supervised.reduce((sum, { count }) => sum + count, 0);
    for (const view of [result, gradients]) this.ram.write(view, new Uint8Array(view.size));
    this.ram.write(hyper, adamwHyper(settings, step));
    batches.forEach((batch, micro) => {
      this.#run(batch, supervised[micro], { step, micro, scale: 1 / total }, (pass) => {
        const x = this.#forward(pass);
        this.#decoder.head.loss(pass.ops, this.#head, { x, dx: this.#buffers.dx });
        this.#decoder.stack.backward(pass, this.#buffers);
        if (micro < batches.length - 1) return;
        const count = this.layout.length;
        pass.ops.gradNorm({ gradients, count, result });
        pass.ops.adamw({ weights, gradients, m, v, count, hyper, result });
      });
    });
    const [loss, gradNorm, applied] = this.ram.read(result);
    return { loss: loss / total, gradNorm, applied: applied !== 0 };
  }

  async evaluate(batch: Batch, strength: number) {
    const supervised = supervisedRows(batch);
    const { result } = this.#head;
    this.ram.write(result, new Uint8Array(result.size));
    this.#run(batch, supervised, { strength }, (pass) =>
      this.#decoder.head.loss(pass.ops, this.#head, { x: this.#forward(pass) }),
    );
    return { lossSum: this.ram.read(result)[0], tokens: supervised.count };
  }

  async logits(ids: readonly number[], strength: number) {
    const length = ids.length;
    const index = Uint32Array.from({ length }, (_, i) => i);
    const batch: Batch = {
      ...{ rows: 1, length, ids: Int32Array.from(ids), lengths: Int32Array.of(length) },
      labels: new Int32Array(length).fill(-100),
    };
    const { vocab } = this.f.config;
    const all = new Float32Array(length * vocab);
    const every = { count: length, index, targets: new Uint32Array(length), weights: null };
    this.#run(batch, every, { strength }, (pass) => {
      const x = this.#forward(pass);
      for (let chunk = 0; chunk * this.#chunkRows < length; chunk++) {
        this.#decoder.head.logits(pass.ops, this.#head, { x, dims: 1 + chunk });
        const rows = Math.min(this.#chunkRows, length - chunk * this.#chunkRows);
        all.set(this.ram.read(this.#head.z).subarray(0, rows * vocab), chunk * this.#chunkRows * vocab);
      }
    });
    return all;
  }

  async decode(maxLength: number, strength: number) {
    const { memory } = this.ram.gpu;
    const { stack, head } = this.#decoder;
    const buffers = stack.allocate(memory, { tokens: maxLength, keep: 'none' });
    const one = head.allocate(memory, 1, 1);
    const layers = stack.attentions.map((attention) => attention.allocateCache(memory, maxLength));
    let start = 0;
    return {
      feed: async (ids: readonly number[]) => {
        const { length } = ids;
        if (start + length > maxLength) throw new RangeError('too long');
        this.ram.write(this.#flat.ids, Int32Array.from(ids));
        this.ram.write(one.index, Uint32Array.of(length - 1));
        const dims: Dims = {
          ...{ rows: length, batch: 1, length, start, offset: 0, supervised: 1, step: 0, seed: 1 },
          ...{ scale: 1, strength, micro: 0 },
        };
        const ops = new ReferenceOperations(this.ram, [dims, { ...dims, rows: 1 }]);
        const pass = { ops, training: false, cache: { capacity: maxLength, layers } };
        decoderForward(this.#decoder, pass, buffers, this.#flat.ids);
        head.logits(ops, one, { x: stack.output(buffers), dims: 1 });
        start += length;
        return this.ram.read(one.z).subarray(0, this.f.config.vocab);
      },
      close: () => {},
    };
  }

  async setAdapter(weights: Parameters<TestedEngine['setAdapter']>[0]) {
    this.ram.write(this.#flat.weights, this.layout.pack(weights));
  }

  async getAdapter() {
    return this.layout.unpack(this.ram.read(this.#flat.weights));
  }

  async getOptimizer() {
    const read = (view: View) => joinValues(this.layout.unpack(this.ram.read(view)));
    return { m: read(this.#flat.m), v: read(this.#flat.v) };
  }

  async setOptimizer(state: Parameters<TestedEngine['setOptimizer']>[0]) {
    for (const key of ['m', 'v'] as const)
      this.ram.write(
        this.#flat[key],
        this.layout.pack(splitValues(state[key], this.layout.modules, this.f.lora)),
      );
  }

  async dispose() {
    this.ram.gpu.memory.freeAll();
  }
}

import { type Batch, type Supervised, supervisedRows } from '../../../src/data/batch.ts';
import { unsupervised } from '../../../src/engine/one-sequence.ts';
import { RunPrograms } from '../../../src/engine/run-programs.ts';
import { loadWeights } from '../../../src/loading/load-weights.ts';
import { makeRopeTables } from '../../../src/loading/rope-tables.ts';
import { methodOf } from '../../../src/methods/list.ts';
import { joinValues, splitValues } from '../../../src/methods/parameters.ts';
import { decoderForward } from '../../../src/model/decoder.ts';
import { adamwHyper } from '../../../src/ops/adamw.ts';
import type { Dims } from '../../../src/ops/dims.ts';
import type { View } from '../../../src/ops/memory.ts';
import type { TestedEngine } from '../model/against-pytorch.ts';
import { type Fixture, sourceOf } from '../model/fixture.ts';
import { Ram } from '../ops/ram.ts';
import { ReferenceOperations } from '../ops/reference-operations.ts';

/**
 * The programs of a run on the second executor (../ops/reference-operations.ts): forward, loss, backward, AdamW and
 * decoding. What it shares with the engine on WebGPU are the programs, and nothing that executes them.
 */
export async function referenceEngine(
  f: Fixture,
  shape: { maxRows: number; maxLength: number },
  options: { checkpointing?: boolean; packing?: boolean } = {},
): Promise<ReferenceEngine> {
  const ram = new Ram();
  const { config } = f;
  const { weights } = await loadWeights({ memory: ram }, sourceOf(f), config, 'f32');
  const rope = makeRopeTables({ memory: ram }, config, shape.maxLength);
  const programs = new RunPrograms(
    ram,
    { config, rope },
    methodOf(f.adapterSettings).layout(weights, f.modules, f.adapterSettings),
    // Supervised rows of the fixtures take several chunks.
    {
      tokens: shape.maxRows * shape.maxLength,
      chunkRows: 13,
      checkpointing: false,
      packing: false,
      ...options,
    },
  );
  return new ReferenceEngine(ram, f, programs);
}

/** What an operation reads of the dims that draws no mask and goes over no rows of a batch. */
const NO_MASK: Dims = {
  ...{ rows: 0, batch: 0, length: 0, start: 0, offset: 0, supervised: 0 },
  ...{ step: 0, seed: 0, scale: 0, strength: 1, micro: 0 },
};

export class ReferenceEngine implements TestedEngine {
  constructor(
    readonly ram: Ram,
    readonly f: Fixture,
    readonly programs: RunPrograms<View>,
  ) {}

  /** Puts a batch into memory; what is answered executes programs on it. */
  #upload(batch: Batch, supervised: Supervised, dims: Partial<Dims>): ReferenceOperations {
    const { ram } = this;
    const { inputs, head } = this.programs;
    ram.write(inputs.ids, batch.ids as Int32Array<ArrayBuffer>);
    ram.write(head.index, supervised.index);
    ram.write(head.targets, supervised.targets);
    ram.write(head.weights, supervised.weights ?? new Float32Array(supervised.count).fill(1));
    if (inputs.positions && inputs.documents) {
      ram.write(inputs.positions, batch.positions as Int32Array<ArrayBuffer>);
      ram.write(inputs.documents, batch.documents as Int32Array<ArrayBuffer>);
    }
    const all: Dims = {
      ...{ rows: batch.ids.length, batch: batch.rows, length: batch.length, start: 0, offset: 0 },
      ...{ supervised: supervised.count, step: 0, seed: 1, scale: 1, strength: 1, micro: 0, ...dims },
    };
    const ops = new ReferenceOperations(ram, this.programs.dims(all, supervised.count));
    this.programs.merge(ops);
    return ops;
  }

  #clear(...views: View[]): void {
    for (const view of views) this.ram.write(view, new Uint8Array(view.size));
  }

  async step(...[batches, step, settings]: Parameters<TestedEngine['step']>) {
    const { flat, head, hyper, layout, train, update } = this.programs;
    const supervised = batches.map(supervisedRows);
    const total = supervised.reduce((sum, { count }) => sum + count, 0);
    this.#clear(head.result, flat.gradients);
    for (const [i, { rate }] of layout.groups.entries())
      this.ram.write(hyper[i], adamwHyper({ ...settings, learningRate: settings.learningRate * rate }, step));
    for (const [micro, batch] of batches.entries()) {
      const ops = this.#upload(batch, supervised[micro], { step, micro, scale: 1 / total });
      train(ops);
      if (micro === batches.length - 1) update(ops);
    }
    if (settings.learningRate !== 0) this.#norm();
    const [loss, gradNorm, applied] = this.ram.read(head.result);
    return { loss: loss / total, gradNorm, applied: applied !== 0 };
  }

  async evaluate(batch: Batch, strength: number) {
    const supervised = supervisedRows(batch);
    const { result } = this.programs.head;
    this.#clear(result);
    this.programs.evaluate(this.#upload(batch, supervised, { strength }));
    return { lossSum: this.ram.read(result)[0], tokens: supervised.count };
  }

  async logits(ids: readonly number[], strength: number) {
    const length = ids.length;
    const index = Uint32Array.from({ length }, (_, i) => i);
    const batch: Batch = {
      ...{ rows: 1, length, ids: Int32Array.from(ids), lengths: Int32Array.of(length) },
      labels: new Int32Array(length).fill(-100),
    };
    const every = { count: length, index, targets: new Uint32Array(length), weights: null };
    this.programs.hidden(this.#upload(batch, every, { strength }));
    const { vocab } = this.f.config;
    const { chunkRows, z } = this.programs.head;
    const all = new Float32Array(length * vocab);
    const tokens: Dims = {
      ...{ rows: length, batch: 1, length, start: 0, supervised: length, step: 0, seed: 1 },
      ...{ scale: 1, strength, micro: 0, offset: 0 },
    };
    for (let offset = 0; offset < length; offset += chunkRows) {
      const rows = Math.min(chunkRows, length - offset);
      this.programs.logits(new ReferenceOperations(this.ram, [tokens, { ...tokens, offset, rows }]));
      all.set(this.ram.read(z).subarray(0, rows * vocab), offset * vocab);
    }
    return all;
  }

  /** Hidden states of the base [T, hidden]: before a block, or after the last. */
  async states(ids: readonly number[], layer: number) {
    const none = { count: 0, index: new Uint32Array(0), targets: new Uint32Array(0), weights: null };
    this.programs.hidden(this.#upload(unsupervised(ids), none, { strength: 0 }));
    return this.ram.read(this.programs.stateAt(layer)).subarray(0, ids.length * this.f.config.hidden);
  }

  async decode(maxLength: number, strength: number) {
    const { stack, head } = this.programs.decoder;
    const buffers = stack.allocate(this.ram, { tokens: maxLength, keep: 'none' });
    const one = head.allocate(this.ram, 1, 1);
    const layers = stack.attentions.map((attention) => attention.allocateCache(this.ram, maxLength));
    let start = 0;
    return {
      feed: async (ids: readonly number[]) => {
        const { length } = ids;
        if (start + length > maxLength) throw new RangeError('too long');
        this.ram.write(this.programs.inputs.ids, Int32Array.from(ids));
        this.ram.write(one.index, Uint32Array.of(length - 1));
        const dims: Dims = {
          ...{ rows: length, batch: 1, length, start, offset: 0, supervised: 1, step: 0, seed: 1 },
          ...{ scale: 1, strength, micro: 0 },
        };
        const ops = new ReferenceOperations(this.ram, [dims, { ...dims, rows: 1 }]);
        this.programs.merge(ops);
        const pass = {
          ops,
          training: false,
          cache: { capacity: maxLength, layers },
          rope: this.programs.model.rope,
        };
        decoderForward(this.programs.decoder, pass, buffers, this.programs.inputs.ids);
        head.logits(ops, one, { x: stack.output(buffers), dims: 1 });
        start += length;
        return this.ram.read(one.z).subarray(0, this.f.config.vocab);
      },
      close: () => {},
    };
  }

  /** @param norms of rows that are computed with: those that follow from it, or what they were before */
  async setAdapter(
    weights: Parameters<TestedEngine['setAdapter']>[0],
    norms: 'its own' | 'of before' = 'its own',
  ) {
    this.ram.write(this.programs.flat.weights, this.programs.layout.pack(weights));
    if (norms === 'its own') this.#norm();
  }

  #norm(): void {
    this.programs.adaptedNorms(new ReferenceOperations(this.ram, [NO_MASK]));
  }

  async getAdapter() {
    return this.programs.layout.unpack(this.ram.read(this.programs.flat.weights));
  }

  async getOptimizer() {
    const read = (view: View) => joinValues(this.programs.layout.unpack(this.ram.read(view)));
    return { m: read(this.programs.flat.m), v: read(this.programs.flat.v) };
  }

  async setOptimizer(state: Parameters<TestedEngine['setOptimizer']>[0]) {
    for (const key of ['m', 'v'] as const)
      this.ram.write(
        this.programs.flat[key],
        this.programs.layout.pack(
          splitValues(state[key], this.programs.layout.modules, this.programs.layout.trained),
        ),
      );
  }

  async dispose() {
    this.ram.freeAll();
  }
}

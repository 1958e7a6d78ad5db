import { type Batch, type SoftTargets, type Supervised, supervisedRows } from '../data/batch.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { Dims } from '../ops/dims.ts';
import type { View } from '../ops/memory.ts';
import { likeliestOf } from './likeliest.ts';
import { meanState, unsupervised } from './one-sequence.ts';
import type { RunPrograms } from './run-programs.ts';

/** What reading states needs of its engine. */
export interface StatesDevice<V extends View> {
  dims: { write(slots: readonly Dims[]): void };
  /** Puts a batch there, and returns the dims of its tokens. */
  put(batch: Batch, asked: Supervised, strength: number): Dims;
  /** Before anything is computed with the adapter. */
  prepare(strength: number): Promise<void>;
  run(program: 'hidden' | 'logits'): Promise<void>;
  read(view: V, bytes: number): Promise<Float32Array<ArrayBuffer>>;
}

const NOTHING_ASKED: Supervised = {
  count: 0,
  index: new Uint32Array(0),
  targets: new Uint32Array(0),
  weights: null,
};

/** What the model computes of a text before any loss: states of its layers, and logits. One thing at a time is asked. */
export class States<V extends View> {
  constructor(
    readonly programs: RunPrograms<V>,
    readonly config: DecoderConfig,
    readonly device: StatesDevice<V>,
  ) {}

  /** `Engine.likeliest`. */
  async likeliest(
    batch: Batch,
    strength: number,
    { top, vocab }: { top: number; vocab: number },
  ): Promise<SoftTargets> {
    const supervised = supervisedRows(batch);
    const { count } = supervised;
    const ids = new Uint32Array(count * top);
    const probabilities = new Float32Array(count * (top + 1));
    await this.#eachLogits(batch, { ...supervised, weights: null }, strength, (logits, i) =>
      likeliestOf(logits, vocab, {
        ids: ids.subarray(i * top, (i + 1) * top),
        probabilities: probabilities.subarray(i * (top + 1), (i + 1) * (top + 1)),
      }),
    );
    return { top, ids, probabilities };
  }

  /** `Engine.pooledState`: of the base alone. */
  async pooled(ids: readonly number[], layer: number): Promise<Float32Array> {
    const { hidden } = this.config;
    await this.device.prepare(0);
    this.device.put(unsupervised(ids), NOTHING_ASKED, 0);
    await this.device.run('hidden');
    return meanState(await this.device.read(this.programs.stateAt(layer), 4 * ids.length * hidden), hidden);
  }

  /** `Engine.logits`: those of every token [T, vocab]. */
  async logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    const { length } = ids;
    const { vocab } = this.config;
    const index = Uint32Array.from({ length }, (_, i) => i);
    const every: Supervised = { count: length, index, targets: new Uint32Array(length), weights: null };
    const all = new Float32Array(length * vocab);
    await this.#eachLogits(unsupervised(ids), every, strength, (logits, i) => all.set(logits, i * vocab));
    return all;
  }

  /** The logits [vocab] of each of these rows of the residual stream, in chunks of the head. */
  async #eachLogits(
    batch: Batch,
    asked: Supervised,
    strength: number,
    visit: (logits: Float32Array, i: number) => void,
  ): Promise<void> {
    const { device, programs } = this;
    const { count } = asked;
    const { vocab } = this.config;
    await device.prepare(strength);
    const tokens = device.put(batch, asked, strength);
    await device.run('hidden');
    const { chunkRows, z } = programs.head;
    for (let offset = 0; offset < count; offset += chunkRows) {
      const rows = Math.min(chunkRows, count - offset);
      device.dims.write([tokens, { ...tokens, offset, rows }]);
      await device.run('logits');
      const logits = await device.read(z, 4 * rows * vocab);
      for (let i = 0; i < rows; i++) visit(logits.subarray(i * vocab, (i + 1) * vocab), offset + i);
    }
  }
}

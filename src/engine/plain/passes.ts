import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../../data/batch.ts';
import { loraScale } from '../../methods/lora/scale.ts';
import { parametersOf } from '../../methods/parameters.ts';
import type { LoraSettings } from '../../methods/types.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { attention } from '../../model/plain/attention.ts';
import type { PlainDecoder } from '../../model/plain/decoder.ts';
import type { LoraUse } from '../../model/plain/linear.ts';
import { crossEntropy, tokenLosses } from '../../model/plain/loss.ts';
import type { RowChoice } from '../../model/plain/tape.ts';
import { groupMasks, type Tokens } from '../../model/plain/tokens.ts';
import { dropoutMask } from '../../ops/dropout-hash.ts';
import { compactTokens, type Predicting, paddedTokens, predicting, sequenceTokens } from './batch.ts';

/** Supervised rows are filled up to a multiple of this where shapes should repeat. */
const ROW_BUCKET = 64;

export interface LossAndGradient {
  loss: tf.Tensor;
  gradient: tf.Tensor;
}

export interface Prepared {
  tokens: Tokens;
  predicting: Predicting;
}

/** Adapters by the path of their module; those that are not there add nothing. */
export type Adapter = ReadonlyMap<string, LoraUse>;

/**
 * Passes of a decoder with an adapter, with and without a gradient: tfjs ops on whatever backend tfjs has chosen.
 * Whoever calls them owns what they return; all but `gradient` are called within a tidy.
 */
export class PlainPasses {
  /** tfjs's wasm backend has a fast matrix product only without a batch. */
  readonly oneByOne: boolean;
  /** GPU backends pool buffers by size: there batches keep their padding, so that shapes repeat. */
  readonly #padded: boolean;
  readonly #indexOf: ReadonlyMap<string, number>;
  #peakBytes = 0;

  constructor(
    readonly decoder: PlainDecoder,
    readonly modules: readonly AdapterModule[],
    readonly lora: LoraSettings,
  ) {
    this.#indexOf = new Map(modules.map((module, i) => [module.path, i]));
    this.#padded = tf.getBackend() === 'webgpu';
    this.oneByOne = tf.getBackend() === 'wasm';
  }

  /** Most bytes that were live within a pass. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  prepare(batch: Batch): Prepared {
    if (batch.soft) throw new RangeError('the plain engine learns from labels alone');
    const tokens = this.#padded ? paddedTokens(batch) : compactTokens(batch);
    return { tokens, predicting: predicting(batch, tokens) };
  }

  /** A [r, in] and B [out, r] of every module, in order, cut from the flat parameters. */
  matrices(flat: tf.Tensor1D): tf.Tensor[] {
    let at = 0;
    return parametersOf(this.modules, this.lora).map(({ parameter: { shape } }) => {
      const size = shape[0] * shape[1];
      const part = tf.slice(flat, at, size);
      at += size;
      return tf.reshape(part, [...shape]);
    });
  }

  /** The adapter of those matrices, without dropout; none at strength 0. */
  adapter(matrices: readonly tf.Tensor[], strength: number): Adapter {
    const uses = new Map<string, LoraUse>();
    if (strength === 0) return uses;
    this.modules.forEach((module, i) => {
      const [a, b] = [matrices[2 * i] as tf.Tensor2D, matrices[2 * i + 1] as tf.Tensor2D];
      uses.set(module.path, { a, b, scale: loraScale(this.lora, module) * strength, mask: null });
    });
    return uses;
  }

  /**
   * Loss over `divisor` and the flat gradient of one micro-batch.
   *
   * @param key of dropout
   */
  gradient(flat: tf.Tensor1D, prepared: Prepared, divisor: number, key: number): LossAndGradient {
    const [loss, gradient] = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads(
        (...matrices: tf.Tensor[]) =>
          this.#loss(prepared, this.adapter(matrices, 1), 1 / divisor, key) as tf.Scalar,
      )(this.matrices(flat));
      return [value, tf.concat(grads.map((gradient) => tf.reshape(gradient, [gradient.size])))];
    });
    return { loss, gradient };
  }

  /** Sum of the token losses, each times its weight. */
  loss(prepared: Prepared, adapter: Adapter): tf.Tensor {
    return this.#loss(prepared, adapter, 1, null);
  }

  /** −log p of each supervised token, in the order of `predicting`. */
  tokenLosses(prepared: Prepared, adapter: Adapter): tf.Tensor1D {
    const { hidden, targets } = this.#supervised(prepared, adapter, null);
    const losses = tokenLosses(hidden, this.decoder.weights.head, targets);
    this.#notePeak();
    return losses;
  }

  /** Logits [ids.length, vocab] of one row. */
  logits(ids: readonly number[], adapter: Adapter): tf.Tensor {
    const tokens = sequenceTokens(ids);
    return this.decoder.logits(this.#hidden(tokens, adapter, null, tokens.source, null));
  }

  /**
   * Sum of the token losses, each times its weight and `factor`.
   * @param key of dropout; null outside training, where no gradient will be asked for
   */
  #loss(prepared: Prepared, adapter: Adapter, factor: number, key: number | null): tf.Tensor {
    const { at, weights: own } = prepared.predicting;
    const { hidden, targets } = this.#supervised(prepared, adapter, key);
    const weights = new Float32Array(targets.length).fill(factor, 0, at.length);
    own?.forEach((weight, i) => {
      weights[i] = factor * weight;
    });
    const loss = crossEntropy(hidden, this.decoder.weights.head, targets, weights, key !== null);
    this.#notePeak();
    return loss;
  }

  #notePeak(): void {
    this.#peakBytes = Math.max(this.#peakBytes, tf.memory().numBytes);
  }

  /** What the head sees of the supervised rows, and their targets, both filled up where shapes should repeat. */
  #supervised(
    { tokens, predicting: { at, targets } }: Prepared,
    adapter: Adapter,
    key: number | null,
  ): { hidden: tf.Tensor; targets: Int32Array } {
    const count = this.#padded ? Math.ceil(at.length / ROW_BUCKET) * ROW_BUCKET : at.length;
    const index = new Int32Array(count);
    const inverse = new Int32Array(tokens.ids.length).fill(count);
    const rows = new Int32Array(count);
    at.forEach((token, i) => {
      index[i] = token;
      inverse[token] = i;
      rows[i] = tokens.source[token];
    });
    const choice: RowChoice = { index: tf.tensor1d(index, 'int32'), inverse: tf.tensor1d(inverse, 'int32') };
    const target = new Int32Array(count);
    target.set(targets);
    return { hidden: this.#hidden(tokens, adapter, choice, rows, key), targets: target };
  }

  /** @param rows of the padded token matrix that `choice` takes; @param key of dropout, null outside training */
  #hidden(
    tokens: Tokens,
    adapter: Adapter,
    choice: RowChoice | null,
    rows: Int32Array,
    key: number | null,
  ): tf.Tensor {
    const windows = new Set(this.decoder.config.layerAttention.map((_, layer) => this.decoder.window(layer)));
    const masks = new Map([...windows].map((window) => [window, groupMasks(tokens, window)]));
    const { dropout } = this.lora;
    return this.decoder.hidden({
      ids: tokens.ids,
      positions: tokens.positions,
      choice,
      attend: (layer, q, k, v) => {
        const mask = masks.get(this.decoder.window(layer))!;
        return attention(q, k, v, this.decoder.attentionShape, {
          groups: tokens.groups,
          masks: mask,
          oneByOne: this.oneByOne,
        });
      },
      adapt: (path, chosen) => {
        const use = adapter.get(path);
        if (!use || key === null || dropout === 0) return use ?? null;
        const source = chosen ? rows : tokens.source;
        const width = use.a.shape[1];
        const mask = dropoutMask(key, this.#indexOf.get(path)!, source, width, dropout);
        return { ...use, mask: tf.tensor2d(mask, [source.length, width]) };
      },
    });
  }
}

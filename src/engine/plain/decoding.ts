import * as tf from '@tensorflow/tfjs-core';
import type { PlainDecoder } from '../../model/plain/decoder.ts';
import type { LoraUse } from '../../model/plain/linear.ts';
import { MASKED } from '../../model/plain/tokens.ts';
import type { DecodeSession } from '../engine.ts';

/** Keys [B, d, T] and values [B, T, d] of one layer, one pair a part: all key heads, or one each (see attention). */
interface LayerCache {
  keys: tf.Tensor[];
  values: tf.Tensor[];
}

/**
 * Generation over one sequence: each `feed` computes only the new tokens and reads earlier keys and values from the
 * cache, which grows with them.
 *
 * @param adapters the adapter of each linear layer by path, kept alive by the caller until `close`
 * @param oneByOne products one key head at a time, as in training
 * @param maxLength feeding more tokens than this in all throws a RangeError
 */
export function decodeSession(
  decoder: PlainDecoder,
  adapters: ReadonlyMap<string, LoraUse>,
  oneByOne: boolean,
  maxLength: number,
  onClose: () => void,
): DecodeSession {
  const caches: (LayerCache | null)[] = decoder.weights.blocks.map(() => null);
  let length = 0;

  const attend = (layer: number, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const { heads, kvHeads, headDim, scale } = decoder.attentionShape;
    const n = q.shape[0];
    const byHead = (x: tf.Tensor, count: number) => tf.reshape(x, [n, count, headDim]);
    const newKeys = apart(tf.transpose(byHead(k, kvHeads), [1, 2, 0]), oneByOne); // [B, d, n]
    const newValues = apart(tf.transpose(byHead(v, kvHeads), [1, 0, 2]), oneByOne); // [B, n, d]
    const before = caches[layer];
    const keys = newKeys.map((x, i) => tf.keep(before ? tf.concat([before.keys[i], x], 2) : tf.clone(x)));
    const values = newValues.map((x, i) =>
      tf.keep(before ? tf.concat([before.values[i], x], 1) : tf.clone(x)),
    );
    if (before) tf.dispose([before.keys, before.values]);
    caches[layer] = { keys, values };

    const group = heads / kvHeads;
    const scaled = tf.mul(tf.transpose(byHead(q, heads), [1, 0, 2]), scale); // [heads, n, d]
    const queries = apart(tf.reshape(scaled, [kvHeads, group * n, headDim]), oneByOne);
    const mask = cacheMask(length, n, decoder.window(layer));
    const mixed = queries.map((query, i) => {
      const scores = tf.matMul(query, keys[i]); // [B, g · n, T]
      const total = length + n;
      const masked = mask ? tf.add(tf.reshape(scores, [-1, n, total]), mask) : scores;
      const p = tf.softmax(tf.reshape(masked, [-1, total]) as tf.Tensor2D);
      return tf.matMul(tf.reshape(p, scores.shape), values[i]);
    });
    const all = tf.reshape(mixed.length === 1 ? mixed[0] : tf.concat(mixed, 0), [heads, n, headDim]);
    return tf.reshape(tf.transpose(all, [1, 0, 2]), [n, heads * headDim]);
  };

  return {
    async feed(ids) {
      if (length + ids.length > maxLength) {
        throw new RangeError(`${length + ids.length} tokens, and the session is for ${maxLength}`);
      }
      const logits = tf.tidy(() => {
        const hidden = decoder.hidden({
          ids: Int32Array.from(ids),
          positions: Int32Array.from(ids, (_, i) => length + i),
          attend,
          adapt: (path) => adapters.get(path) ?? null,
          choice: { index: tf.tensor1d([ids.length - 1], 'int32'), inverse: tf.tensor1d([], 'int32') },
        });
        return decoder.logits(hidden);
      });
      length += ids.length;
      try {
        return (await logits.data()) as Float32Array;
      } finally {
        logits.dispose();
      }
    },
    close() {
      for (const cache of caches) if (cache) tf.dispose([cache.keys, cache.values]);
      caches.fill(null);
      onClose();
    },
  };
}

/** The key heads apart where products go one by one. */
function apart(stacked: tf.Tensor, oneByOne: boolean): tf.Tensor[] {
  const [batch, rows, width] = stacked.shape;
  if (!oneByOne || batch === 1) return [stacked];
  return Array.from({ length: batch }, (_, i) => tf.slice(stacked, [i, 0, 0], [1, rows, width]));
}

/** [n, earlier + n], or null where the new tokens may read everything. */
function cacheMask(earlier: number, n: number, window: number | null): tf.Tensor2D | null {
  const total = earlier + n;
  if (n === 1 && (window === null || total <= window)) return null;
  const values = new Float32Array(n * total);
  for (let i = 0; i < n; i++) {
    const position = earlier + i;
    for (let j = 0; j < total; j++) {
      if (j > position || (window !== null && position - j >= window)) values[i * total + j] = MASKED;
    }
  }
  return tf.tensor2d(values, [n, total]);
}

import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

/** Logits of one chunk of rows hold at most this many floats (32 MiB). */
const CHUNK_FLOATS = 1 << 23;

/** The output projection in both layouts: [vocab, hidden] and [hidden, vocab]. */
export interface Head {
  weight: tf.Tensor2D;
  transposed: tf.Tensor2D;
}

/**
 * Sum over rows of wᵢ · (lse(zᵢ) − zᵢ[tᵢ]), z = h Wᵀ, in chunks of rows, so that the logits of all rows never exist
 * together. The gradient, dh = w ∘ (softmax(z) W − W[t]), is formed in the same sweep when it will be asked for: it is
 * as small as h. (Liger Kernel's fused linear cross-entropy, arXiv 2410.10989.)
 *
 * With p = softmax(z): lse = max z − ln max p.
 *
 * @param h [n, hidden]
 * @param targets [n] int32
 * @param weights [n]; 0 leaves a row out
 * @param training whether a gradient will be asked for
 * @returns a scalar
 */
export function crossEntropy(
  h: tf.Tensor,
  head: Head,
  targets: Int32Array,
  weights: Float32Array,
  training: boolean,
): tf.Tensor {
  const rows = h.shape[0];
  const [vocab] = head.weight.shape;
  const chunk = chunkRows(vocab);
  return differentiable([h], (save) => {
    const losses: tf.Tensor[] = [];
    const gradients: tf.Tensor[] = [];
    for (let begin = 0; begin < rows; begin += chunk) {
      const n = Math.min(chunk, rows - begin);
      const [loss, dh] = tf.tidy(() => {
        const target = targets.subarray(begin, begin + n);
        const weight = tf.tensor2d(weights.subarray(begin, begin + n), [n, 1]);
        const { p, losses } = chunkLosses(rowsOf(h, begin, n), head, target);
        const loss = tf.sum(tf.mul(losses, weight));
        if (!training) return [loss];
        const towards = tf.gather(head.weight, tf.tensor1d(target, 'int32'));
        return [loss, tf.mul(tf.sub(tf.matMul(p, head.weight), towards), weight)];
      });
      losses.push(loss);
      if (dh) gradients.push(dh);
    }
    if (training) save(tf.concat(gradients, 0));
    return {
      value: losses.length === 1 ? losses[0] : tf.addN(losses),
      gradient: (dy, [dh]) => [tf.mul(dh, dy)],
    };
  });
}

/** lse(zᵢ) − zᵢ[tᵢ] of each row [n]: what `crossEntropy` sums, without weights and without a gradient. */
export function tokenLosses(h: tf.Tensor, head: Head, targets: Int32Array): tf.Tensor1D {
  const rows = h.shape[0];
  const chunk = chunkRows(head.weight.shape[0]);
  const losses: tf.Tensor[] = [];
  for (let begin = 0; begin < rows; begin += chunk) {
    const n = Math.min(chunk, rows - begin);
    losses.push(
      tf.tidy(() => chunkLosses(rowsOf(h, begin, n), head, targets.subarray(begin, begin + n)).losses),
    );
  }
  return tf.reshape(tf.concat(losses, 0), [rows]);
}

const chunkRows = (vocab: number) => Math.max(1, Math.floor(CHUNK_FLOATS / vocab));

function rowsOf(h: tf.Tensor, begin: number, n: number): tf.Tensor2D {
  return (n === h.shape[0] ? h : tf.slice(h, [begin, 0], [n, h.shape[1]!])) as tf.Tensor2D;
}

/** p = softmax(z) [n, V] and the loss of each row [n, 1]. */
function chunkLosses(h: tf.Tensor2D, head: Head, targets: Int32Array): { p: tf.Tensor2D; losses: tf.Tensor } {
  const [vocab] = head.weight.shape;
  const n = h.shape[0];
  const z = tf.matMul(h, head.transposed); // [n, V]
  const p = tf.softmax(z as tf.Tensor2D);
  const lse = tf.sub(tf.max(z, -1, true), tf.log(tf.max(p, -1, true))); // [n, 1]
  const flat = tf.tensor1d(
    targets.map((t, i) => i * vocab + t),
    'int32',
  );
  const chosen = tf.reshape(tf.gather(tf.reshape(z, [n * vocab]), flat), [n, 1]);
  return { p, losses: tf.sub(lse, chosen) };
}

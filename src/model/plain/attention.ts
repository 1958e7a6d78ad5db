import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';
import type { TokenGroup } from './tokens.ts';

/**
 * Causal attention, O = softmax(scale · Q Kᵀ + mask) V, with grouped key heads: the query heads that share a key head
 * are folded into its rows, so keys are never repeated.
 *
 * Tokens come in groups of equally long sequences. Each group becomes a stack of products [B, g·T, d] × [B, d, T],
 * B = sequences · key heads, g = query heads a key head. tfjs's wasm backend has a fast product only for B = 1, so
 * there the stack is taken apart (`oneByOne`); slices of the leading axis are plain copies.
 *
 * Backward, P saved: dV = Pᵀ dO; dP = dO Vᵀ; dS = P ∘ (dP − rowsum(dP ∘ P)); dQ = scale · dS K; dK = scale · dSᵀ Q.
 */
export interface AttentionShape {
  heads: number;
  kvHeads: number;
  headDim: number;
  scale: number;
}

/** Mask to add to scores, by group: [1 or sequences, 1, T · T], 0 or very negative. */
export type GroupMasks = readonly tf.Tensor3D[];

/** How the tokens come, and whether stacks are taken apart. */
interface Sequences {
  groups: readonly TokenGroup[];
  oneByOne: boolean;
}

/** q [N, heads · d], k and v [N, kvHeads · d] → [N, heads · d]. */
export function attention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  shape: AttentionShape,
  { groups, masks, oneByOne }: Sequences & { masks: GroupMasks },
): tf.Tensor {
  return differentiable([q, k, v], (save) => {
    const probabilities: tf.Tensor[] = [];
    const outputs = groups.map((group, i) => {
      const queries = parts(stack(q, group, shape, 'queries'), oneByOne);
      const keys = parts(stack(k, group, shape, 'transposed'), oneByOne);
      const values = parts(stack(v, group, shape, 'rows'), oneByOne);
      const mixed = queries.map((query, j) => {
        const p = probabilitiesOf(query, keys[j], masks[i], group.length);
        probabilities.push(p);
        return tf.matMul(p, values[j]);
      });
      return unstack(whole(mixed), group, shape, 'queries');
    });
    save(q, k, v, ...probabilities);
    return {
      value: rows(outputs),
      gradient: (dy, saved) => backward(dy, saved, shape, { groups, oneByOne }),
    };
  });
}

/** softmax(Q Kᵀ + mask); Q [B, g·T, d] already scaled, Kᵀ [B, d, T]. */
function probabilitiesOf(q: tf.Tensor, kT: tf.Tensor, mask: tf.Tensor3D, length: number): tf.Tensor {
  const scores = tf.matMul(q, kT);
  const sequences = mask.shape[0];
  const heads = scores.size / (sequences * length * length);
  const masked = tf.add(tf.reshape(scores, [sequences, heads, length * length]), mask);
  return tf.reshape(tf.softmax(tf.reshape(masked, [-1, length]) as tf.Tensor2D), scores.shape);
}

function backward(
  dy: tf.Tensor,
  [q, k, v, ...probabilities]: readonly tf.Tensor[],
  shape: AttentionShape,
  { groups, oneByOne }: Sequences,
): tf.Tensor[] {
  const dq: tf.Tensor[] = [];
  const dk: tf.Tensor[] = [];
  const dv: tf.Tensor[] = [];
  let next = 0;
  for (const group of groups) {
    const outputs = parts(stack(dy, group, shape, 'outputs'), oneByOne);
    const queries = parts(stack(q, group, shape, 'queries'), oneByOne);
    const keys = parts(stack(k, group, shape, 'rows'), oneByOne);
    const values = parts(stack(v, group, shape, 'transposed'), oneByOne);
    const byPart = outputs.map((dO, j) => {
      const p = probabilities[next++];
      const dp = tf.matMul(dO, values[j]);
      const ds = tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true)));
      return {
        q: tf.matMul(ds, keys[j]),
        k: tf.matMul(flip(ds), queries[j]),
        v: tf.matMul(flip(p), dO),
      };
    });
    dq.push(tf.mul(unstack(whole(byPart.map((part) => part.q)), group, shape, 'queries'), shape.scale));
    dk.push(unstack(whole(byPart.map((part) => part.k)), group, shape, 'rows'));
    dv.push(unstack(whole(byPart.map((part) => part.v)), group, shape, 'rows'));
  }
  return [rows(dq), rows(dk), rows(dv)];
}

type Form =
  /** [N, heads · d] → [B, g·T, d], times the score scale. */
  | 'queries'
  /** The same, not scaled. */
  | 'outputs'
  /** [N, kvHeads · d] → [B, T, d]. */
  | 'rows'
  /** [N, kvHeads · d] → [B, d, T]. */
  | 'transposed';

function stack(x: tf.Tensor, group: TokenGroup, shape: AttentionShape, form: Form): tf.Tensor {
  const { begin, sequences, length } = group;
  const { headDim, kvHeads } = shape;
  const width = x.shape[1] as number;
  const heads = width / headDim;
  const own = sequences * length === x.shape[0] ? x : tf.slice(x, [begin, 0], [sequences * length, width]);
  const byHead = tf.reshape(own, [sequences, length, heads, headDim]);
  if (form === 'transposed') {
    return tf.reshape(tf.transpose(byHead, [0, 2, 3, 1]), [sequences * kvHeads, headDim, length]);
  }
  const batch = sequences * kvHeads;
  const stacked = tf.reshape(tf.transpose(byHead, [0, 2, 1, 3]), [
    batch,
    (heads / kvHeads) * length,
    headDim,
  ]);
  return form === 'queries' ? tf.mul(stacked, shape.scale) : stacked;
}

/** Back to [sequences · T, heads · d]. */
function unstack(
  x: tf.Tensor,
  group: TokenGroup,
  shape: AttentionShape,
  form: 'queries' | 'rows',
): tf.Tensor {
  const heads = form === 'queries' ? shape.heads : shape.kvHeads;
  const byHead = tf.reshape(x, [group.sequences, heads, group.length, shape.headDim]);
  return tf.reshape(tf.transpose(byHead, [0, 2, 1, 3]), [
    group.sequences * group.length,
    heads * shape.headDim,
  ]);
}

function parts(stacked: tf.Tensor, oneByOne: boolean): tf.Tensor[] {
  const [batch, rows, width] = stacked.shape;
  if (!oneByOne || batch === 1) return [stacked];
  return Array.from({ length: batch }, (_, i) => tf.slice(stacked, [i, 0, 0], [1, rows, width]));
}

const whole = (list: tf.Tensor[]) => (list.length === 1 ? list[0] : tf.concat(list, 0));
const rows = whole;

const flip = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1]);

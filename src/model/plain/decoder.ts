import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../config.ts';
import type { LinearRole } from '../families/family.ts';
import { activation, gatedActivation } from './activation.ts';
import type { AttentionShape } from './attention.ts';
import { type LoraUse, linear } from './linear.ts';
import { norm } from './norm.ts';
import { halves, type Rotation, rotate, rotation } from './rope.ts';
import { add, columns, type RowChoice, reshape, takeRows } from './tape.ts';
import type { PlainBlock, PlainLinear, PlainWeights } from './weights.ts';

/**
 * The decoder in plain tfjs ops: the fallback without WebGPU and the baseline of the benchmark. One text for every
 * family; what differs is data in `DecoderConfig`. N tokens; d hidden; dq = heads · headDim; dkv = kvHeads · headDim.
 *
 * Sequential block:   x₂ = x + Attention(norm₁(x));  x' = x₂ + FeedForward(norm₂(x₂))
 * Parallel (NeoX):    x' = x + Attention(norm₁(x)) + FeedForward(norm₂(x))
 */
export interface Pass {
  /** Ids and positions of the N tokens. */
  ids: Int32Array;
  positions: Int32Array;
  /** Attention of one layer over q [N, dq], k, v [N, dkv] → [N, dq]: a batch's own, or with a cache. */
  attend(layer: number, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor;
  /** The adapter of a linear layer; `chosen`: its input is only the rows of `choice`. */
  adapt(path: string, chosen: boolean): LoraUse | null;
  /** Rows whose hidden state is wanted; the last block computes no others. Null: all. */
  choice: RowChoice | null;
}

type Kind = 'global' | 'local';

export class PlainDecoder {
  readonly attentionShape: AttentionShape;
  readonly #halves: Record<Kind, tf.Tensor2D> | null;

  constructor(
    readonly config: DecoderConfig,
    readonly weights: PlainWeights,
  ) {
    const { heads, kvHeads, headDim, rope } = config;
    this.attentionShape = { heads, kvHeads, headDim, scale: config.attentionScale };
    this.#halves = rope && {
      global: halves(headDim, rope.global.dims),
      local: halves(headDim, rope.local.dims),
    };
  }

  /** How many tokens back a layer reads; null: all. */
  window(layer: number): number | null {
    return this.config.layerAttention[layer] === 'local' ? this.config.window : null;
  }

  /** Hidden states after the final norm, [N or chosen rows, d]. */
  hidden(pass: Pass): tf.Tensor {
    const rotations = this.#rotations(pass.positions);
    let x: tf.Tensor = this.#embed(pass); // [N, d]
    this.weights.blocks.forEach((block, layer) => {
      const rotation = rotations?.[this.config.layerAttention[layer]] ?? null;
      x = tf.tidy(() => this.#block(x, block, layer, rotation, pass));
    });
    return norm(x, this.weights.finalNorm);
  }

  /** [n, d] → [n, vocab] */
  logits(hidden: tf.Tensor): tf.Tensor2D {
    return tf.matMul(hidden as tf.Tensor2D, this.weights.head.transposed);
  }

  dispose(): void {
    this.weights.dispose();
    if (this.#halves) tf.dispose([this.#halves.global, this.#halves.local]);
  }

  #embed({ ids, positions }: Pass): tf.Tensor {
    const { embedding, positions: table } = this.weights;
    const tokens = tf.gather(embedding, tf.tensor1d(ids, 'int32'));
    const scale = this.config.embeddingScale;
    const scaled = scale === 1 ? tokens : tf.mul(tokens, scale);
    return table ? tf.add(scaled, tf.gather(table, tf.tensor1d(positions, 'int32'))) : scaled;
  }

  #rotations(positions: Int32Array): Record<Kind, Rotation> | null {
    const { rope, headDim, layerAttention } = this.config;
    if (!rope || !this.#halves) return null;
    const global = rotation(rope.global, headDim, positions, this.#halves.global);
    const differs = rope.local !== rope.global && layerAttention.includes('local');
    return { global, local: differs ? rotation(rope.local, headDim, positions, this.#halves.local) : global };
  }

  #block(x: tf.Tensor, block: PlainBlock, layer: number, turn: Rotation | null, pass: Pass): tf.Tensor {
    const last = layer === this.config.layers - 1;
    const choice = last ? pass.choice : null;
    const apply = (role: LinearRole, input: tf.Tensor, chosen: boolean, inputGradient = true) => {
      const found = block.linears.find(({ roles }) => roles.includes(role)) as PlainLinear;
      return linear(input, found, pass.adapt(found.path, chosen), inputGradient);
    };
    const [q, k, v] = this.#queriesKeysValues(norm(x, block.norm1), block, layer, turn, pass);
    const mixed = pass.attend(layer, q, k, v); // [N, dq]

    // From here on every row stands alone, so the last block needs only those that are asked for.
    const take = (y: tf.Tensor) => (choice ? takeRows(y, choice) : y);
    const x1 = take(x);
    const chosen = choice !== null;
    let attended = apply('o', take(mixed), chosen); // [n, d]
    if (block.postAttentionNorm) attended = norm(attended, block.postAttentionNorm);
    const x2 = add(x1, attended);

    const h = norm(this.config.parallelResidual ? x1 : x2, block.norm2);
    const up = apply('up', h, chosen); // [n, i]
    const inner = this.config.gated
      ? gatedActivation(apply('gate', h, chosen), up, this.config.activation)
      : activation(up, this.config.activation);
    let fed = apply('down', inner, chosen); // [n, d]
    if (block.postFeedForwardNorm) fed = norm(fed, block.postFeedForwardNorm);
    return add(x2, fed);
  }

  /** q [N, dq], k, v [N, dkv], normed by head and rotated where the family does. */
  #queriesKeysValues(
    h: tf.Tensor,
    block: PlainBlock,
    layer: number,
    turn: Rotation | null,
    pass: Pass,
  ): [tf.Tensor, tf.Tensor, tf.Tensor] {
    const { heads, headDim } = this.config;
    // Nothing trained lies below the first block's q, k and v.
    const project = (layer0: PlainLinear) => linear(h, layer0, pass.adapt(layer0.path, false), layer > 0);
    const first = block.linears[0];
    let split: tf.Tensor[];
    if (first.split === undefined) {
      split = block.linears.slice(0, 3).map(project);
    } else {
      const n = h.shape[0];
      const fused = project(first); // [N, 3 · dq]
      split = [0, 1, 2].map((i) => {
        if (first.split === 'thirds') return columns(fused, i * heads * headDim, heads * headDim);
        const byHead = reshape(fused, [n, heads, 3 * headDim]);
        return reshape(columns(byHead, i * headDim, headDim), [n, heads * headDim]);
      });
    }
    const finish = (y: tf.Tensor, headNorm: PlainBlock['qNorm']) => {
      const width = y.shape[1] as number;
      const normed = headNorm
        ? reshape(norm(reshape(y, [y.size / headDim, headDim]), headNorm), [y.shape[0], width])
        : y;
      return turn ? rotate(normed, turn) : normed;
    };
    return [finish(split[0], block.qNorm), finish(split[1], block.kNorm), split[2]];
  }
}

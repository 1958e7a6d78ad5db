import { type Memory, slice, type View } from '../../ops/memory.ts';
import type { Operations } from '../../ops/operations.ts';
import type { Weight } from '../../ops/types.ts';
import type { DecoderConfig } from '../config.ts';
import type { Norm } from './norm.ts';
import { matrix } from './sublayer.ts';

/**
 * Final norm, head and loss on the supervised rows only, in chunks of rows: the full logits matrix never exists.
 *
 *     Z = norm(x[rows]) Wᵀ;  loss = w (lse(Z) − Z[target]);  dZ = w (softmax(Z) − onehot) / n, written over Z;  dh = dZ W
 *
 * (Liger's fused linear cross-entropy; Cut Cross Entropy, arXiv 2411.09009.)
 */
export interface HeadBuffers<V extends View = View> {
  /** Where a teacher's soft targets are learned: u32 [tokens, top] and f32 [tokens, top + 1]. */
  soft: (SoftLoss & { ids: V; probabilities: V; stride: number }) | null;
  /** Rows of the residual stream that predict a supervised token, u32, and those tokens, u32. */
  index: V;
  targets: V;
  /** What each counts, and its loss; with soft targets its cross-entropy and KL follow, each `soft.stride` floats on. */
  weights: V;
  losses: V;
  /** f32 [8]: sum of the losses, gradient norm, 1 where the update was applied; sums of cross-entropies and of KL. */
  result: V;
  chunkRows: number;
  chunks: number;
  /** Gathered rows, normed rows (then their gradient), statistics, logits. */
  x: V;
  h: V;
  stat: V;
  z: V;
}

/** How a teacher's soft targets are learned. */
export interface SoftLoss {
  /** Tokens that are told of each position. */
  top: number;
  /** What KL(teacher ‖ student) counts; the label counts what is left of 1. */
  weight: number;
}

/** Where the sums of cross-entropies and of KL stand in the result. */
export const PARTS = { crossEntropy: 3, divergence: 4 };
/** Floats that bound views are apart at the least. */
const APART = 64;

/** Bytes that a chunk of logits may take; little where memory is short. Each chunk reads the head's weight twice. */
const LOGIT_BYTES = { ample: 64 << 20, short: 20 << 20 };
/** A chunk is made of so many rows, as a tile of the products is, and has no fewer. */
const TILE_ROWS = 64;
/**
 * Most operations of a chunk's product on hardware: a dispatch cannot be cut, and slow cards do 4e10 a second. Fewer rows
 * would leave a large card idle in the backward product, which has outputs for the rows' hidden values alone.
 */
const MOST_FLOPS = 2e10;

/**
 * Rows in a chunk for at most `tokens` rows: what fits the bounds, and all chunks alike, since a short last one would
 * cost almost as much as a full one.
 */
export function headChunkRows(
  config: DecoderConfig,
  tokens: number,
  memory: keyof typeof LOGIT_BYTES,
  software: boolean,
): number {
  const { hidden, vocab } = config;
  const tiles = (rows: number) => TILE_ROWS * Math.max(1, Math.floor(rows / TILE_ROWS));
  const fitting = Math.min(
    tiles(LOGIT_BYTES[memory] / (4 * vocab)),
    tiles(software ? Number.POSITIVE_INFINITY : MOST_FLOPS / (2 * hidden * vocab)),
  );
  const chunks = Math.ceil(tokens / fitting);
  return Math.min(tokens, TILE_ROWS * Math.ceil(tokens / chunks / TILE_ROWS));
}

/** Dims slot of a chunk, and the slot whose rows are all supervised ones of the batch. */
const chunkSlot = (chunk: number) => 1 + chunk;
const lossSlot = (head: HeadBuffers) => 1 + head.chunks;

export interface HeadParts {
  norm: Norm;
  /** [vocab, width]. */
  weight: Weight;
  width: number;
  vocab: number;
}

export class Head {
  constructor(readonly parts: HeadParts) {}

  /** @param soft where a teacher's soft targets are learned */
  allocate<V extends View>(
    memory: Memory<V>,
    tokens: number,
    chunkRows: number,
    soft: SoftLoss | null = null,
  ): HeadBuffers<V> {
    const { width, vocab } = this.parts;
    const take = (name: string, floats: number) => memory.allocate(name, 4 * floats, 'activation');
    const stride = APART * Math.ceil(tokens / APART);
    const top = Math.min(soft?.top ?? 0, vocab);
    return {
      soft: soft && {
        ...{ top, weight: soft.weight, stride },
        ids: take('ids of soft targets', tokens * top),
        probabilities: take('soft targets', tokens * (top + 1)),
      },
      index: take('supervised rows', tokens),
      targets: take('targets', tokens),
      losses: take('losses', soft ? 3 * stride : tokens),
      result: take('result', 8),
      chunkRows,
      chunks: Math.ceil(tokens / chunkRows),
      x: take('head x', chunkRows * width),
      h: take('head h', chunkRows * width),
      stat: take('head stat', chunkRows * 2),
      z: take('logits', chunkRows * vocab),
      weights: take('token weights', tokens),
    };
  }

  /** Rows `index` of the residual stream x → logits in `head.z`, for one chunk. */
  logits(ops: Operations, head: HeadBuffers, io: { x: View; dims: number; rowsHint?: number }): void {
    const { norm, weight, width, vocab } = this.parts;
    const { dims, rowsHint } = io;
    const x = matrix(head.x, width);
    const h = matrix(head.h, width);
    ops.gatherRows({ x: matrix(io.x, width), index: head.index, out: x, width, dims });
    norm.forward(ops, head.stat, { x, y: h, dims });
    ops.linearForward({ x: h, w: weight, n: vocab, k: width, y: matrix(head.z, vocab), dims, rowsHint });
  }

  /**
   * Adds the sum of the token losses to `result[0]`; with `dx`, the gradient of the residual stream as well.
   *
   * @param taught the loss is that of the soft targets, with the sums of its parts beside it
   */
  loss(
    ops: Operations,
    head: HeadBuffers,
    { x, dx, taught = false }: { x: View; dx?: View | null; taught?: boolean },
  ): void {
    const { norm, weight, width, vocab } = this.parts;
    const z = matrix(head.z, vocab);
    const h = matrix(head.h, width);
    if (dx) ops.clear(dx);
    for (let chunk = 0; chunk < head.chunks; chunk++) {
      const dims = chunkSlot(chunk);
      this.logits(ops, head, { x, dims });
      const given = { logits: z, targets: head.targets, weights: head.weights, losses: head.losses };
      const args = { ...given, vocab, gradient: Boolean(dx), dims };
      if (taught) ops.softCrossEntropy({ ...args, ...head.soft! });
      else ops.crossEntropy(args);
      if (!dx) continue;
      // The normed rows are not needed again: their buffer takes their gradient.
      ops.linearBackward({ dy: z, w: weight, n: vocab, k: width, dx: h, dims });
      const dRows = matrix(ops.scratch('head dx', 4 * head.chunkRows * width), width);
      norm.backward(ops, head.stat, {
        dy: h,
        x: matrix(head.x, width),
        dx: dRows,
        accumulate: false,
        dims,
      });
      ops.scatterRows({ x: dRows, index: head.index, out: matrix(dx, width), width, dims });
    }
    const sum = (part: number, into: number) => {
      const begin = 4 * part * (head.soft?.stride ?? 0);
      const losses = slice(head.losses, begin, head.losses.size - begin);
      ops.sumLosses({ losses, result: head.result, into, dims: lossSlot(head) });
    };
    sum(0, 0);
    if (!taught) return;
    sum(1, PARTS.crossEntropy);
    sum(2, PARTS.divergence);
  }
}

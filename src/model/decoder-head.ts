import type { GpuMemory, View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import { crossEntropy, sumLosses } from '../ops/cross-entropy.ts';
import { linearBackward, linearForward } from '../ops/linear.ts';
import { gatherRows, scatterRows } from '../ops/rows.ts';
import type { DecoderConfig } from './config.ts';
import { type Decoder, emitNorm, matrix } from './decoder.ts';
import { emitNormBackward } from './decoder-backward.ts';

/**
 * Final norm, head and loss on the supervised rows only, in chunks of rows: the full logits matrix never exists.
 *
 *     Z = norm(x[rows]) Wᵀ;  loss = lse(Z) − Z[target];  dZ = (softmax(Z) − onehot) / n, written over Z;  dh = dZ W
 *
 * (Liger's fused linear cross-entropy; Cut Cross Entropy, arXiv 2411.09009.)
 */
export interface HeadBuffers {
  /** Rows of the residual stream that predict a supervised token, u32, and those tokens, u32. */
  index: View;
  targets: View;
  /** Loss of each. */
  losses: View;
  /** f32 [8]: sum of the losses, gradient norm, 1 where the update was applied. */
  result: View;
  chunkRows: number;
  chunks: number;
  /** Gathered rows, normed rows (then their gradient), statistics, logits. */
  x: View;
  h: View;
  stat: View;
  z: View;
}

/** Bytes that a chunk of logits may take; little where memory is short. Each chunk reads the head's weight twice. */
const LOGIT_BYTES = { ample: 64 << 20, short: 20 << 20 };
/** Rows that a chunk has in any case: as many as a tile of the products. */
const LEAST_ROWS = 64;

/** Rows in a chunk for at most `tokens` rows: as many logits as fit the bound, a multiple of 32. */
export function headChunkRows(
  config: DecoderConfig,
  tokens: number,
  memory: keyof typeof LOGIT_BYTES,
): number {
  const fitting = Math.floor(LOGIT_BYTES[memory] / (4 * config.vocab) / 32) * 32;
  return Math.min(Math.max(LEAST_ROWS, fitting), tokens);
}

export function planHeadBuffers(config: DecoderConfig, tokens: number, chunkRows: number): number {
  const { hidden: d, vocab } = config;
  const floats = [tokens, tokens, tokens, 8, chunkRows * d, chunkRows * d, chunkRows * 2, chunkRows * vocab];
  return floats.reduce((sum, size) => sum + 16 * Math.ceil(size / 4), 0);
}

export function allocateHeadBuffers(
  memory: GpuMemory,
  config: DecoderConfig,
  tokens: number,
  chunkRows: number,
): HeadBuffers {
  const take = (name: string, floats: number) => memory.allocate(name, 4 * floats, 'activation');
  return {
    index: take('supervised rows', tokens),
    targets: take('targets', tokens),
    losses: take('losses', tokens),
    result: take('result', 8),
    chunkRows,
    chunks: Math.ceil(tokens / chunkRows),
    x: take('head x', chunkRows * config.hidden),
    h: take('head h', chunkRows * config.hidden),
    stat: take('head stat', chunkRows * 2),
    z: take('logits', chunkRows * config.vocab),
  };
}

export function freeHeadBuffers(memory: GpuMemory, head: HeadBuffers): void {
  for (const view of [head.index, head.targets, head.losses, head.result, head.x, head.h, head.stat, head.z])
    memory.free(view.buffer);
}

/** Dims slot of a chunk, and the slot whose rows are all supervised ones of the batch. */
export const chunkSlot = (chunk: number) => 1 + chunk;
export const lossSlot = (head: HeadBuffers) => 1 + head.chunks;

/** Rows `index` of the residual stream → logits in `head.z`, for one chunk. */
export function emitLogits(
  e: Emitter,
  decoder: Decoder,
  x: View,
  head: HeadBuffers,
  dims: number,
  rowsHint?: number,
): void {
  const { config, weights } = decoder;
  const d = config.hidden;
  gatherRows(e, { x: matrix(x, d), index: head.index, out: matrix(head.x, d), width: d, dims });
  emitNorm(e, config, weights.finalNorm, matrix(head.x, d), matrix(head.h, d), head.stat, dims);
  linearForward(e, {
    x: matrix(head.h, d),
    w: weights.head,
    n: config.vocab,
    k: d,
    y: matrix(head.z, config.vocab),
    dims,
    rowsHint,
  });
}

/** Adds the sum of the token losses to `result[0]`; with `dx`, the gradient behind the last block as well. */
export function emitLoss(e: Emitter, decoder: Decoder, x: View, head: HeadBuffers, dx: View | null): void {
  const { config, weights } = decoder;
  const d = config.hidden;
  if (dx) e.clear(dx);
  for (let chunk = 0; chunk < head.chunks; chunk++) {
    const dims = chunkSlot(chunk);
    emitLogits(e, decoder, x, head, dims);
    crossEntropy(e, {
      logits: matrix(head.z, config.vocab),
      targets: head.targets,
      losses: head.losses,
      vocab: config.vocab,
      gradient: dx !== null,
      dims,
    });
    if (!dx) continue;
    // The normed rows are not needed again: their buffer takes their gradient.
    linearBackward(e, {
      dy: matrix(head.z, config.vocab),
      w: weights.head,
      n: config.vocab,
      k: d,
      dx: matrix(head.h, d),
      dims,
    });
    const dRows = matrix(e.scratch('head dx', 4 * head.chunkRows * d), d);
    emitNormBackward(
      e,
      config,
      weights.finalNorm,
      matrix(head.h, d),
      matrix(head.x, d),
      dRows,
      head.stat,
      false,
      dims,
    );
    scatterRows(e, { x: dRows, index: head.index, out: matrix(dx, d), width: d, dims });
  }
  sumLosses(e, { losses: head.losses, result: head.result, dims: lossSlot(head) });
}

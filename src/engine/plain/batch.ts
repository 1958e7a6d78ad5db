import type { Batch } from '../../data/batch.ts';
import { supervisedRows } from '../../data/batch.ts';
import type { TokenGroup, Tokens } from '../../model/plain/tokens.ts';

/**
 * Without padding: each row, and each document of a packed row, is a sequence of its own length. Right for backends
 * without a cost for new shapes (wasm, cpu); no mask but the causal one is needed.
 */
export function compactTokens(batch: Batch): Tokens {
  const source: number[] = [];
  const positions: number[] = [];
  const groups: TokenGroup[] = [];
  for (let row = 0; row < batch.rows; row++) {
    let group: TokenGroup | null = null;
    let document = -1;
    for (let t = 0; t < batch.lengths[row]; t++) {
      const at = row * batch.length + t;
      const own = batch.documents ? batch.documents[at] : 0;
      if (own < 0) continue;
      if (!group || own !== document) {
        group = { begin: source.length, sequences: 1, length: 0 };
        groups.push(group);
        document = own;
      }
      positions.push(batch.positions ? batch.positions[at] : t);
      source.push(at);
      group.length++;
    }
  }
  const ids = Int32Array.from(source, (at) => batch.ids[at]);
  return {
    ids,
    positions: Int32Array.from(positions),
    source: Int32Array.from(source),
    groups,
    documents: null,
  };
}

/**
 * Padding and all, as one group: every batch of a bucket has the same shapes, which a GPU backend that pools buffers
 * by size needs. What real tokens compute is the same, since padding comes after them.
 */
export function paddedTokens(batch: Batch): Tokens {
  const count = batch.rows * batch.length;
  return {
    ids: batch.ids,
    positions: batch.positions ?? Int32Array.from({ length: count }, (_, i) => i % batch.length),
    source: Int32Array.from({ length: count }, (_, i) => i),
    groups: [{ begin: 0, sequences: batch.rows, length: batch.length }],
    documents: batch.documents ?? null,
  };
}

/** One sequence without padding, from position `from`. */
export function sequenceTokens(ids: readonly number[], from = 0): Tokens {
  const indices = Int32Array.from(ids, (_, i) => i);
  return {
    ids: Int32Array.from(ids),
    positions: indices.map((i) => i + from),
    source: indices,
    groups: [{ begin: 0, sequences: 1, length: ids.length }],
    documents: null,
  };
}

/** The tokens whose hidden state predicts a supervised token, and what that is. */
export interface Predicting {
  /** Index into `Tokens`. */
  at: Int32Array;
  targets: Int32Array;
  /** Null: each counts 1. */
  weights: Float32Array | null;
}

/** `supervisedRows` in the order of `tokens`. */
export function predicting(batch: Batch, tokens: Tokens): Predicting {
  const { count, index, targets, weights } = supervisedRows(batch);
  const place = new Int32Array(batch.rows * batch.length).fill(-1);
  tokens.source.forEach((row, i) => {
    place[row] = i;
  });
  return {
    at: Int32Array.from(index.subarray(0, count), (row) => place[row]),
    targets: Int32Array.from(targets.subarray(0, count)),
    weights: weights?.subarray(0, count) ?? null,
  };
}

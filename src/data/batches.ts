import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type Batch, joinSoft } from './batch.ts';
import type { Labelled } from './types.ts';

/** Rows into batches. Everything here is a pure function of its arguments, so a resumed run sees the same batches. */

/** What a random order is for: each purpose has its own stream. */
type Purpose = 'shuffle' | 'held-out' | 'sample';

const PURPOSES: Record<Purpose, number> = { shuffle: 1, 'held-out': 2, sample: 3 };

/** Mixes (seed, purpose, epoch) into the generator's 32-bit seed (the finaliser of MurmurHash3). */
function streamSeed(seed: number, purpose: Purpose, epoch: number): number {
  let hash = seed | 0;
  for (const word of [PURPOSES[purpose], epoch]) {
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash;
}

/** The numbers 0 … count − 1 in a random order (Fisher–Yates). */
export function permutation(count: number, seed: number, purpose: Purpose, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = xoroshiro128plus(streamSeed(seed, purpose, epoch));
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}

/**
 * The order in which an epoch visits the training rows.
 *
 * @param rows indices of the training rows in the dataset.
 * @param epoch from 0.
 */
export function epochOrder(rows: ArrayLike<number>, seed: number, epoch: number): Uint32Array {
  return permutation(rows.length, seed, 'shuffle', epoch).map((i) => rows[i]);
}

/** Held-out rows that the page measures at the most, whatever the share: each measurement reads them all. */
export const MAX_HELD_OUT_ROWS = 200;

/** Number of rows that `heldOutSplit` holds out: the share, at least one and at most `most`, one left to train on. */
export function heldOutCount(rows: number, fraction: number, most = Number.POSITIVE_INFINITY): number {
  const wanted = fraction > 0 ? Math.max(1, Math.round(rows * fraction)) : 0;
  return Math.max(0, Math.min(wanted, most, rows - 1));
}

/**
 * Splits rows into training and held-out ones. At least one row stays in training.
 *
 * @param fraction share held out, rounded to a whole number of rows; `most` caps it.
 * @returns indices, each ascending.
 */
export function heldOutSplit(
  rows: number,
  fraction: number,
  seed: number,
  most: number = Number.POSITIVE_INFINITY,
): { train: Uint32Array; heldOut: Uint32Array } {
  const count = heldOutCount(rows, fraction, most);
  const order = permutation(rows, seed, 'held-out', 0);
  return { train: order.slice(count).sort(), heldOut: order.slice(0, count).sort() };
}

/** Optimizer steps of one epoch; the last may have fewer rows. */
export function stepsPerEpoch(rows: number, batch: number, accumulate: number): number {
  return Math.ceil(rows / (batch * accumulate));
}

/**
 * The rows of one optimizer step, as micro-batches of at most `batch` rows.
 *
 * @param order the epoch's order. @param step within the epoch, from 0.
 */
export function rowsOfStep(
  order: Uint32Array,
  step: number,
  batch: number,
  accumulate: number,
): Uint32Array[] {
  const begin = step * batch * accumulate;
  const end = Math.min(order.length, begin + batch * accumulate);
  const micro: Uint32Array[] = [];
  for (let at = begin; at < end; at += batch) micro.push(order.slice(at, Math.min(end, at + batch)));
  return micro;
}

/** Lengths come in multiples of this, so that few shapes of buffers exist. */
export const LENGTH_STEP = 16;

export function paddedLength(longest: number): number {
  return Math.max(LENGTH_STEP, Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP);
}

/**
 * Rows padded at the end to one length, a multiple of 16.
 *
 * Ids behind a row's end are 0 and labels −100; the first label of a row is −100, since nothing predicts it.
 *
 * @param fixedLength pads to this instead (rounded up to a multiple of 16); rows must fit.
 */
export function padBatch(examples: readonly Labelled[], fixedLength?: number): Batch {
  const longest = Math.max(0, ...examples.map((example) => example.ids.length));
  const length = paddedLength(Math.max(longest, fixedLength ?? 0));
  const rows = examples.length;
  const ids = new Int32Array(rows * length);
  const labels = new Int32Array(rows * length).fill(-100);
  const lengths = new Int32Array(rows);
  const weights = weightsFor(examples, rows * length);
  examples.forEach((example, row) => {
    ids.set(example.ids, row * length);
    labels.set(example.labels, row * length);
    if (example.weights) weights?.set(example.weights, row * length);
    if (example.ids.length > 0) labels[row * length] = -100;
    lengths[row] = example.ids.length;
  });
  const soft = joinSoft(examples.map((example) => example.soft));
  return { rows, length, ids, labels, lengths, ...(weights && { weights }), ...(soft && { soft }) };
}

/** Ones, where an example weighs its tokens. */
function weightsFor(examples: readonly Labelled[], size: number): Float32Array | null {
  return examples.some(({ weights }) => weights) ? new Float32Array(size).fill(1) : null;
}

/**
 * Which examples share a row when short ones are packed: first fit, in the order given, so that the packing is
 * the same wherever it is computed.
 *
 * @param lengths of the examples; one above `maxLength` has a row of its own.
 * @returns for each packed row the positions of its examples in `lengths`.
 */
export function packRows(lengths: readonly number[], maxLength: number): number[][] {
  const packed: { members: number[]; room: number }[] = [];
  // Rows with no room for the shortest example are passed over for good.
  const shortest = lengths.reduce((least, length) => Math.min(least, length), maxLength);
  let open = 0;
  lengths.forEach((length, i) => {
    while (open < packed.length && packed[open].room < shortest) open++;
    const row = packed.slice(open).find((candidate) => candidate.room >= length);
    if (row) {
      row.members.push(i);
      row.room -= length;
    } else packed.push({ members: [i], room: maxLength - length });
  });
  return packed.map((row) => row.members);
}

/**
 * Packed rows as a batch: documents stand one behind the other, `positions` starts again at 0 in each, and
 * `documents` numbers them within the row (−1: padding), so that attention stays inside a document. The first
 * token of each document is no target.
 *
 * @param packs examples of each row, in order.
 */
export function packBatch(packs: readonly (readonly Labelled[])[], maxLength: number): Batch {
  const length = paddedLength(maxLength);
  const rows = packs.length;
  const ids = new Int32Array(rows * length);
  const labels = new Int32Array(rows * length).fill(-100);
  const positions = new Int32Array(rows * length);
  const documents = new Int32Array(rows * length).fill(-1);
  const lengths = new Int32Array(rows);
  const weights = weightsFor(packs.flat(), rows * length);
  packs.forEach((examples, row) => {
    let at = row * length;
    const end = at + length;
    examples.forEach((example, document) => {
      const count = example.ids.length;
      if (at + count > end) throw new RangeError(`Packed examples take more than ${length} tokens.`);
      ids.set(example.ids, at);
      labels.set(example.labels, at);
      if (example.weights) weights?.set(example.weights, at);
      if (count > 0) labels[at] = -100;
      documents.fill(document, at, at + count);
      for (let i = 0; i < count; i++) positions[at + i] = i;
      at += count;
    });
    lengths[row] = at - row * length;
  });
  let count = 0;
  const examples = packs.map((members) => members.map(() => count++));
  const soft = joinSoft(packs.flat().map((example) => example.soft));
  return {
    ...{ rows, length, ids, labels, lengths, positions, documents, examples },
    ...(weights && { weights }),
    ...(soft && { soft }),
  };
}

/** Of a few widths of rows the one in which these take the fewest tokens, the narrowest of equals (attention costs more in wide rows). */
export function bestPacks(
  lengths: readonly number[],
  maxLength: number,
): { width: number; packs: number[][] } {
  const narrow = paddedLength(Math.max(0, ...lengths));
  let best: { width: number; packs: number[][] } = { width: narrow, packs: lengths.map((_, i) => [i]) };
  for (let times = 1; times === 1 || times * narrow <= paddedLength(maxLength); times *= 2) {
    const width = times * narrow;
    const packs = packRows(lengths, width);
    if (packs.length * width < best.packs.length * best.width) best = { width, packs };
  }
  return best;
}

/**
 * A micro-batch with its short rows side by side, so that less of it is padding. It holds the same rows as without
 * packing, and so the same loss; only the layout differs.
 */
export function packedBatch(examples: readonly Labelled[], maxLength: number): Batch {
  const lengths = examples.map((example) => example.ids.length);
  const { width, packs } = bestPacks(lengths, maxLength);
  const packed = packs.map((members) => members.map((i) => examples[i]));
  return { ...packBatch(packed, width), examples: packs };
}

/** How examples become a micro-batch. */
export interface BatchLayout {
  packing: boolean;
  /** Most tokens of a packed row. */
  maxLength: number;
}

export function batchOf(examples: readonly Labelled[], { packing, maxLength }: BatchLayout): Batch {
  return packing ? packedBatch(examples, maxLength) : padBatch(examples);
}

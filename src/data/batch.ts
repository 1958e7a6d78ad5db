/** A micro-batch as an engine takes it, and what is supervised in it. */

/** Rows padded at the end to one length. Row-major [rows, length]. */
export interface Batch {
  rows: number;
  length: number;
  ids: Int32Array;
  /** labels[i] = the token at i where predicting it (from i − 1) is trained, else −100. */
  labels: Int32Array;
  /** Real tokens of each row; padding follows them. */
  lengths: Int32Array;
  /** With packing: position of each token within its document, and the document's number (−1: padding). */
  positions?: Int32Array;
  documents?: Int32Array;
  /** With packing: examples[row][document] = which of the examples that the batch was made of stands there. */
  examples?: readonly (readonly number[])[];
  /** What the loss of predicting labels[i] counts; 1 everywhere where there are none. */
  weights?: Float32Array;
  /** What a teacher gives to the supervised tokens. */
  soft?: SoftTargets;
}

/**
 * What a teacher gives to n supervised tokens, in their order: its likeliest tokens with their probabilities, and one
 * probability for all others.
 */
export interface SoftTargets {
  /** Tokens that are told of each. */
  top: number;
  /** [n, top]. */
  ids: Uint32Array;
  /** [n, top + 1]: that of the others is the last. */
  probabilities: Float32Array;
}

/** Soft targets one behind the other; none where one of them has none. */
export function joinSoft(parts: readonly (SoftTargets | undefined)[]): SoftTargets | undefined {
  const [first] = parts;
  if (!first || !parts.every((part) => part !== undefined)) return undefined;
  const total = parts.reduce((sum, { ids }) => sum + ids.length / first.top, 0);
  const ids = new Uint32Array(total * first.top);
  const probabilities = new Float32Array(total * (first.top + 1));
  let at = 0;
  for (const part of parts) {
    ids.set(part.ids, at * first.top);
    probabilities.set(part.probabilities, at * (first.top + 1));
    at += part.ids.length / first.top;
  }
  return { top: first.top, ids, probabilities };
}

/** Which rows of the residual stream predict a supervised token, and that token. */
export interface Supervised {
  count: number;
  /** Row · length + position of the token before. */
  index: Uint32Array<ArrayBuffer>;
  targets: Uint32Array<ArrayBuffer>;
  /** Null where the batch has none. */
  weights: Float32Array<ArrayBuffer> | null;
}

export function supervisedRows(batch: Batch): Supervised {
  const { rows, length, labels } = batch;
  const index = new Uint32Array(rows * length);
  const targets = new Uint32Array(rows * length);
  const weights = batch.weights ? new Float32Array(rows * length) : null;
  let count = 0;
  visitSupervised(batch, (at) => {
    index[count] = at - 1;
    if (weights) weights[count] = batch.weights![at];
    targets[count++] = labels[at];
  });
  return { count, index, targets, weights };
}

export function supervisedCount(batches: readonly Batch[]): number {
  let count = 0;
  for (const batch of batches)
    visitSupervised(batch, () => {
      count++;
    });
  return count;
}

/** Position 0 of a row is never predicted; with packing, nor is the first token of a document. */
function visitSupervised(
  { rows, length, labels, lengths, positions }: Batch,
  visit: (at: number) => void,
): void {
  for (let row = 0; row < rows; row++)
    for (let i = 1; i < lengths[row]; i++) {
      const at = row * length + i;
      if (labels[at] >= 0 && positions?.[at] !== 0) visit(at);
    }
}

/** What a model gives to the supervised tokens of a batch. */
export interface LogProbabilities {
  /** log p of each supervised token [rows, length], at its label; 0 elsewhere. */
  each: Float32Array;
  /** Sum over the supervised tokens of each example, and their number: by row, with packing by `Batch.examples`. */
  sum: Float64Array;
  tokens: Int32Array;
}

/** @param losses −log p of each supervised token, in the order of `supervisedRows` */
export function logProbabilitiesOf(
  batch: Batch,
  { count, index }: Supervised,
  losses: Float32Array,
): LogProbabilities {
  const examples = exampleCount(batch);
  const each = new Float32Array(batch.rows * batch.length);
  const sum = new Float64Array(examples);
  const tokens = new Int32Array(examples);
  for (let i = 0; i < count; i++) {
    const at = index[i] + 1;
    const example = exampleAt(batch, at);
    each[at] = -losses[i];
    sum[example] -= losses[i];
    tokens[example]++;
  }
  return { each, sum, tokens };
}

/** `Batch.weights` that give each token the value of its example. */
export function weightsByExample(batch: Batch, values: ArrayLike<number>): Float32Array {
  const weights = new Float32Array(batch.rows * batch.length);
  for (let row = 0; row < batch.rows; row++) {
    const begin = row * batch.length;
    for (let at = begin; at < begin + batch.lengths[row]; at++) weights[at] = values[exampleAt(batch, at)];
  }
  return weights;
}

/** How many examples a batch was made of. */
export function exampleCount({ rows, examples }: Batch): number {
  return examples ? examples.reduce((sum, members) => sum + members.length, 0) : rows;
}

/** Which of the batch's examples a real token belongs to. */
function exampleAt({ length, documents, examples }: Batch, at: number): number {
  const row = Math.floor(at / length);
  return documents && examples ? examples[row][documents[at]] : row;
}

import * as tf from '@tensorflow/tfjs-core';

/** Consecutive tokens that are `sequences` sequences of one length. */
export interface TokenGroup {
  begin: number;
  sequences: number;
  length: number;
}

/** The tokens of a batch as one list, in the order that the decoder works on them. */
export interface Tokens {
  ids: Int32Array;
  /** Position within the sequence or packed document. */
  positions: Int32Array;
  /** Row of the padded [rows · length] matrix that each token comes from. */
  source: Int32Array;
  groups: TokenGroup[];
  /** Where packed documents share a row: the document of each token, −1 for padding. */
  documents: Int32Array | null;
}

/** What is added to the score of a key that may not be read. */
export const MASKED = -1e9;

/** Masks of every group, causal and no further back than `window` tokens (null: all). */
export function groupMasks(tokens: Tokens, window: number | null): tf.Tensor3D[] {
  const byLength = new Map<number, tf.Tensor3D>();
  return tokens.groups.map(({ begin, sequences, length }) => {
    if (tokens.documents) return maskOf(sequences, length, window, tokens.documents.subarray(begin));
    let mask = byLength.get(length);
    if (!mask) {
      mask = maskOf(1, length, window, null);
      byLength.set(length, mask);
    }
    return mask;
  });
}

function maskOf(
  sequences: number,
  length: number,
  window: number | null,
  documents: Int32Array | null,
): tf.Tensor3D {
  const values = new Float32Array(sequences * length * length);
  let at = 0;
  for (let s = 0; s < sequences; s++) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++, at++) {
        const near = j <= i && (window === null || i - j < window);
        const same = !documents || documents[s * length + i] === documents[s * length + j];
        if (!near || !same) values[at] = MASKED;
      }
    }
  }
  return tf.tensor3d(values, [sequences, 1, length * length]);
}

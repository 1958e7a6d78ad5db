import { type Dense, dense } from './linear.ts';

/**
 * out[row] = table[ids[row]] · scale (+ learned[positions[row]]), in float64.
 *
 * @param table [vocab, width]
 * @param learned position table [positions, width] of GPT-2; a position past its end takes the last row
 */
export function embeddingReference(
  ids: ArrayLike<number>,
  table: Dense,
  scale: number,
  learned?: { table: Dense; positions: ArrayLike<number> },
): Dense {
  return dense(ids.length, table.cols, (row, j) => {
    const token = table.values[ids[row] * table.cols + j] * scale;
    if (!learned) return token;
    const position = Math.min(learned.positions[row], learned.table.rows - 1);
    return token + learned.table.values[position * table.cols + j];
  });
}

/**
 * dTable[i] = Σ dout[row] over the rows with ids[row] = first + i.
 *
 * @param dout [rows, width]
 * @param count rows of the table
 */
export function embeddingBackwardReference(
  ids: ArrayLike<number>,
  dout: Dense,
  { first, count }: { first: number; count: number },
): Dense {
  const gradient = dense(count, dout.cols);
  for (let row = 0; row < dout.rows; row++) {
    const at = ids[row] - first;
    if (at < 0 || at >= count) continue;
    for (let j = 0; j < dout.cols; j++)
      gradient.values[at * dout.cols + j] += dout.values[row * dout.cols + j];
  }
  return gradient;
}

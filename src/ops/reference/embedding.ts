import { type Dense, dense } from './linear.ts';

/**
 * out[row] = table[ids[row]] · scale (+ learned[positions[row]]), in float64. The tables are frozen, so nothing has a
 * gradient.
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

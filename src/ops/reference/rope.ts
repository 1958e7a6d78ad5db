import { type Dense, dense } from './linear.ts';

/**
 * Rotary embedding in float64, halves apart as in Hugging Face: in each head the pair (j, j + rotaryDims/2) turns by
 * angle(row, j):
 *
 *     (a, b) → (a·cos − b·sin, b·cos + a·sin)
 *
 * Dimensions from rotaryDims on stay. The gradient is the same turn by the negative angle.
 *
 * @param x heads side by side [rows, heads · headDim]
 */
export function ropeReference(
  x: Dense,
  headDim: number,
  rotaryDims: number,
  angle: (row: number, j: number) => number,
): Dense {
  return turned(x, headDim, rotaryDims, (row, j) => {
    const by = angle(row, j);
    return { cos: Math.cos(by), sin: Math.sin(by) };
  });
}

/** The same from cosines and sines, which a scale may be part of. */
export function turned(
  x: Dense,
  headDim: number,
  rotaryDims: number,
  by: (row: number, j: number) => { cos: number; sin: number },
): Dense {
  const half = rotaryDims / 2;
  return dense(x.rows, x.cols, (row, column) => {
    const at = (dim: number) => x.values[row * x.cols + column - (column % headDim) + dim];
    const dim = column % headDim;
    if (dim >= rotaryDims) return at(dim);
    const { cos, sin } = by(row, dim % half);
    return dim < half ? at(dim) * cos - at(dim + half) * sin : at(dim) * cos + at(dim - half) * sin;
  });
}

/** dX for a given dY: the turn back. */
export function ropeBackwardReference(
  dy: Dense,
  headDim: number,
  rotaryDims: number,
  angle: (row: number, j: number) => number,
): Dense {
  return ropeReference(dy, headDim, rotaryDims, (row, j) => -angle(row, j));
}

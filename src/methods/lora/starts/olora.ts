import type { AdapterModule } from '../../../model/modules.ts';
import { rankOf } from '../scale.ts';
import type { LoraStart, StartedMatrices } from './start.ts';

/**
 * OLoRA (Büyükakyüz, arXiv 2406.01775): with W = QR, A₀ is the first r rows of R and B₀ the first r columns of Q, which
 * are orthonormal. They are not divided by s = alpha / rank: the base is moved by s·B₀A₀, as in PEFT's `olora_init`.
 */
export const olora: LoraStart = {
  async matrices(site, { settings, base }) {
    return firstOfQr(await base.weight(site), site, rankOf(settings, site));
  },
};

/**
 * B = Q[:, :rank] and A = R[:rank] of a matrix [out, in], by Householder's reflections of its first columns, with LAPACK's
 * signs: an entry of R's diagonal has the sign opposite to that of the entry it was made from.
 */
export function firstOfQr(
  matrix: Float32Array,
  { in: width, out }: Pick<AdapterModule, 'in' | 'out'>,
  rank: number,
): StartedMatrices {
  const columns = Array.from({ length: rank }, (_, r) =>
    Float64Array.from({ length: out }, (_, o) => matrix[o * width + r]),
  );
  /** H = I − v·vᵀ · 2/‖v‖². */
  const reflected = (x: Float64Array, v: Float64Array, from: number) => {
    let along = 0;
    let size = 0;
    for (let i = from; i < out; i++) {
      along += v[i] * x[i];
      size += v[i] * v[i];
    }
    if (size === 0) return;
    const factor = (2 * along) / size;
    for (let i = from; i < out; i++) x[i] -= factor * v[i];
  };
  const vectors = columns.map((column, r) => {
    let below = 0;
    for (let i = r + 1; i < out; i++) below += column[i] * column[i];
    const v = new Float64Array(out);
    // Nothing is left below the diagonal: LAPACK does not reflect either.
    if (below > 0) {
      v.set(column.subarray(r), r);
      const length = Math.sqrt(below + column[r] * column[r]);
      v[r] += column[r] < 0 ? -length : length;
    }
    for (let other = r; other < rank; other++) reflected(columns[other], v, r);
    return v;
  });
  const q = vectors.map((_, r) => {
    const unit = new Float64Array(out);
    unit[r] = 1;
    for (let i = rank - 1; i >= 0; i--) reflected(unit, vectors[i], i);
    return unit;
  });
  const a = new Float32Array(rank * width);
  const b = new Float32Array(out * rank);
  for (let r = 0; r < rank; r++) {
    const row = new Float64Array(width);
    for (let o = 0; o < out; o++) {
      b[o * rank + r] = q[r][o];
      // R = QᵀW, zero below its diagonal.
      for (let i = r; i < width; i++) row[i] += q[r][o] * matrix[o * width + i];
    }
    a.set(row, r * width);
  }
  return { a, b };
}

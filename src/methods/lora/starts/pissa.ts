import type { AdapterModule } from '../../../model/modules.ts';
import { streamSeed } from '../../stream-seed.ts';
import { loraScale, rankOf } from '../scale.ts';
import type { LoraStart, StartedMatrices } from './start.ts';
import { largestParts } from './svd.ts';

/**
 * PiSSA (Meng et al., arXiv 2404.02948): the adapter begins as the largest singular parts of the base, and training
 * moves those. With W = USVᵀ and s = alpha / rank, A₀ = √(S/s)·Vᵀ and B₀ = U·√(S/s) of the first r, so that s·B₀A₀ is
 * the best approximation of W of rank r; that is what the base is moved by. As PEFT's `pissa_init`, which has an exact
 * decomposition too.
 */
export const pissa: LoraStart = {
  async matrices(site, { settings, base, seed }) {
    return singularParts(await base.weight(site), site, {
      rank: rankOf(settings, site),
      scale: loraScale(settings, site),
      seed: streamSeed(seed, site.path),
    });
  },
};

/** A [rank, in] and B [out, rank] with s·BA = Σ σᵢ uᵢ vᵢᵀ over the largest singular parts of a matrix [out, in]. */
export function singularParts(
  matrix: Float32Array,
  { in: width, out }: AdapterModule,
  { rank, scale, seed }: { rank: number; scale: number; seed: number },
): StartedMatrices {
  const { values, left, right } = largestParts(matrix, { rows: out, cols: width }, rank, seed);
  const a = new Float32Array(rank * width);
  const b = new Float32Array(out * rank);
  for (let r = 0; r < rank; r++) {
    const root = Math.sqrt(values[r] / scale);
    for (let i = 0; i < width; i++) a[r * width + i] = root * right[r][i];
    for (let o = 0; o < out; o++) b[o * rank + r] = root * left[r][o];
  }
  return { a, b };
}

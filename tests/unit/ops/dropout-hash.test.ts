import { describe, expect, it } from 'vitest';
import { dropoutKey, dropoutMask, dropoutThreshold, mix } from '../../../src/ops/dropout-hash.ts';

const consecutive = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

describe('dropout hash', () => {
  it('has the values that the shaders must give', () => {
    // From an independent evaluation in Python with explicit `% 2**32`.
    expect([0, 1, 2, 0xffffffff].map(mix)).toEqual([0, 114555507, 229111015, 3652544131]);
    expect(dropoutKey(42, 3, 1)).toBe(2734165645);
  });

  it('drops the asked share, evenly over rows and columns', () => {
    const mask = dropoutMask(dropoutKey(7, 1, 0), 3, consecutive(400), 500, 0.1);
    const share = (values: number[]) => values.filter((x) => x === 0).length / values.length;
    expect(share([...mask])).toBeGreaterThan(0.097);
    expect(share([...mask])).toBeLessThan(0.103);
    const byColumn = new Float64Array(500);
    mask.forEach((x, i) => {
      if (x === 0) byColumn[i % 500]++;
    });
    // Binomial(400, 0.1): mean 40, deviation 6; the largest of 500 columns stays within 5 deviations.
    expect(Math.max(...byColumn)).toBeLessThan(70);
    expect(Math.min(...byColumn)).toBeGreaterThan(10);
  });

  it('scales what is kept so that the mean is kept', () => {
    const mask = dropoutMask(dropoutKey(7, 1, 0), 0, consecutive(300), 300, 0.25);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(mask.reduce((a, b) => a + b, 0) / mask.length).toBeCloseTo(1, 2);
  });

  it('is another mask for another seed, step, micro-batch or module, uncorrelated with the first', () => {
    const draw = (seed: number, step: number, micro: number, module: number) =>
      dropoutMask(dropoutKey(seed, step, micro), module, consecutive(100), 100, 0.5);
    const first = draw(1, 1, 0, 0);
    expect(draw(1, 1, 0, 0)).toEqual(first);
    for (const other of [draw(2, 1, 0, 0), draw(1, 2, 0, 0), draw(1, 1, 1, 0), draw(1, 1, 0, 1)]) {
      const agree = other.filter((x, i) => x === first[i]).length / other.length;
      expect(agree).toBeGreaterThan(0.47);
      expect(agree).toBeLessThan(0.53);
    }
  });

  it('gives a row the same mask wherever it stands in the batch', () => {
    const key = dropoutKey(1, 1, 0);
    const all = dropoutMask(key, 2, consecutive(10), 16, 0.3);
    expect(dropoutMask(key, 2, Int32Array.of(7), 16, 0.3)).toEqual(all.slice(7 * 16, 8 * 16));
  });

  it('keeps everything at probability 0', () => {
    expect(dropoutThreshold(0)).toBe(0);
    expect(new Set(dropoutMask(5, 0, consecutive(20), 20, 0))).toEqual(new Set([1]));
  });
});

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { keptAtRandom } from '../../../src/merging/keep.ts';
import {
  concatenated,
  innerProduct,
  nearest,
  type Product,
  productNorm,
  productRows,
  scaled,
} from '../../../src/merging/product.ts';
import { electedSign, largest, rescaledL1 } from '../../../src/merging/prune.ts';
import { nearestOfWhole } from '../../../src/merging/whole.ts';
import { apart } from './fixture.ts';

const size = { in: 9, out: 7 };

function random(rank: number, seed: number): Product {
  const generator = xoroshiro128plus(seed);
  const draw = (length: number) => Float64Array.from({ length }, () => uniformFloat64(generator) - 0.5);
  return { rank, a: draw(rank * size.in), b: draw(size.out * rank) };
}

function whole(product: Product): Float64Array {
  const values: number[] = [];
  for (const row of productRows(product, size)) values.push(...row);
  return Float64Array.from(values);
}

test('a product cut to a rank is what its whole matrix is cut to, also where its rank is above the smaller side', () => {
  for (const rank of [4, 12]) {
    const product = random(rank, rank);
    for (const kept of [1, 3]) {
      const [ours, theirs] = [nearest(product, size, kept), nearestOfWhole(whole(product), size, kept)];
      expect(apart(whole(ours), whole(theirs))).toBeLessThan(1e-8);
    }
  }
});

test('equal parts count once, and zeros fill up the rank', () => {
  const one = random(2, 1);
  const twice = concatenated([one, one], size);
  const cut = nearest(twice, size, 6);
  expect(cut.a).toHaveLength(6 * size.in);
  expect(apart(whole(cut), whole(scaled(one, 2)))).toBeLessThan(1e-12);
  expect(nearest(random(0, 1), size, 2).b).toEqual(new Float64Array(2 * size.out));
});

test('a norm is exact where almost everything cancels out', () => {
  const one = random(3, 2);
  const near = { ...one, b: one.b.map((value) => value * (1 + 1e-10)) };
  const norm = productNorm(one, size);
  expect(norm).toBeCloseTo(Math.hypot(...whole(one)), 12);
  const difference = productNorm(concatenated([near, scaled(one, -1)], size), size);
  expect(difference / norm / 1e-10).toBeCloseTo(1, 4);
});

test('an inner product is that of the whole matrices', () => {
  const [one, other] = [random(3, 3), random(2, 4)];
  const values = whole(other);
  const sum = whole(one).reduce((total, value, i) => total + value * values[i], 0);
  expect(innerProduct(one, other, size)).toBeCloseTo(sum, 12);
});

test('the largest are kept, the first of equal ones', () => {
  expect(largest(Float64Array.of(1, -3, 2, -2, 2), 0.5)).toEqual(Float64Array.of(0, -3, 2, 0, 0));
  expect(largest(Float64Array.of(1, -3), 0.4)).toEqual(Float64Array.of(0, 0));
  expect(largest(Float64Array.of(1, -3), 1)).toEqual(Float64Array.of(1, -3));
});

test('magnitudes add up to what they were, and a sum of 0 is positive', () => {
  expect(rescaledL1(Float64Array.of(1, 0, -1), Float64Array.of(1, 2, -1))).toEqual(Float64Array.of(2, 0, -2));
  expect(rescaledL1(Float64Array.of(0, 0), Float64Array.of(0, 2))).toEqual(Float64Array.of(0, 0));
  expect([electedSign([1, -1]), electedSign([1, -2])]).toEqual([1, -1]);
});

test('what is kept at random is a matter of seed, source, site and part, and of the density’s share', () => {
  const at = (seed: number, index: number, path = 'p', part: 'delta' | 'lora_A' = 'delta') =>
    Array.from(keptAtRandom(seed, path, 0.3)(index, part, 100, 100), (value) => Number(value !== 0));
  const first = at(1, 0);
  expect(first).toEqual(at(1, 0));
  for (const other of [at(2, 0), at(1, 1), at(1, 0, 'q'), at(1, 0, 'p', 'lora_A')])
    expect(other).not.toEqual(first);
  const share = first.reduce((sum, kept) => sum + kept, 0) / first.length;
  expect(Math.abs(share - 0.3)).toBeLessThan(0.02);
});

import { expect, test } from 'vitest';
import { kMeans, silhouette } from '../../../src/lab/clustering.ts';
import { Directions, unit } from '../../../src/lab/directions.ts';

/** Directions around some axes, `each` of them in turn, so far apart that no grouping but one is right. */
function around(axes: number, each: number, width = 12, spread = 0.2): Float64Array[] {
  let seed = 7;
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return spread * (seed / 2 ** 32 - 0.5);
  };
  return Array.from({ length: axes * each }, (_, i) =>
    unit(Float64Array.from({ length: width }, (_, j) => (j === i % axes ? 1 : 0) + next())),
  );
}

test.each([2, 3, 5])('%i groups are found whatever the seed, numbered by their first member', (axes) => {
  const directions = around(axes, 12);
  for (const seed of [0, 1, 2]) {
    const groups = kMeans(directions, axes, seed);
    expect(groups).toEqual(directions.map((_, i) => i % axes));
  }
});

test('each is of the group whose mean it is nearest to, and the same seed gives the same', () => {
  const directions = around(4, 10, 6, 1.4);
  const groups = kMeans(directions, 3, 5);
  expect(kMeans(directions, 3, 5)).toEqual(groups);
  const mean = (group: number) => {
    const own = directions.filter((_, i) => groups[i] === group);
    return unit(own[0].map((_, j) => own.reduce((sum, one) => sum + one[j], 0)));
  };
  const means = [0, 1, 2].map(mean);
  directions.forEach((one, i) => {
    const cosines = means.map((m) => m.reduce((sum, value, j) => sum + value * one[j], 0));
    expect(cosines.indexOf(Math.max(...cosines))).toBe(groups[i]);
  });
});

test('more groups than there are directions leave some empty', () => {
  const [one] = around(1, 1);
  expect(kMeans([one, one, one], 2, 0)).toEqual([0, 0, 0]);
});

test('the silhouette is that of its definition', () => {
  const directions = around(3, 6, 8, 1);
  const groups = directions.map((_, i) => (i === 17 ? 3 : i % 3));
  const distance = (i: number, j: number) =>
    1 - directions[i].reduce((sum, value, at) => sum + value * directions[j][at], 0);
  const values = directions.map((_, i) => {
    const mean = (group: number) => {
      const others = [...directions.keys()].filter((j) => j !== i && groups[j] === group);
      return others.reduce((sum, j) => sum + distance(i, j), 0) / others.length;
    };
    const a = mean(groups[i]);
    if (Number.isNaN(a)) return 0;
    const b = Math.min(...[0, 1, 2, 3].filter((group) => group !== groups[i]).map(mean));
    return (b - a) / Math.max(a, b);
  });
  const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(silhouette(directions, groups)).toBeCloseTo(expected, 12);
  expect(silhouette(directions, groups.fill(0))).toBe(0);
  const same = [directions[0], directions[0]];
  expect(silhouette(same, [0, 1])).toBe(0);
});

test('directions are from the centre of the collection, and the centre has none', () => {
  const directions = new Directions([Float32Array.of(1, 2), Float32Array.of(5, 2)]);
  expect(directions.all.map((one) => [...one])).toEqual([
    [-1, 0],
    [1, 0],
  ]);
  expect([...directions.of(Float32Array.of(3, 2))]).toEqual([0, 0]);
  expect([...directions.of(Float32Array.of(3, 9))]).toEqual([0, 1]);
});

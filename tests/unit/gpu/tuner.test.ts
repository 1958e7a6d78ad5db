import { afterEach, expect, test, vi } from 'vitest';
import { tune } from '../../../src/gpu/tuner.ts';
import { siteOf, VirtualGpu } from './virtual-gpu.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const ROWS = 1024;

function tuningOf({ gpu, pipelines, scratch }: VirtualGpu, choices: Record<string, string> = {}) {
  return { gpu, pipelines, scratch, choices, rows: () => ROWS, slots: 1, trusted: () => true };
}

/** Sites of two operations, from large to small; the last variant is the fastest of one, the first of the other. */
function manySites(count: number) {
  return ['up', 'down'].flatMap((op) =>
    Array.from({ length: count }, (_, i) => siteOf(op, `${op} ${i}`, 1e7 / 1.5 ** i, ['a', 'b', 'c', 'd'])),
  );
}
const SPEED: Record<string, number> = { up: -0.2, down: 0.2 };
/** Milliseconds of a dispatch of such a site on a card that does `flopsPerSecond`. */
function costOn(flopsPerSecond: number) {
  return (label: string, rows: number) => {
    const [op, i, variant] = label.split(' ');
    const flops = (rows * 1e7) / 1.5 ** Number(i);
    return (1000 * flops * (1 + SPEED[op] * 'abcd'.indexOf(variant))) / flopsPerSecond;
  };
}

test('each site takes the variant that is fastest for it', async () => {
  const card = new VirtualGpu(costOn(1e13));
  const found = await tune(manySites(3), tuningOf(card));
  expect(found).toEqual({
    'up 0': 'd',
    'up 1': 'd',
    'up 2': 'd',
    'down 0': 'a',
    'down 1': 'a',
    'down 2': 'a',
  });
});

test.each([
  ['a fast card', 1e13],
  ['a slow card', 3e11],
  ['an old laptop', 2e10],
])('on %s all sites are decided within the time there is', async (_, speed) => {
  const card = new VirtualGpu(costOn(speed));
  const found = await tune(manySites(30), tuningOf(card));
  // All were compiled before, and the largest come first.
  expect(card.compiled).toHaveLength(240);
  expect(Object.keys(found)).toHaveLength(60);
  expect([...new Set(card.ran)].slice(0, 2)).toEqual(['up 0 a', expect.stringMatching(/29 a$/)]);
  // A run that has begun is not broken off.
  const longest = speed < 1e11 ? 2000 : 300;
  expect(card.now - 1000).toBeLessThan(2000 + longest);
  // What was not timed takes what won nearby.
  if (speed > 1e11) {
    expect(card.ran.some((label) => label === 'up 28 d')).toBe(false);
    expect(found['up 28']).toBe('d');
    expect(found['down 28']).toBe('a');
  }
});

test('an untimed site takes the winner of the same operation that computes most nearly as much', async () => {
  // The two large ones fill the time.
  const cost = (label: string, rows: number) => {
    if (!label.includes('large')) return rows * 0.001;
    return rows * (label.endsWith(label.startsWith('large') ? 'c' : 'b') ? 0.06 : 0.15);
  };
  const card = new VirtualGpu(cost);
  const sites = [
    siteOf('up', 'large', 1e6, ['a', 'b', 'c']),
    siteOf('up', 'less large', 1e4, ['a', 'b', 'c']),
    siteOf('up', 'small', 1e3, ['a', 'b', 'c']),
    siteOf('up', 'narrow', 1e3, ['a', 'c']),
    siteOf('down', 'other', 1e2, ['a', 'c']),
  ];
  const found = await tune(sites, { ...tuningOf(card), rows: () => 1000 });
  expect(found).toEqual({ large: 'c', 'less large': 'b', small: 'b', narrow: 'c', other: 'a' });
});

test('a site that several programs have is timed once', async () => {
  const card = new VirtualGpu(costOn(1e13));
  const [site] = manySites(1);
  await tune([site], tuningOf(card));
  const once = card.ran.length;
  card.ran.length = 0;
  await tune([site, site, site], tuningOf(card));
  expect(card.ran.length).toBeLessThan(1.5 * once);
});

test('of a large product no more rows are timed than a card computes in no time', async () => {
  const rowsRun = new Set<number>();
  const card = new VirtualGpu((_, rows) => {
    rowsRun.add(rows);
    return 0.1;
  });
  // A head of 128,256 words and 2,048 columns.
  await tune([siteOf('up', 'head', 5.25e8, ['a', 'b'])], tuningOf(card));
  expect([...rowsRun]).toEqual([128]);
});

test('where ends are heard too late to tell variants apart, the preferred ones stay', async () => {
  const card = new VirtualGpu(costOn(1e13), { heard: (end) => 100 * Math.ceil(end / 100 + 1e-9) });
  const found = await tune(manySites(10), tuningOf(card));
  expect(new Set(Object.values(found))).toEqual(new Set(['a']));
  expect(card.now - 1000).toBeLessThan(1000);
});

test('in software two variants of few rows compete, and no large product', async () => {
  const card = new VirtualGpu((label, rows) => (label.endsWith('a') ? 2 : 1) * rows * 0.1, {
    software: true,
  });
  const sites = [siteOf('up', 'head', 1e8, ['a', 'b', 'c']), siteOf('up', 'small', 1e4, ['a', 'b', 'c'])];
  expect(await tune(sites, tuningOf(card))).toEqual({ head: 'a', small: 'b' });
  expect(new Set(card.compiled)).toEqual(new Set(['small a', 'small b']));
});

import { describe, expect, test } from 'vitest';
import { onFrontier } from '../../../src/lab/frontier.ts';
import {
  type MergeOutcome,
  mergeReport,
  mergeSections,
  sweepScene,
} from '../../../src/lab/merging/report.ts';
import { sweepResult, sweepWeights, taskName } from '../../../src/lab/merging/sweep.ts';
import { scatterScene } from '../../../src/lab/scatter.ts';
import { wayOf } from '../../../src/merging/list.ts';

const outcome: MergeOutcome = {
  way: wayOf('sum'),
  sources: [
    { name: 'one', weight: 1, rank: 4 },
    { name: 'two', weight: -0.5, rank: 8 },
  ],
  rank: 8,
  errors: [
    { module: 'a', relative: 0.01 },
    { module: 'b', relative: 0.2 },
    { module: 'c', relative: 0.03 },
  ],
  parameters: 1000,
  bytes: 4e6,
  sweep: null,
};

describe('a sweep', () => {
  test('tries quarters for two, halves for more, eighths of a way, and never the base', () => {
    expect(sweepWeights(wayOf('sum'), 1)).toEqual([[0.25], [0.5], [0.75], [1]]);
    const two = sweepWeights(wayOf('ties'), 2);
    expect(two).toHaveLength(24);
    expect(two).toContainEqual([0.25, 1]);
    expect(two).not.toContainEqual([0, 0]);
    expect(sweepWeights(wayOf('sum'), 3)).toHaveLength(26);
    expect(sweepWeights(wayOf('slerp'), 2)).toHaveLength(9);
    expect(sweepWeights(wayOf('slerp'), 2)[3]).toEqual([0.625, 0.375]);
    expect(() => sweepWeights(wayOf('sum'), 5)).toThrow(/for 5 adapters is too many.*up to 4/);
  });

  test('knows its frontier and the least mean', () => {
    const points = [
      [1, 3],
      [2, 2],
      [3, 1],
      [2.5, 2],
      [2, 2],
      [3, 3],
    ];
    expect(onFrontier(points)).toEqual([true, true, true, false, true, false]);
    const sweep = sweepResult(
      ['x', 'y'],
      [4, 4],
      [
        { weights: [1, 0], losses: [1, 3.2] },
        { weights: [0.5, 0.5], losses: [1.5, 1.5] },
        { weights: [1, 1], losses: [1.6, 1.6] },
      ],
    );
    expect(sweep.points.map(({ on_frontier }) => on_frontier)).toEqual([true, true, false]);
    expect(sweep.best).toBe(1);
  });
});

describe('what a report of a merge says', () => {
  test('the size, the middle and the worst error, and the faults of the way', () => {
    const { findings, sections } = mergeSections(outcome);
    expect(findings[0]).toBe(
      'one (1), two (−0.5) became one adapter of rank 8 by sum: 1,000 values, 4.0 MB.',
    );
    expect(findings[1]).toBe(
      'The matrices are 3.0 % from what sum computes at the median and 20 % at most (b), as ‖stored − exact‖ / ‖exact‖.',
    );
    expect(sections.at(-1)!.table!.rows).toContainEqual(['b', '0.2000']);
    const linear = mergeSections({ ...outcome, way: wayOf('peft-linear') });
    expect(linear.findings[1]).toContain('from the weighted sum');
    expect(linear.findings.join(' ')).toContain('each A with each other B');
  });

  test('what cat costs beside a sum, and that nothing is lost', () => {
    const { findings } = mergeSections({
      ...outcome,
      way: wayOf('cat'),
      rank: 12,
      errors: [{ module: 'a', relative: 3e-8 }],
    });
    expect(findings[0]).toContain('As a sum of rank 8 it would take 2.7 MB');
    expect(findings[1]).toBe(
      'Nothing is lost but rounding: no matrix is farther than 3.0e-8 from what cat computes.',
    );
  });

  test('an error that cannot be said is none, and not 0', () => {
    const errors = [{ module: 'a', relative: null }];
    const { findings, sections } = mergeSections({ ...outcome, errors });
    expect(findings[1]).toMatch(/^The exact change of every matrix is 0 and what is stored is not/);
    expect(sections.at(-1)!.table!.rows).toEqual([['a', null]]);
  });

  test('the weights that were tried, the base, and a picture of each pair of tasks', () => {
    const sweep = sweepResult(
      ['poems', 'bills', 'third'],
      [4, 4, 4],
      [
        { weights: [1, 0.5], losses: [1, 2, 3] },
        { weights: [0, 1], losses: [2, 3, 4] },
      ],
    );
    const { findings, sections } = mergeSections({ ...outcome, sweep });
    expect(findings[2]).toMatch(
      /^Of 2 combinations of weights 1 is on the frontier\. The weights 1, 0\.5 have the least mean loss, 2\.0000: poems 1\.0000 \(base 4\.0000\), bills .*chosen on these rows/,
    );
    const tried = sections.find(({ title }) => title === 'Weights that were tried')!;
    expect(tried.table!.rows).toEqual([
      ['base', '4.0000', '4.0000', '4.0000', '4.0000', ''],
      ['1, 0.5', '1.0000', '2.0000', '3.0000', '2.0000', 'yes, and written'],
      ['0, 1', '2.0000', '3.0000', '4.0000', '3.0000', ''],
    ]);
    expect(sections.filter(({ chart }) => chart).map(({ title }) => title)).toEqual([
      'poems and bills',
      'poems and third',
      'bills and third',
    ]);
    const scene = sweepScene(sweep, [0, 2]);
    expect(scene.lines.filter(({ fill }) => fill)).toHaveLength(2);
    expect(scene.words.map(({ text }) => text)).toContain('Loss on third');
  });

  test('says of the whole what the command and the page both write', () => {
    const facts = {
      model: 'm',
      density: 0.5,
      seed: 3,
      maxLength: 64,
      versions: {},
      command: 'c',
      created: '',
    };
    const sweep = sweepResult([taskName('poems.held.jsonl')], [4], [{ weights: [1, 0], losses: [1] }]);
    const report = mergeReport({ ...outcome, sweep }, facts);
    expect(Object.fromEntries(report.settings)).toMatchObject({
      ...{ Model: 'm', Density: '0.5', 'Held-out rows': 'poems.held', 'Max length': '64 tokens' },
    });
    expect(report.seeds).toEqual({ 'Dropped values': 3 });
    const without = mergeReport({ ...outcome, sweep: null }, { ...facts, density: null, seed: null });
    expect(without.settings.map(([name]) => name)).toEqual(['Model', 'Adapters', 'Way', 'Rank']);
    expect(without.seeds).toEqual({});
  });
});

test('a scatter draws every point inside its frame and joins the frontier, for a single one too', () => {
  const point = (x: number, y: number, more = {}) => ({ x, y, label: `${x}`, onFrontier: false, ...more });
  const points = [
    point(1, 3, { onFrontier: true }),
    point(2, 2, { onFrontier: true, chosen: true }),
    point(3, 3),
  ];
  const { lines, words } = scatterScene(points, { x: 'left', y: 'right' });
  expect(lines.filter(({ fill }) => fill)).toHaveLength(3);
  expect(lines.filter(({ path }) => /^M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/.test(path))).toHaveLength(1);
  for (const name of ['left', 'right', '1', '2']) expect(words.map(({ text }) => text)).toContain(name);
  for (const { path } of lines)
    for (const [, x, y] of path.matchAll(/M(-?[\d.]+) (-?[\d.]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(900);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(460);
    }
  expect(JSON.stringify(scatterScene([point(1, 1)], { x: 'x', y: 'y' }))).not.toMatch(/NaN|Infinity|null/);
});

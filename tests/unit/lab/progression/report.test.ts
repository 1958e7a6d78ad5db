import { expect, test } from 'vitest';
import { frontierResult } from '../../../../src/lab/progression/points.ts';
import { frontierSections } from '../../../../src/lab/progression/report.ts';
import { point } from './measured.ts';

const measured = [
  point('small', 'q4', 12, { memory_bytes: 20e6 }),
  point('small', 'f16', 22),
  point('large', 'q8', 23, { memory_bytes: 900e6, bytes: 270e6, seconds: 400 }),
];
const skipped = [{ model: 'huge', dtype: 'f16', reason: 'It does not fit.' }];
const about = { metric: 'answers' as const, removed: 1, left: 0 };

test('the report has each figure, each cost as a chart, and says what was left out', () => {
  const result = frontierResult(measured, skipped, { enough: null, seed: 0 });
  const { findings, sections } = frontierSections(result, about);
  expect(findings).toEqual([result.reason]);
  expect(sections.map(({ title }) => title)).toEqual([
    ...['Points', 'Memory', 'Training time', 'Download', 'What else was measured'],
  ]);
  const [points, memory, , , others] = sections;
  expect(points.table?.rows[0].slice(0, 2)).toEqual(['small in q4', '50.0 %']);
  expect(points.table?.rows[1].slice(-4)).toEqual(['30.0', '32.0', '11.0', 'yes, and chosen']);
  expect(others.table?.rows[1].slice(-3)).toEqual(['0.500', '0.100', '0.140 → 0.150']);
  const text = points.text!.join('\n');
  expect(text).toMatch('huge in f16 was not measured: It does not fit.');
  expect(text).toMatch('1 training row that asked what a held-out row asks was left out of training.');
  expect(text).not.toMatch('not looked at');
  expect(frontierSections(result, { ...about, left: 2 }).sections[0].text!.join()).toMatch(
    '2 dearer points were not looked at.',
  );
  const fewer = measured.map((one, i) => ({ ...one, rows: one.rows.slice(i) }));
  const [shorter] = frontierSections(
    frontierResult([...fewer, point('small', 'nf4', 9, { untrained: true })], [], { enough: null, seed: 0 }),
    about,
  ).sections;
  expect(shorter.text!.join('\n')).toMatch('answered the same 22 held-out rows');
  expect(shorter.text!.join('\n')).toMatch(
    '2 held-out rows (lines 1, 2) could not be asked of every model, and are left out of all figures.',
  );
  expect(shorter.text!.join('\n')).toMatch('What is called untrained answered as it is');
  expect(shorter.table!.rows[3][0]).toBe('small in nf4, untrained');
  const words = memory.chart!.scene.words.map(({ text: word }) => word);
  expect(words).toEqual(expect.arrayContaining(['small in f16', 'Memory of training, MB', '50', '500']));
  // Of points at one place the names are in one line.
  const alike = frontierResult([point('/a/b', 'q4', 12), point('/a/b', 'q8', 12)], [], {
    enough: null,
    seed: 0,
  });
  const [, , , there] = frontierSections(alike, about).sections;
  expect(there.chart!.scene.words.map(({ text: word }) => word)).toContain('b in q4, b in q8');
  // An interval stands beside each point.
  expect(
    memory.chart!.scene.lines.filter(({ path }) => /^M[\d.]+ [\d.]+V[\d.]+$/.test(path)),
  ).not.toHaveLength(0);
});

test('a cost that is not known of two points at least has no chart, and one point none', () => {
  const unknown = measured.map((one) => ({ ...one, memory_bytes: null }));
  const result = frontierResult(unknown, [], { enough: null, seed: 0 });
  expect(frontierSections(result, about).sections.map(({ title }) => title)).not.toContain('Memory');
  expect(result.points[0].memory_bytes).toBeNull();
  const one = frontierResult(measured.slice(0, 1), [], { enough: null, seed: 0 });
  expect(frontierSections(one, about).sections.map(({ title }) => title)).toEqual([
    ...['Points', 'What else was measured'],
  ]);
});

import { expect, test } from 'vitest';
import type { Judged } from '../../../../src/data/metric.ts';
import type { MadeRows } from '../../../../src/lab/distillation/made.ts';
import { type Contender, distilResult, distilSections } from '../../../../src/lab/distillation/report.ts';
import { row } from './asked.ts';

const judged = (right: number): Judged[] =>
  Array.from({ length: 24 }, (_, i) => ({ right: i < right ? 1 : 0, of: 1 }));
const contender = (who: Contender['who'], right: number, more: Partial<Contender> = {}): Contender => ({
  ...{ who, rows: judged(right), loss: 0.5, parameters: 2.5e6, tokens_per_second: 300 },
  ...{ trained_on: 36, train_seconds: 20, memory_bytes: 30e6, ...more },
});
const teacher = contender('teacher', 20, {
  ...{ parameters: 5e6, tokens_per_second: 150, trained_on: null, train_seconds: null, memory_bytes: null },
});
const made: MadeRows = {
  kept: [{ turns: row('new', '').turns, answer: 'said' }],
  left: [{ reason: 'cut', turns: row('other', '').turns, answer: 'sai' }],
  dropped: { empty: 0, cut: 1, repeated: 0, near_held_out: 0, looping: 0, not_json: 0 },
};
const about = {
  ...{ metric: 'answers' as const, heldOut: 24, removed: 2, steps: 90, answersOnly: null, made },
};
const by = { objective: 'distil', seed: 0 };
const result = (small: number, larger: number) =>
  distilResult(
    [teacher, contender('student-small', small), contender('student-larger', larger, { trained_on: 37 })],
    made,
    by,
  );

test('the table has the keys of the contract, and the gain is paired', () => {
  const { table, gain, rows_made, rows_kept, dropped, objective } = result(8, 18);
  expect(table.map(({ who }) => who)).toEqual(['teacher', 'student-small', 'student-larger']);
  expect(table[2]).toMatchObject({ metric: 0.75, parameters: 2.5e6, tokens_per_second: 300, trained_on: 37 });
  expect(table[2].interval[0]).toBeLessThan(0.75);
  expect(table[0]).not.toHaveProperty('rows');
  expect([rows_made, rows_kept, dropped.cut, objective]).toEqual([2, 1, 1, 'distil']);
  expect(gain.metric).toBeCloseTo(10 / 24);
  expect(gain.interval[0]).toBeGreaterThan(0);
  expect(gain.p_value).toBeLessThan(0.01);
});

test('the report says whether the made rows helped, and how small the student is', () => {
  const helped = distilSections(result(8, 18), about);
  expect(helped.findings[0]).toMatch(
    /^With 1 made row the student comes to 75\.0 % on 24 held-out rows, without them to 33\.3 %: the made rows help \(\+41\.7 points, 95 % from \+\d/,
  );
  expect(helped.findings[1]).toBe(
    'The student has 50.0 % of the teacher’s parameters and makes 2.00 times as many tokens a second; the teacher itself comes to 83.3 %.',
  );
  expect(distilSections(result(18, 8), about).findings[0]).toMatch('the made rows harm (−41.7 points');
  expect(distilSections(result(9, 10), about).findings[0]).toMatch('no measurable difference (+4.2 points');
});

test('it shows why rows were left out, the first that were kept, and what the student had to learn from', () => {
  const { sections } = distilSections(result(8, 18), about);
  expect(sections.map(({ title }) => title)).toEqual([
    'Teacher and student',
    'Made rows',
    'The first of them',
  ]);
  expect(sections[0].text!.join('\n')).toMatch('2 rows that asked what a held-out row asks were left out.');
  expect(sections[0].text!.join('\n')).toMatch(
    'the teacher’s probabilities of each token beside the answers',
  );
  expect(sections[0].table!.rows[0].slice(-3)).toEqual([null, null, null]);
  expect(sections[1].table!.rows[1]).toEqual([
    'the question or the answer did not end within its tokens',
    '1',
  ]);
  expect(sections[2].table!.rows).toEqual([['new', 'said']]);
  const only = distilSections(result(8, 18), { ...about, answersOnly: 'The teacher has another tokenizer.' });
  expect(only.sections[0].text!.join('\n')).toMatch(
    'learned from answers alone: The teacher has another tokenizer.',
  );
});

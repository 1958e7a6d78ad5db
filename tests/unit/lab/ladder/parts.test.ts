import { expect, test } from 'vitest';
import type { RungRow } from '../../../../src/lab/ladder/measure.ts';
import { goodEnough, partsOf } from '../../../../src/lab/ladder/parts.ts';
import { ladderResult, ladderSections } from '../../../../src/lab/ladder/report.ts';
import { rung } from './measured.ts';

function rows(
  given: readonly (readonly [prompt: string, reference: string, answer: string | null, right: number])[],
) {
  return given.map(
    ([prompt, reference, answer, right], i): RungRow => ({
      ...{ line: i + 1, prompt, reference, answer, right, of: 1 },
      ...{ prompt_tokens: 9, loss_sum: 1, loss_tokens: 2 },
    }),
  );
}

test('by label, the worst first, whatever its case', () => {
  const parts = partsOf(
    rows([
      ['a', 'Yes', 'yes', 1],
      ['b', 'yes', 'no', 0],
      ['c', 'no', 'no', 1],
      ['d', 'no', 'no', 1],
      ['e', 'maybe', 'no', 0],
      ['f', 'maybe', null, 0],
    ]),
    null,
    0,
  );
  expect(parts.map(({ by, part, rows: count, metric }) => [by, part, count, metric])).toEqual([
    ['label', 'maybe', 2, 0],
    ['label', 'yes', 2, 0.5],
    ['label', 'no', 2, 1],
  ]);
  expect(parts[0].interval).toEqual([0, 0]);
  expect(parts[1].interval).toEqual([0, 1]);
});

test('by field of JSON: each counts by itself, over the rows that have it', () => {
  const parts = partsOf(
    rows([
      ['a', '{"city": "Oslo", "n": {"x": 1, "y": 2}}', '{"n": {"y": 2, "x": 1}, "city": "Rome"}', 0],
      ['b', '{"city": "Rome"}', '{"city": "Rome", "more": 1}', 0],
      ['c', '{"city": "Lima", "n": null}', 'no JSON', 0],
      ['d', '{"city": "Lima", "constructor": 1}', '{"city": "Lima"}', 0],
    ]),
    null,
    0,
  );
  expect(parts.map(({ by, part, rows: count, metric }) => [by, part, count, metric])).toEqual([
    ['field', 'constructor', 1, 0],
    ['field', 'city', 4, 0.5],
    ['field', 'n', 2, 0.5],
  ]);
});

test('by kind where kinds were found, and by thirds of the length of the question', () => {
  const given = rows(
    Array.from({ length: 12 }, (_, i) => [
      'x'.repeat(i + 1),
      'a reference that is no label, since each is another: '.concat(String(i)),
      'an answer',
      i < 4 ? 1 : 0,
    ]),
  );
  const parts = partsOf(given, { names: ['one', 'two'], heldOut: given.map((_, i) => (i < 6 ? 0 : 1)) }, 0);
  expect(parts.map(({ by, part, rows: count, metric }) => [by, part, count, metric])).toEqual([
    ['kind', 'two', 6, 0],
    ['length', '5 to 8 characters', 4, 0],
    ['length', 'more than 8 characters', 4, 0],
    ['kind', 'one', 6, 4 / 6],
    ['length', 'up to 4 characters', 4, 1],
  ]);
  // One part is no part.
  expect(
    partsOf(given, { names: ['one'], heldOut: given.map(() => 0) }, 0).map(({ by }) => by),
  ).not.toContain('kind');
  expect(partsOf(given.slice(0, 8), null, 0)).toEqual([]);
});

test('where a rung is good enough, nothing is taken apart', () => {
  const [low, high] = [rung('base', 6), rung('tuned', 22)];
  expect(goodEnough([low], 'labels')).toBe(false);
  expect(goodEnough([low, high], 'labels')).toBe(true);
  expect(goodEnough([rung('tuned', 15)], 'words')).toBe(true);
  expect(goodEnough([rung('tuned', 15)], { expression: 'answer == reference' })).toBe(false);
  const good = ladderResult([low, high], [], 0, { metric: 'labels', kinds: null });
  expect([good.parts, good.parts_rung]).toEqual([[], null]);
});

test('the report has the worst parts of the best rung first, and what each adapter was trained on', () => {
  const kinds = {
    names: ['refund, order', 'colour'],
    heldOut: Array.from({ length: 24 }, (_, i) => (i < 10 ? 0 : 1)),
  };
  const adapters = [
    { kind: 'refund, order', training: 20, heldOut: 10 },
    { kind: 'colour', training: 18, heldOut: 14 },
  ];
  const measured = [
    rung('base', 4),
    {
      ...rung('apart', 9, { adapters }),
      train_seconds: 5,
      memory_bytes: 2e6,
      elsewhere_before: 1,
      elsewhere_after: 2,
    },
  ];
  const result = ladderResult(measured, [], 0, { metric: 'labels', kinds });
  expect(result.parts_rung).toBe('apart');
  expect(result.parts[0]).toMatchObject({ by: 'kind', part: 'colour', rows: 14, metric: 0 });
  expect(result.rungs.map((one) => one.adapters)).toEqual([null, adapters]);
  expect(result.rungs[1]).toMatchObject({ train_seconds: 5, elsewhere_after: 2 });
  const about = { metric: 'labels' as const, heldOut: 24, removed: { rows: 0, passages: 0 } };
  const { sections } = ladderSections(result, measured, about);
  expect(sections.map(({ title }) => title)).toEqual([
    ...['Rungs', 'Taken apart', 'One adapter for each part', 'Answers'],
  ]);
  expect(sections[1].table?.rows[0]).toEqual(['Kind of question', 'colour', '14', '0.0 %', '0.0 % to 0.0 %']);
  expect(sections[2].table?.rows).toEqual([
    ['refund, order', '20', '10'],
    ['colour', '18', '14'],
  ]);
  const without = ladderSections(ladderResult(measured.slice(0, 1), [], 0), measured.slice(0, 1), about);
  expect(without.sections.map(({ title }) => title)).toEqual(['Rungs', 'Answers']);
});

import { expect, test } from 'vitest';
import { ladderResult, ladderSections } from '../../../../src/lab/ladder/report.ts';
import { rung } from './measured.ts';

const measured = [
  rung('base', 2),
  rung('examples', 5, {
    k: 5,
    tried: [
      { k: 1, metric: 0.1 },
      { k: 5, metric: 0.5 },
    ],
  }),
  {
    ...rung('tuned', 22),
    train_seconds: 12.3,
    memory_bytes: 34e6,
    elsewhere_before: 2,
    elsewhere_after: 2.25,
  },
];
measured[1].rows[3].fewer = 2;
measured[2].rows[0].answer = null;
const skipped = [{ name: 'prompt' as const, reason: 'no instruction was given' }];

test('a rung has the keys of the contract, and null where nothing can be known', () => {
  const { rungs, recommendation } = ladderResult(measured, skipped, 0);
  expect(rungs[0]).toMatchObject({
    ...{ name: 'base', k: null, metric: 2 / 24, p_value: null, loss: 0.5, prompt_tokens: 10 },
    ...{ train_seconds: null, memory_bytes: null, elsewhere_before: null, elsewhere_after: null },
  });
  expect(rungs[0].answer_seconds).toBeCloseTo(0.1);
  expect(rungs[1]).toMatchObject({ k: 5, p_value: 0.25, with_fewer: 1, unanswered: 0 });
  expect(rungs[2]).toMatchObject({
    train_seconds: 12.3,
    memory_bytes: 34e6,
    elsewhere_after: 2.25,
    unanswered: 1,
  });
  const [from, to] = rungs[2].interval;
  expect(from).toBeLessThan(22 / 24);
  expect(to).toBeGreaterThan(22 / 24);
  expect(recommendation.rung).toBe('tuned');
});

test('without the base there is nothing to compare with', () => {
  expect(ladderResult(measured.slice(1), [], 0).rungs.map(({ p_value }) => p_value)).toEqual([null, null]);
});

test('the report shows every figure, what was left out and how k was chosen', () => {
  const result = ladderResult(measured, skipped, 0);
  const about = { metric: 'labels' as const, heldOut: 24, removed: { rows: 3, passages: 1 } };
  const { sections, findings } = ladderSections(result, measured, about);
  expect(findings).toEqual([result.recommendation.reason]);
  const [rungs, chosen, answers] = sections;
  expect(rungs.table?.rows.map((row) => row.slice(0, 4))).toEqual([
    ['Base', null, null, '8.3 %'],
    ['Examples', null, '5', '20.8 %'],
    ['Tuned', null, null, '91.7 %'],
  ]);
  expect(rungs.table?.rows[2].slice(-3)).toEqual(['12.3', '34.0', '2.000 → 2.250']);
  const text = rungs.text?.join('\n');
  expect(text).toMatch(
    'left out were 3 training rows that asked what one of them asks, and 1 passage in which one stood',
  );
  expect(text).toMatch('Prompt was not measured: no instruction was given');
  expect(text).toMatch('Examples: 1 row had no room');
  expect(text).toMatch('Tuned: 1 row left no room for an answer');
  expect(chosen.table?.rows).toEqual([
    ['Examples', null, '1', '10.0 %'],
    ['Examples', null, '5', '50.0 %'],
  ]);
  expect(answers.table?.rows[0]).toEqual(['question 0', 'yes', 'yes', 'yes', null]);
});

test('the report says how rows and passages were found', () => {
  const tried = [
    { k: 1, search: 'bm25' as const, metric: 0.3 },
    { k: 1, search: 'states' as const, metric: 0.4 },
  ];
  const searched = [
    rung('retrieval', 10, { k: 1, search: 'states', tried }),
    rung('documents', 9, { k: 1, search: 'bm25', unread: 2001 }),
  ];
  const result = ladderResult(searched, [], 0);
  expect(result.rungs.map(({ search, unread }) => [search, unread])).toEqual([
    ['states', null],
    ['bm25', 2001],
  ]);
  const about = { metric: 'labels' as const, heldOut: 24, removed: { rows: 0, passages: 0 } };
  const [rungs, chosen] = ladderSections(result, searched, about).sections;
  expect(rungs.table?.rows.map((row) => row.slice(0, 3))).toEqual([
    ['Retrieval', 'States', '1'],
    ['Documents', 'BM25', '1'],
  ]);
  expect(chosen.table?.rows).toEqual([
    ['Retrieval', 'BM25', '1', '30.0 %'],
    ['Retrieval', 'States', '1', '40.0 %'],
  ]);
  expect(rungs.text?.join('\n')).toMatch('Documents: 2001 texts are more than the 2000 that the model reads');
});

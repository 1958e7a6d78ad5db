import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { TakenApart } from '../../../../src/app/ladder/apart.tsx';
import type { Measured } from '../../../../src/app/ladder/measured.ts';
import { metricProblem } from '../../../../src/app/ladder/metric.tsx';
import { ladderResult } from '../../../../src/lab/ladder/report.ts';
import { rung } from '../../lab/ladder/measured.ts';

const KINDS = {
  ...{ names: ['oslo', 'shoes'], by: 'words' as const, training: [20, 16] },
  heldOut: Array.from({ length: 24 }, (_, i) => i % 2),
};
const rungs = [rung('base', 2), rung('tuned', 6)];

function shown(more: Partial<Measured>): string {
  const kept = { rungs, kinds: KINDS, apart: null, ...more } as Measured;
  const result = ladderResult(kept.rungs, [], 0, { metric: 'labels', kinds: kept.kinds ?? null });
  return renderToStaticMarkup(<TakenApart kept={{ ...kept, result }} />)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

test('where no rung is good enough, its parts stand below it, and what an adapter for each would be', () => {
  const text = shown({});
  expect(text).toMatch('No rung is good enough. Tuned is the best');
  expect(text).toMatch(/Kind of question oslo 25 % 0–50 12/);
  expect(text).toMatch('2 kinds of questions, known by these words: oslo (20 rows); shoes (16 rows).');
  expect(text).toMatch('Train one adapter for each kind');
  expect(shown({ kinds: null })).toMatch(/too few, or too much of one kind, .*question\. $/);
});

test('once they are trained, each says what it is for', () => {
  const adapters = [
    { kind: 'oslo', training: 20, heldOut: 12 },
    { kind: 'shoes', training: 16, heldOut: 1 },
  ];
  const good = [...rungs, { ...rung('apart', 23), adapters }];
  const adapter = { name: 'oslo', files: [], training: {} as never, note: null };
  const text = shown({ rungs: good, apart: [adapter] });
  expect(text).not.toMatch('No rung is good enough');
  expect(text).toMatch('Adapter 1 oslo: trained on 20 rows, answers 12 held-out rows Open');
  expect(text).toMatch(/shoes: trained on 16 rows, answers 1 held-out row $/);
  expect(shown({ rungs: [rung('base', 24)] })).toBe('');
});

test.each([
  ['', null],
  ['exact', null],
  ['contains(answer, reference)', null],
  ['answers', /must be one of label, exact/],
  ['contains(answer', /./],
  ['reference == "a"', /says nothing of answer/],
])('the metric %j can be used: %s', (metric, problem) => {
  if (problem === null) expect(metricProblem(metric)).toBeNull();
  else expect(metricProblem(metric)).toMatch(problem);
});

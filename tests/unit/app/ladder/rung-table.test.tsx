import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { LadderAnswers } from '../../../../src/app/ladder/answers.tsx';
import { RungTable } from '../../../../src/app/ladder/rung-table.tsx';
import { ladderResult } from '../../../../src/lab/ladder/report.ts';
import { rung } from '../../lab/ladder/measured.ts';

const measured = [
  rung('base', 0),
  rung('documents', 20, { k: 1 }),
  {
    ...rung('tuned', 2),
    ...{ train_seconds: 32, memory_bytes: 12e6, elsewhere_before: 0.144, elsewhere_after: 0.152 },
  },
];
const skipped = [{ name: 'prompt' as const, reason: 'no instruction was given' }];
const text = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('a rung has its figure, its interval as a bar, and what it costs; the others say why not', () => {
  const { rungs } = ladderResult(measured, skipped, 0);
  const html = renderToStaticMarkup(
    <RungTable
      rungs={rungs}
      skipped={skipped}
      chosen="documents"
      metric="Labels right"
      now="retrieval"
      apart={false}
    />,
  );
  expect(text(html)).toMatch(/Rung Labels right p Loss Base/);
  expect(text(html)).toMatch(
    /Documents recommended 83 % 67–96 &lt; 0.001 0.500 k = 1 10 tokens of prompt 0.1 s an answer/,
  );
  expect(text(html)).toMatch('0.1 s an answer training 32 s, 12 MB loss on general text 0.144 → 0.152');
  expect(text(html)).toMatch('Prompt Not measured: no instruction was given');
  expect(text(html)).toMatch('Retrieval measuring… ');
  expect(html.match(/data-chosen/g)).toHaveLength(1);
  expect(html).toMatch(/width:83\.3+\d*%/);
});

test('answers stand beside the right one, and what is right is marked in words too', () => {
  const html = renderToStaticMarkup(<LadderAnswers rungs={measured} marked />);
  expect(text(html)).toMatch(/question 0 Right yes Base no Documents yes ✓ right Tuned yes ✓ right/);
  expect(html.match(/<article/g)).toHaveLength(3);
  expect(text(html)).toMatch('More answers');
  // A style has no right answer.
  expect(renderToStaticMarkup(<LadderAnswers rungs={measured} marked={false} />)).not.toContain('✓');
});

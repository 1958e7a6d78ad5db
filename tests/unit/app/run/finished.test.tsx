import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { Finished } from '../../../../src/app/run/finished.tsx';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useApp } from '../../../../src/app/state/store.ts';

const before = useApp.getInitialState();
afterEach(() => void Object.assign(before, { run: EMPTY_RUN }));

test('the objective’s figures stay in sight when the run has ended', () => {
  expect(renderToStaticMarkup(<Finished />)).not.toContain('>Margin</h2>');
  const run = {
    ...EMPTY_RUN,
    state: 'finished' as const,
    steps: 2,
    figures: [{ key: 'margin', label: 'Margin', better: 'higher' as const }],
    series: {
      ...EMPTY_RUN.series,
      step: [1, 2],
      loss: [1, 1],
      smooth: [1, 1],
      figures: { margin: [0, 0.75] },
    },
  };
  Object.assign(before, { run });
  expect(renderToStaticMarkup(<Finished />)).toMatch(/>Margin<\/h2><span[^>]*>0\.75</);
});

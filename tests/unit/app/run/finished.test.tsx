import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { Finished } from '../../../../src/app/run/finished.tsx';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useApp } from '../../../../src/app/state/store.ts';
import type { RunSummary } from '../../../../src/worker/api/api.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

const before = useApp.getInitialState();
afterEach(() => void Object.assign(before, { run: EMPTY_RUN }));

test('the objective’s figures stay in sight when the run has ended', () => {
  expect(renderToStaticMarkup(<Finished />)).not.toContain('>Margin</button>');
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
  expect(renderToStaticMarkup(<Finished />)).toMatch(/>Margin<\/button><\/h2><span[^>]*>0\.75</);
});

test('what the run has learned stands first, in a sentence, and the losses beside it', () => {
  const run = {
    ...EMPTY_RUN,
    state: 'finished' as const,
    ...{ step: 2, steps: 2 },
    summary: {
      ...{ method: 'lora', objective: 'sft', trainable_parameters: 86_016, parameters: 5_520_000 },
      ...{ eval: { rows: 28, loss_before: 5.832, loss_after: 2.631, best_step: 2 } },
      ...{ seconds: 30, steps: 2, stopped: false },
    } as unknown as RunSummary,
  };
  Object.assign(before, { run });
  const text = renderToStaticMarkup(<Finished />).replace(/<[^>]*>/g, '');
  const place = (part: string) => text.indexOf(part);
  const sentence = place(
    'On rows it never saw, the right next piece now gets a chance of 1 in 14; before, 1 in 340.',
  );
  expect(sentence).toBeGreaterThan(0);
  expect(place('86,016 numbers moved; ')).toBeGreaterThan(sentence);
  expect(place('Held-out loss5.832 → 2.631')).toBeGreaterThan(place('86,016 numbers moved; '));
});

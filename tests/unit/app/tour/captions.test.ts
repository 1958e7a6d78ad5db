import { expect, test } from 'vitest';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { captionOf } from '../../../../src/app/tour/captions.ts';
import { CAPTIONS } from '../../../../src/app/tour/progress.ts';
import type { RunSummary } from '../../../../src/worker/api/api.ts';

const summary = { trainable_parameters: 86_016, parameters: 5_520_000, stopped: false } as RunSummary;
const run = {
  ...EMPTY_RUN,
  state: 'finished' as const,
  step: 96,
  held: { step: [0, 48], loss: [5.8, 3], rows: 28 },
  best: { step: 96, loss: 2.6 },
  summary,
};
const parts = {
  run,
  settings: { keep: null, method: 'lora' as const, init: 'default' as never },
  objective: 'sft' as const,
  going: true,
};

test('five sentences, each of them one', () => {
  const texts = CAPTIONS.map((id) => captionOf(id, parts));
  expect(texts).toHaveLength(5);
  for (const text of texts) {
    expect(text).toMatch(/^\p{Lu}[^.]*(\.\d[^.]*)*\.$/u);
    // What the row holds on a phone.
    expect(text.length).toBeLessThanOrEqual(170);
  }
});

test('Train is asked for until it was pressed', () => {
  expect(captionOf('train', { ...parts, going: false })).toMatch(/^Press Train: it moves only a small set/);
  expect(captionOf('train', parts)).toMatch(/^Training moves only a small set/);
});

test('what a falling loss means depends on the objective', () => {
  const said = (objective: typeof parts.objective | 'dpo' | 'kto' | 'distil' | 'bake') =>
    captionOf('loss', { ...parts, objective });
  expect(said('sft')).toContain('surprises the model less');
  expect(said('dpo')).toContain('prefers the better answers');
  expect(said('kto')).toContain('good answers from bad ones');
  expect(said('distil')).toContain('nearer to its teacher');
  expect(said('bake')).toContain('with the prompt');
});

test('figures are those of the run', () => {
  expect(captionOf('heldOut', parts)).toContain('28 rows that training never sees');
  expect(captionOf('adapter', parts)).toContain('a file of 344 kB');
});

test('a stop is no finish, and an adapter that learned nothing says so', () => {
  const stopped = { ...run, summary: { ...summary, stopped: true } };
  expect(captionOf('adapter', { ...parts, run: stopped })).toMatch(/^Stopped: /);
  const worse = { ...run, best: { step: 0, loss: 1 }, summary: { ...summary, eval: {} } as RunSummary };
  expect(captionOf('adapter', { ...parts, run: worse })).toContain('no step lowered the held-out loss');
});

import { expect, test } from 'vitest';
import { suggestions } from '../../../../src/app/actions/next.ts';
import { chosenQuestions } from '../../../../src/app/actions/questions.ts';
import type { Preset } from '../../../../src/app/state/presets.ts';
import type { SampleInfo } from '../../../../src/app/state/samples.ts';
import type { RowPreview } from '../../../../src/data/types.ts';

const samples = ['pirate.jsonl', 'extract.jsonl', 'classify.jsonl'].map((file) => ({ file }) as SampleInfo);
const labels = (
  open: string | null,
  from = samples,
  written = false,
  preset: Preset['id'] | null = 'quick',
) => suggestions({ open, written, samples: from, preset }).map(({ label }) => label);

test('three things come next, each with a reason, and none is what has just been done', () => {
  const usual = ['Write ten examples of your own', 'Sort messages', 'Train with Thorough'];
  expect(labels('pirate.jsonl')).toEqual(usual);
  expect(labels(null)).toEqual(usual);
  expect(labels(null, samples, false, 'thorough')).toEqual([
    ...usual.slice(0, 2),
    'See what the learning rate does',
  ]);
  expect(labels('classify.jsonl')).toEqual([usual[0], 'Turn sentences into JSON', usual[2]]);
  for (const { reason } of [
    ...suggestions({ open: null, written: false, samples, preset: null }),
    ...suggestions({ open: null, written: false, samples, preset: 'thorough' }),
  ])
    expect(reason).toMatch(/^\p{Lu}.*\.$/u);
});

test('after rows that were typed, more of them and a sample of one tone', () => {
  expect(labels(null, samples, true)).toEqual(['Write more examples', 'Sort messages', 'Talk like a pirate']);
});

test('a sample that is not there is not offered', () => {
  expect(labels(null, [])).toEqual(['Write ten examples of your own', 'Train with Thorough']);
});

test('questions to try are short, differ, and are not in sight already', () => {
  const rows = [
    'What is a very long river?',
    'Asked already',
    '',
    'x'.repeat(300),
    'Why?',
    ' Why? ',
    'How come?',
  ];
  const previews = rows.map((question) => ({ question }) as RowPreview);
  expect(chosenQuestions(previews, ['Asked already'])).toEqual([
    'Why?',
    'How come?',
    'What is a very long river?',
  ]);
});

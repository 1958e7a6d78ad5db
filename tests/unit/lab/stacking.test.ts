import { expect, test } from 'vitest';
import { stackSections } from '../../../src/lab/stacking/report.ts';

const outcome = {
  layers: 4,
  from: [0, 1, 1, 2],
  files: [{ path: 'model.safetensors', bytes: 2e6 }],
  loss_base: 2,
  loss_before: 3.5,
  loss_healed: 2.25,
};

test('a report of a stack says what it became, and that healed is not yet as good', () => {
  const { findings, sections } = stackSections(outcome);
  expect(findings).toEqual([
    'A model of 4 layers was written, 1 a repetition of another: 2.00 MB.',
    'As it was stacked its loss is 3.5000, that of the model that it was made of 2.0000.',
    'Healed by an adapter, it is 2.2500. That is still worse than the model that it was made of.',
  ]);
  expect(sections[1].table!.rows).toEqual([
    ['0', '0'],
    ['1', '1'],
    ['2', '1'],
    ['3', '2'],
  ]);
  expect(stackSections({ ...outcome, loss_healed: 1.5 }).findings[2]).toContain('no worse than');
});

test('what was not measured is not said, and is no 0', () => {
  const none = { ...outcome, from: [2, 1, 0, 3], loss_base: null, loss_before: null, loss_healed: null };
  const { findings, sections } = stackSections(none);
  expect(findings).toEqual([
    'A model of 4 layers was written, none of them a repetition of another: 2.00 MB.',
  ]);
  expect(sections[0].table!.rows.map(([, loss]) => loss)).toEqual([null, null, null]);
});

import { expect, test } from 'vitest';
import { modelInfo } from '../../../../src/worker/compute/model-info.ts';
import { randomModel } from '../../export/random-model.ts';

const template = { own: false, chosen: null, proposed: 'plain' } as const;

test('what was passed over on opening and what the config brings are told together', () => {
  const { source, config } = randomModel();
  const notes = (change: object) =>
    modelInfo('folder', { ...source, ...change }, config, { hasTemplate: false, template }).notes;
  expect(notes({})).toEqual([]);
  expect(notes({ notes: ['A tensor.'], config: { ...source.config, rotary_mode: 'odd' } })).toEqual([
    'A tensor.',
    expect.stringContaining('rotary_mode'),
  ]);
});

import { expect, test } from 'vitest';
import { defaultSettings, type RunSettings } from '../../../../src/run/settings/list.ts';
import type { StoredType } from '../../../../src/weights/source.ts';
import { mergeTargetNotes } from '../../../../src/worker/compute/merge-target.ts';
import { randomModel } from '../../export/random-model.ts';

function notes(
  settings: Partial<RunSettings>,
  change: Record<string, unknown> = {},
  stored: StoredType = 'F32',
): string[] {
  const { config, source } = randomModel(change);
  const tensors = new Map([...source.tensors].map(([name, entry]) => [name, { ...entry, stored }]));
  return mergeTargetNotes({ config, source: { ...source, tensors } }, defaultSettings(settings));
}

test('a model of whole blocks is trained for without a word, however it is held as its file has it', () => {
  for (const baseDtype of ['auto', 'f32', 'f16'] as const)
    expect(notes({ mergeTarget: 'q4', baseDtype })).toEqual([]);
  expect(notes({ mergeTarget: 'q4', init: 'eva' })).toEqual([]);
  expect(notes({ mergeTarget: 'q8' }, {}, 'Q4_0')).toEqual([]);
  expect(notes({ mergeTarget: 'q4', baseDtype: 'q4' }, {}, 'Q4_0')).toEqual([]);
});

test('layers that the file does not round are counted', () => {
  expect(notes({ mergeTarget: 'q4' }, { intermediate_size: 48 })).toEqual([
    '2 of 14 linear layers have rows that are no whole blocks of 32: a merged file in Q4_0 holds them in F16, and they are trained so.',
  ]);
});

test.each<[Partial<RunSettings>, string, StoredType?]>([
  [
    { method: 'dora' },
    'LoRA alone is trained, and the method is DoRA. Nothing was changed. Choose the method lora',
  ],
  [{ method: 'prompt' }, 'the method is prompt tuning'],
  [{ dropout: 0.1 }, 'Set dropout to 0, or choose no merge target (--merge-target none)'],
  [{ init: 'pissa' }, 'The start PiSSA moves the base'],
  [{ init: 'olora' }, 'The start OLoRA moves the base'],
  [{ init: 'loftq', baseDtype: 'q4' }, 'The start LoftQ makes up for the rounding'],
  [{ baseDtype: 'q4' }, 'The base is held in q4'],
  [{ baseDtype: 'nf4' }, 'Hold the base as its file has it (--base-dtype auto)'],
  [{ baseDtype: 'q4' }, 'The base is held in q4', 'Q6_K'],
])('%j is refused', (settings, words, stored) => {
  expect(() => notes({ mergeTarget: 'q4', ...settings }, {}, stored)).toThrow(
    expect.objectContaining({ code: 'bad-setting', message: expect.stringContaining(words) }),
  );
  expect(notes(settings, {}, stored)).toEqual([]);
});

test('a model of which nothing is rounded is refused', () => {
  const small = { hidden_size: 16, intermediate_size: 24, num_attention_heads: 2, num_key_value_heads: 1 };
  expect(() => notes({ mergeTarget: 'q8' }, small)).toThrow('a merged file in Q8_0 rounds none');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportAdapter, refusedExports } from '../../../src/export/export.ts';
import { merged } from '../../../src/export/formats/merged.ts';
import { METHODS } from '../../../src/methods/list.ts';
import { lora } from '../../../src/methods/lora/lora.ts';
import type { Held, Method } from '../../../src/methods/method.ts';
import type { AdapterSettings, MethodId } from '../../../src/methods/types.ts';
import { randomAdapter, randomModel } from './random-model.ts';

/** Whether a format can hold the adapters of a method is the method's to say: a made-up one says what a test sets. */
let held: Held = 'as is';
const woven: Method = {
  ...lora,
  id: 'woven' as MethodId,
  heldBy: ({ id }) => (id === 'mlx' ? 'as is' : held),
};
const model = randomModel();

beforeAll(() => {
  (METHODS as Method[]).push(woven);
});
afterAll(() => {
  (METHODS as Method[]).pop();
});

test.each(['as is', 'converted'] as const)('adapters that are held %s have every format', (how) => {
  held = how;
  expect(refusedExports(model, { method: woven.id })).toEqual({});
});

test('adapters that can only be merged have the merged formats, and those that the method names', () => {
  held = 'merged only';
  const refused = refusedExports(model, { method: woven.id });
  expect(Object.keys(refused)).toEqual(['peft', 'gguf']);
  expect(refused.gguf).toMatch(/GGUF has no place for an adapter of this method.*Merge it/);
});

test('a method’s own sentence stands where it refuses, before anything is written', async () => {
  const sentence = 'Cloth cannot be merged. Wear it.';
  held = { refused: sentence };
  expect(refusedExports(model, { method: woven.id })).toEqual({
    peft: sentence,
    gguf: sentence,
    merged: sentence,
    'merged-gguf': sentence,
  });
  const weights = randomAdapter(model.config, ['q_proj']);
  const settings = { ...weights.settings, method: woven.id } as AdapterSettings;
  const input = { ...model, weights: { ...weights, settings }, dtype: null, target: '.', chat: false };
  await expect(exportAdapter(merged, { ...input, record: null })).rejects.toMatchObject({
    code: 'unsupported-export',
    message: sentence,
  });
});

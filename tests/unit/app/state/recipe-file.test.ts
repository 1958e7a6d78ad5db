import { expect, test } from 'vitest';
import { PAGE_DEFAULTS, PRESETS, presetOf, presetSettings } from '../../../../src/app/state/presets.ts';
import { readRecipe, recipeText } from '../../../../src/app/state/recipe-file.ts';

test('a recipe comes back as it was saved, presets and all', () => {
  for (const preset of PRESETS) {
    const settings = presetSettings(preset);
    const recipe = readRecipe(recipeText(settings));
    expect(recipe).toEqual({ settings, refused: [], unknown: [] });
    expect(presetOf(recipe!.settings)).toBe(preset);
  }
});

test('a chat template that was chosen is in it; of a run only its hash is known', () => {
  const { settings } = readRecipe(recipeText(PAGE_DEFAULTS))!;
  expect(readRecipe(recipeText(settings, 'plain'))?.chatTemplate).toBe('plain');
  const run = { format: 'lowrank-run', settings: {}, chat_template: { sha256: 'x' } };
  expect(readRecipe(JSON.stringify(run))?.chatTemplate).toBeNull();
});

test('what a recipe does not know or cannot mean stays at its default', () => {
  const text = JSON.stringify({
    format: 'lowrank-run',
    settings: { rank: 32, learningRate: -1, baseDtype: 'q2', unknown: 1 },
  });
  expect(readRecipe(text)).toEqual({
    settings: { ...PAGE_DEFAULTS, rank: 32 },
    refused: ['Learning rate', 'Base precision'],
    unknown: ['unknown'],
  });
});

test.each(['', '[1]', 'null', '{"messages": []}', '{"format":"other","settings":{}}'])(
  '%s is no recipe',
  (text) => expect(readRecipe(text)).toBeNull(),
);

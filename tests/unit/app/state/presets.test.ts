import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chosenTargets } from '../../../../src/app/shared/target-name.ts';
import { formatHash, parseHash } from '../../../../src/app/state/hash.ts';
import { PAGE_DEFAULTS, PRESETS, presetOf, presetSettings } from '../../../../src/app/state/presets.ts';
import { adapterModules, defaultTargets, targetSuffixes } from '../../../../src/model/families/names.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';

/** Every family that can be opened, and how many linear layers a block of it has. */
const LINEARS = {
  ...{ llama: 7, llama3: 7, mistral: 7, qwen2: 7, qwen3: 7, gemma3: 7 },
  ...{ gpt2: 4, gpt_neox: 4 },
};

const configOf = (name: string) =>
  parseConfig(
    JSON.parse(readFileSync(new URL(`../../model/fixtures/${name}/config.json`, import.meta.url), 'utf8')),
  );

describe.each(Object.entries(LINEARS))('the presets on %s', (name, linears) => {
  const config = configOf(name);
  const model = { targets: targetSuffixes(config.family), defaultTargets: defaultTargets(config.family) };

  test.each(PRESETS)('$label finds its layers, and the page draws those', (preset) => {
    const { targets } = presetSettings(preset);
    const modules = adapterModules(config, targets ?? model.defaultTargets);
    const drawn = chosenTargets(model, targets);
    expect(new Set(modules.map(({ target }) => target))).toEqual(new Set(drawn));
    if (preset.id === 'thorough') expect(modules).toHaveLength(linears * config.layers);
  });
});

test('a preset is known by its settings, and by no others', () => {
  for (const preset of PRESETS) {
    const settings = presetSettings(preset);
    expect(presetOf(settings)).toBe(preset);
    expect(presetOf({ ...settings, seed: settings.seed + 1 })).toBeNull();
  }
});

test('a preset that is chosen stands in the address, and comes back from it', () => {
  for (const preset of PRESETS) {
    const settings = presetSettings(preset);
    const hash = formatHash({ settings, device: 'auto', sample: null }, PAGE_DEFAULTS);
    expect({ ...PAGE_DEFAULTS, ...parseHash(hash).settings }, preset.label).toEqual(settings);
  }
});

test('targets that are chosen by name stay; none are the model’s own; all-linear is all, as in PEFT', () => {
  const model = { targets: ['c_attn', 'c_proj', 'c_fc'], defaultTargets: ['c_attn'] };
  expect(chosenTargets(model, ['c_fc'])).toEqual(['c_fc']);
  expect(chosenTargets(model, null)).toEqual(['c_attn']);
  expect(chosenTargets(model, ['all'])).toEqual(model.targets);
  expect(chosenTargets(model, ['all-linear'])).toEqual(model.targets);
});

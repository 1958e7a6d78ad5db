import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chosenTargets } from '../../../../src/app/shared/target-name.ts';
import { formatHash, parseHash } from '../../../../src/app/state/hash.ts';
import {
  evalInterval,
  PAGE_DEFAULTS,
  PRESETS,
  presetOf,
  presetSettings,
} from '../../../../src/app/state/presets.ts';
import { FAMILIES } from '../../../../src/model/families/list.ts';
import { adapterModules, targetSuffixes } from '../../../../src/model/families/names.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';

const FIXTURES = new URL('../../model/fixtures/', import.meta.url);
const configs = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const config = parseConfig(JSON.parse(readFileSync(new URL(`${name}/config.json`, FIXTURES), 'utf8')));
    return { name, config };
  });

test('there is a model of every family to try them on', () => {
  expect(new Set(configs.map(({ config }) => config.family))).toEqual(new Set(FAMILIES));
});

describe.each(configs)('the presets on $name', ({ config }) => {
  const linears = config.family.tensors.linears.length;
  const model = { targets: targetSuffixes(config.family), defaultTargets: config.family.defaultTargets };

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

test('a preset is known where what it leaves open is written out, as a run that goes on has it', () => {
  const model = { targets: ['q_proj', 'v_proj', 'up_proj'], defaultTargets: ['q_proj', 'v_proj'] };
  for (const preset of PRESETS) {
    const settings = presetSettings(preset);
    const targets = [...chosenTargets(model, settings.targets)].reverse();
    const written = { ...settings, targets, evalEvery: evalInterval(192), keep: 'best' as const };
    expect(presetOf(written, { model, steps: 192 })).toBe(preset);
    expect(presetOf({ ...written, targets: ['q_proj'] }, { model, steps: 192 })).toBeNull();
    expect(presetOf({ ...written, evalEvery: 7 }, { model, steps: 192 })).toBeNull();
    expect(presetOf({ ...written, keep: 'last' }, { model, steps: 192 })).toBeNull();
  }
});

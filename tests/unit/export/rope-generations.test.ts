import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { withBothGenerations } from '../../../src/export/rope-generations.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';

type Config = Record<string, unknown>;
const cases = JSON.parse(
  readFileSync(new URL('../model/fixtures/families.json', import.meta.url), 'utf8'),
) as { name: string; config: Config; older: Config }[];

const OLDER = [
  ...['rope_theta', 'rope_scaling', 'rope_local_base_freq', 'partial_rotary_factor'],
  ...['rotary_emb_base', 'rotary_pct'],
];
const without = (config: Config, keys: string[]) =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));

/** Each generation alone gives the same decoder as the config that was given. */
function expectBoth(given: Config): Config {
  const decoder = parseConfig(given);
  const written = withBothGenerations(given, decoder.family);
  expect(parseConfig(written)).toEqual(decoder);
  expect(parseConfig(without(written, OLDER))).toEqual(decoder);
  expect(parseConfig(without(written, ['rope_parameters']))).toEqual(decoder);
  return written;
}

test.each(cases)('$name: from either generation', ({ config, older }) => {
  expectBoth(config);
  expectBoth(older);
});

describe('Gemma 3', () => {
  const gemma = cases.find(({ name }) => name === 'gemma3')!;
  const scaling = { rope_type: 'linear', factor: 8 };
  const full = { rope_type: 'linear', factor: 8, rope_theta: 2e6 };
  const sliding = { rope_type: 'default', rope_theta: 20000 };
  test('older scaling goes to the layers that it is meant for', () => {
    const older = { ...gemma.older, rope_theta: 2e6, rope_local_base_freq: 20000, rope_scaling: scaling };
    expect(expectBoth(older).rope_parameters).toEqual({ full_attention: full, sliding_attention: sliding });
  });
  test('settings by kind of layer are written in the older keys', () => {
    const config = { ...gemma.config, rope_parameters: { full_attention: full, sliding_attention: sliding } };
    expect(expectBoth(config)).toMatchObject({
      rope_theta: 2e6,
      rope_local_base_freq: 20000,
      rope_scaling: scaling,
    });
  });
});

test('GPT-NeoX has its own older names', () => {
  const { config } = cases.find(({ name }) => name === 'gpt_neox')!;
  const scaled = { rope_type: 'linear', factor: 2, rope_theta: 5000, partial_rotary_factor: 0.5 };
  expect(expectBoth({ ...config, rope_parameters: scaled })).toMatchObject({
    rotary_emb_base: 5000,
    rotary_pct: 0.5,
    rope_scaling: { rope_type: 'linear', factor: 2 },
  });
});

test('GPT-2 has none', () => {
  const { config } = cases.find(({ name }) => name === 'gpt2')!;
  expect(withBothGenerations(config, parseConfig(config).family)).toEqual(config);
});

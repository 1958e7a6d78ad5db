import { describe, expect, test } from 'vitest';
import {
  checkedSettings,
  defaultSettings,
  optionsOf,
  rangeOf,
  readSetting,
  SETTINGS,
  type SettingKey,
  savedSettings,
  settingOf,
  showSetting,
  withoutEffect,
  writeSetting,
} from '../../../../src/run/settings/list.ts';
import {
  choice,
  type Entry,
  integer,
  names,
  number,
  takesValue,
} from '../../../../src/run/settings/setting.ts';

/** The keys of version 1 of the saved files. Their order is part of the files. */
const FIRST = [
  ...['method', 'rank', 'alpha', 'dropout', 'targets', 'learningRate', 'schedule', 'warmup', 'weightDecay'],
  ...[
    'clip',
    'epochs',
    'steps',
    'batch',
    'accumulate',
    'maxLength',
    'packing',
    'raw',
    'seed',
    'evalFraction',
  ],
  ...['evalEvery', 'patience', 'keep', 'baseDtype', 'checkpointing', 'checkpointEvery'],
];

describe('the table', () => {
  test('has one entry for a key, a flag and a label', () => {
    for (const name of ['key', 'flag', 'label'] as const) {
      const all = SETTINGS.map((setting) => setting[name]);
      expect(new Set(all).size, name).toBe(all.length);
    }
  });

  test('takes its own defaults, and reads each as it writes it', () => {
    for (const setting of SETTINGS) {
      expect(takesValue(setting, setting.default), setting.key).toBe(true);
      expect(readSetting(setting, writeSetting(setting.default)), setting.key).toEqual({
        value: setting.default,
      });
    }
  });

  test('reads what a list offers', () => {
    for (const setting of SETTINGS)
      for (const { value } of optionsOf(setting) ?? []) {
        const read = readSetting(setting, value);
        expect('value' in read && writeSetting(read.value), `${setting.key} ${value}`).toBe(value);
      }
  });

  test('has one sentence of help for each', () => {
    for (const { help, key } of SETTINGS) expect(help, key).toMatch(/^[A-Z].*\.$/);
  });
});

describe('a setting as text', () => {
  test.each<[SettingKey, string, unknown]>([
    ['learningRate', '1e-4', 1e-4],
    ['learningRate', '0,0005', 0.0005],
    ['steps', '', null],
    ['steps', ' 12 ', 12],
    ['targets', 'q_proj, v_proj', ['q_proj', 'v_proj']],
    ['targets', 'q_proj v_proj', ['q_proj', 'v_proj']],
    ['packing', 'true', true],
    ['packing', 'off', false],
    ['keep', '', null],
    ['keep', 'last', 'last'],
  ])('%s “%s”', (key, text, value) => expect(readSetting(settingOf(key), text)).toEqual({ value }));

  test.each<[SettingKey, string, string]>([
    ['rank', '0', 'takes a whole number from 1 to 256, not “0”'],
    ['rank', ' 512 ', 'takes a whole number from 1 to 256, not “512”'],
    ['rank', 'eight', 'takes a whole number from 1 to 256, not “eight”'],
    ['rank', '', 'takes a whole number from 1 to 256'],
    ['epochs', '1.5', 'takes a whole number from 1 to 1,000, not “1.5”'],
    // A thousand, or one: neither is guessed.
    ['steps', '1,000', 'takes a whole number of 0 or more, not “1,000”'],
    ['alpha', '0', 'takes a number above 0, up to 4,096, not “0”'],
    ['alpha', 'Infinity', 'takes a number above 0, up to 4,096, not “Infinity”'],
    ['dropout', '0.95', 'takes a number from 0 to 0.9, not “0.95”'],
    ['learningRate', 'fast', 'takes a number above 0, up to 1, such as 0.001 or 1e-4, not “fast”'],
    ['maxLength', '4', 'takes a whole number from 8 to 32,768, not “4”'],
    ['schedule', 'sideways', 'takes linear, cosine or constant, not “sideways”'],
    ['packing', 'yes', 'takes on or off, not “yes”'],
    ['targets', 'q_proj,,v_proj', 'takes names with commas between them, not “q_proj,,v_proj”'],
    ['method', 'vera', 'takes lora, dora, ia3, prompt or prefix, not “vera”'],
    ['loraPlusRatio', '0.5', 'takes a number of 1 or more, not “0.5”'],
  ])('%s “%s” says what would be right', (key, text, error) =>
    expect(readSetting(settingOf(key), text)).toEqual({ error }),
  );

  test.each<[SettingKey, unknown, string]>([
    ['warmup', 1, '1 step'],
    ['maxLength', 256, '256 tokens'],
    ['accumulate', 2, '2'],
    ['packing', true, 'on'],
    ['targets', ['q_proj', 'v_proj'], 'q_proj, v_proj'],
    ['method', 'lora', 'LoRA'],
    ['learningRate', 0.001, '0.001'],
  ])('%s %j is shown as %s', (key, value, text) => expect(showSetting(settingOf(key), value)).toBe(text));
});

describe('settings from elsewhere', () => {
  test('are completed, and what is no setting is left out', () => {
    const { rslora, loraPlusRatio, ...first } = defaultSettings({ rank: 4 });
    expect({ rslora, loraPlusRatio }).toEqual({ rslora: false, loraPlusRatio: 1 });
    expect(checkedSettings({ ...first, unknown: 1 })).toEqual(defaultSettings({ rank: 4 }));
  });

  test.each([
    [{ method: 'vera' }, 'The setting Method takes lora, dora, ia3, prompt or prefix, not “vera”'],
    [{ rank: '8' }, 'The setting Rank takes a whole number from 1 to 256'],
    [{ epochs: null }, 'The setting Epochs takes'],
    [{ loraPlusRatio: 0.5 }, 'LoRA+ ratio takes'],
    [{ targets: [] }, 'Target modules'],
    [{ targets: ['q_proj', 1] }, 'Target modules'],
    [{ targets: 'q_proj' }, 'Target modules'],
    [{ epochs: 1.5 }, 'Epochs'],
    [{ steps: 2 ** 53 }, 'Steps'],
    [{ learningRate: 0 }, 'Learning rate'],
    [{ clip: Number.NaN }, 'Max gradient norm'],
    [{ clip: Number.POSITIVE_INFINITY }, 'Max gradient norm'],
    [{ packing: 'true' }, 'Packing'],
    [{ keep: 'first' }, 'Keep best'],
  ])('%j is refused by name', (given, words) => {
    expect(() => checkedSettings(given)).toThrow(
      expect.objectContaining({ code: 'bad-setting', message: expect.stringContaining(words) }),
    );
  });

  test('an adapter that is trained further may be larger than a person can choose', () => {
    expect(() => checkedSettings({ rank: 512 })).toThrow('Rank');
    expect(checkedSettings({ rank: 512 }, true).rank).toBe(512);
    expect(() => checkedSettings({ rank: 512, batch: 0 }, true)).toThrow('Batch size');
  });
});

describe('settings in files', () => {
  test('keep the keys of version 1 in their order where nothing else is set', () => {
    expect(Object.keys(savedSettings(defaultSettings()))).toEqual(FIRST);
  });

  test('have a later key only where it is not the default', () => {
    const saved = savedSettings(defaultSettings({ rslora: true }));
    expect(saved.rslora).toBe(true);
    expect(Object.keys(saved).filter((key) => key !== 'rslora')).toEqual(FIRST);
  });
});

describe('a condition', () => {
  const settings = defaultSettings();
  test('is said where it does not hold', () => {
    expect(withoutEffect(settingOf('patience'), { settings, heldOut: false })).toBe(
      'Has no effect here: it counts only where rows are held out.',
    );
    expect(withoutEffect(settingOf('patience'), { settings, heldOut: true })).toBeNull();
    expect(
      withoutEffect(settingOf('epochs'), { settings: { ...settings, steps: 5 }, heldOut: true }),
    ).toMatch('no number of steps');
    expect(withoutEffect(settingOf('loraPlusRatio'), { settings, heldOut: false })).toBeNull();
    const other = { ...settings, method: 'other' };
    expect(withoutEffect(settingOf('rslora'), { settings: other, heldOut: false })).toMatch('LoRA');
  });
});

test('ranges of any shape have words', () => {
  const words = { flag: 'x', label: 'X', group: 'data', help: 'X.' } as const;
  const of = (entry: Entry<unknown>) => rangeOf({ key: 'x', ...entry });
  expect(of(integer({ ...words, max: 5, default: 1 }))).toBe('a whole number up to 5');
  expect(of(number({ ...words, default: 1 }))).toBe('a number');
  expect(of(number({ ...words, above: 2, default: 3 }))).toBe('a number above 2');
  expect(of(choice({ ...words, choices: ['a', 'b'], default: null }))).toBe('a or b');
  expect(of(names({ ...words, default: null }))).toBe('names with commas between them');
});

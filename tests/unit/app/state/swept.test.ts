import { expect, test } from 'vitest';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import type { BroughtAdapter } from '../../../../src/app/state/store.ts';
import { SWEPT, sweptOf, trialSteps, withValue } from '../../../../src/app/state/swept.ts';
import { checkedSettings, type SettingKey, settingOf } from '../../../../src/run/settings/list.ts';
import { takesValue } from '../../../../src/run/settings/setting.ts';

test.each(Object.entries(SWEPT))('the values of %s are three that it takes, and rise', (key, { values }) => {
  expect(values).toHaveLength(3);
  expect([...new Set(values)].sort((a, b) => a - b)).toEqual(values);
  for (const value of values) {
    expect(takesValue(settingOf(key as SettingKey), value)).toBe(true);
    const change = withValue(key as SettingKey, value, PAGE_DEFAULTS);
    expect(() => checkedSettings({ ...PAGE_DEFAULTS, ...change })).not.toThrow();
  }
});

test('of another rank the output is scaled alike', () => {
  const own = { ...PAGE_DEFAULTS, rank: 8, alpha: 16 };
  expect(withValue('rank', 64, own)).toEqual({ rank: 64, alpha: 128 });
  expect(withValue('rank', 2, { ...own, rslora: true })).toEqual({ rank: 2, alpha: 8 });
  expect(withValue('learningRate', 0.01, own)).toEqual({ learningRate: 0.01 });
});

test('what has no effect here, or is no number, is not compared', () => {
  const app = (change: object, adapter: object | null = null) => ({
    settings: { ...PAGE_DEFAULTS, ...change },
    adapter: adapter as BroughtAdapter | null,
  });
  expect(sweptOf('rank', app({}))).toBe(SWEPT.rank);
  expect(sweptOf('rank', app({ method: 'ia3' }))).toBeNull();
  expect(sweptOf('virtualTokens', app({}))).toBeNull();
  expect(sweptOf('virtualTokens', app({ method: 'prompt' }))).toBe(SWEPT.virtualTokens);
  expect(sweptOf('schedule', app({}))).toBeNull();
  expect(sweptOf('loss', app({}))).toBeNull();
  expect(sweptOf('rank', app({}, { goOn: true }))).toBeNull();
  expect(sweptOf('rank', app({}, { goOn: false }))).toBe(SWEPT.rank);
  expect(sweptOf('learningRate', app({}, { goOn: true }))).toBe(SWEPT.learningRate);
});

test('each run takes about twenty seconds, and is never longer than the whole run', () => {
  expect(trialSteps({ steps: 200, seconds: 40 })).toBe(90);
  expect(trialSteps({ steps: 200, seconds: 4000 })).toBe(20);
  expect(trialSteps({ steps: 2000, seconds: 2 })).toBe(120);
  expect(trialSteps({ steps: 200, seconds: null })).toBe(60);
  expect(trialSteps({ steps: 6, seconds: 4 })).toBe(6);
  expect(trialSteps(null)).toBe(60);
});

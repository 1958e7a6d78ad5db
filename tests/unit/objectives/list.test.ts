import { expect, test } from 'vitest';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import { OBJECTIVE_NAMES } from '../../../src/objectives/names.ts';
import { checkedSettings, defaultSettings } from '../../../src/run/settings.ts';

test('every objective that settings name is in the list under that name, with figures of different keys', () => {
  expect(Object.keys(OBJECTIVES)).toEqual(OBJECTIVE_NAMES.map(({ value }) => value));
  for (const [name, objective] of Object.entries(OBJECTIVES)) {
    expect(objective.name).toBe(name);
    const keys = objective.figures.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

test('a run is supervised unless it says otherwise, and an objective that does not exist is refused', () => {
  expect(defaultSettings().objective).toBe('sft');
  expect(() => checkedSettings({ objective: 'dpo' })).toThrow('The setting Objective takes sft, not “dpo”.');
});

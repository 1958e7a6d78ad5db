import { expect, test } from 'vitest';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import { OBJECTIVE_NAMES } from '../../../src/objectives/names.ts';
import { checkedSettings, defaultSettings, objectiveOf, rowKindOf } from '../../../src/run/settings/list.ts';

test('every objective that settings name is in the list under that name, with figures of different keys', () => {
  expect(Object.keys(OBJECTIVES)).toEqual(OBJECTIVE_NAMES.map(({ value }) => value));
  for (const { value, rows } of OBJECTIVE_NAMES) {
    const objective = OBJECTIVES[value](defaultSettings());
    expect([objective.name, objective.rows]).toEqual([value, rows]);
    const keys = objective.figures.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

test('rows decide the objective where none is named; one that does not exist is refused', () => {
  const auto = defaultSettings();
  expect(auto.objective).toBeNull();
  expect(rowKindOf(auto)).toBeUndefined();
  expect((['answers', 'pairs', 'verdicts'] as const).map((rows) => objectiveOf(auto, rows))).toEqual([
    'sft',
    'dpo',
    'kto',
  ]);
  const ipo = defaultSettings({ objective: 'ipo' });
  expect([objectiveOf(ipo, 'answers'), rowKindOf(ipo)]).toEqual(['ipo', 'pairs']);
  expect(() => checkedSettings({ objective: 'ppo' })).toThrow(
    'The setting Objective takes sft, dft, dpo, ipo, orpo, simpo, kto, distil or bake, not “ppo”.',
  );
});

import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/errors.ts';
import { METHOD_NAMES } from '../../../../src/methods/names.ts';
import { llama } from '../../../../src/model/families/llama.ts';
import { OBJECTIVES } from '../../../../src/objectives/list.ts';
import { OBJECTIVE_NAMES } from '../../../../src/objectives/names.ts';
import type { Objective } from '../../../../src/objectives/objective.ts';
import { adapterSettings } from '../../../../src/run/adapter-settings.ts';
import {
  checkedSettings,
  defaultSettings,
  type RunSetting,
  type RunSettings,
  readSetting,
  SETTINGS,
  settingsOfObjective,
  takesValue,
  withoutEffect,
} from '../../../../src/run/settings/list.ts';
import { injected } from '../../../faults/injected.ts';
import { JUDGED, LAYOUT, PAIRS, seenOf } from '../../objectives/made-up.ts';

/** Settings that cannot be, that are of another method or objective: refused by name, or said to have no effect. */

const JUNK: readonly unknown[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 0.5, 1e308, 2 ** 53, -0],
  ...[true, false, '', ' ', 'x', '8', '1e3', 'on', 'lora', null, [], [''], ['x'], [1], [null], {}, { x: 1 }],
  ...[['x', 1], 'x'.repeat(10_000), '__proto__', 'constructor', 10n, () => 1, Symbol('x')],
];

const TEXTS = [
  ...[
    '',
    ' ',
    '-',
    '+1',
    '1e',
    '1e999',
    '-1e999',
    'NaN',
    'Infinity',
    '0x10',
    '1_000',
    '1 000',
    '١٢',
    '½',
    '1/2',
  ],
  ...[
    '--rank',
    'null',
    'undefined',
    '[]',
    '{}',
    ',',
    'q_proj,',
    ',q_proj',
    '\u0000',
    '__proto__',
    'toString',
  ],
];

describe('S1: every setting', () => {
  test.each(SETTINGS.map((setting) => [setting.key, setting] as const))(
    '%s of any kind is taken as it is or refused by its label',
    (key, setting) => {
      for (const value of JUNK) {
        if (takesValue(setting, value)) {
          expect(checkedSettings({ [key]: value })[key]).toBe(value);
          continue;
        }
        const refusal = errorOf(() => checkedSettings({ [key]: value }));
        expect(refusal.code).toBe('bad-setting');
        expect(refusal.message).toContain(`The setting ${setting.label} takes `);
      }
    },
  );

  test('as a text means a value that it takes, and reads back as it is written, or is refused', () => {
    for (const setting of SETTINGS)
      for (const text of TEXTS) {
        const read = readSetting(setting, text);
        if ('error' in read) expect(read.error).toMatch(/^takes /);
        else expect(takesValue(setting, read.value), `${setting.key} “${text}”`).toBe(true);
      }
  });

  test('at the ends of its range is taken, and beyond them refused', () => {
    for (const setting of SETTINGS) {
      const { type } = setting;
      if (type.kind !== 'integer' && type.kind !== 'number') continue;
      const { min, max } = type;
      const above = type.kind === 'number' ? type.above : undefined;
      for (const end of [min, max])
        if (end !== undefined) expect(takesValue(setting, end), `${setting.key} ${end}`).toBe(true);
      const beyond = [
        min === undefined ? undefined : min - 1,
        max === undefined ? undefined : max + 1,
        above,
      ];
      for (const value of beyond)
        if (value !== undefined) expect(takesValue(setting, value), `${setting.key} ${value}`).toBe(false);
    }
  });
});

/** Another value than the default. */
function anotherOf({ type, default: usual }: RunSetting): unknown {
  switch (type.kind) {
    case 'integer':
      return usual === null ? (type.min ?? 1) + 1 : (usual as number) + 1;
    case 'number':
      return usual === null ? 0.25 : usual === 0 ? 0.125 : (usual as number) * 0.5 + (type.min === 1 ? 2 : 0);
    case 'choice':
      return type.choices.find(({ value }) => value !== usual)!.value;
    case 'switch':
      return !usual;
    case 'names':
      return ['gate_proj'];
    case 'text':
      return 'Some text.';
  }
}

const without = (setting: RunSetting, settings: RunSettings) =>
  withoutEffect(setting, { settings, heldOut: true });

describe('S1: a setting of methods', () => {
  const OWN = SETTINGS.filter(({ only }) => only?.methods && !only.objectives);
  /** What a start is begun with goes to it, not to the adapter. */
  const OF_THE_START = ['evaRows', 'evaRho'];

  test.each(METHOD_NAMES.map(({ value }) => value))('changes %s, or is said to change nothing', (method) => {
    for (const setting of OWN) {
      if (OF_THE_START.includes(setting.key)) continue;
      const base = defaultSettings({
        method,
        // Where a text can count.
        ...(setting.key === 'promptText' && { promptInit: 'text', prefixInit: 'text' }),
      });
      const changed = checkedSettings({ ...base, [setting.key]: anotherOf(setting) });
      const trained = (settings: RunSettings) => adapterSettings(settings, llama);
      const counts = JSON.stringify(trained(changed)) !== JSON.stringify(trained(base));
      expect([setting.key, counts]).toEqual([setting.key, without(setting, changed) === null]);
      if (!counts) expect(without(setting, changed)).toMatch(/^Has no effect here: it counts only .+\.$/);
    }
  });

  test('of EVA counts for EVA alone', () => {
    for (const setting of SETTINGS.filter(({ key }) => OF_THE_START.includes(key))) {
      expect(without(setting, defaultSettings({ init: 'eva' }))).toBeNull();
      for (const given of [{}, { init: 'pissa' as const }, { init: 'eva' as const, method: 'dora' as const }])
        expect(without(setting, defaultSettings(given))).toMatch(/^Has no effect/);
    }
  });
});

describe('S1: a setting of objectives', () => {
  const OWN = SETTINGS.filter(({ only }) => only?.objectives);
  /** What a teacher is shown goes to the teacher. */
  const OF_THE_TEACHER = ['teacherPrompt'];

  test.each(OBJECTIVE_NAMES.map(({ value }) => value))(
    'changes %s, or is said to change nothing',
    (objective) => {
      for (const setting of OWN) {
        if (OF_THE_TEACHER.includes(setting.key)) continue;
        const base = defaultSettings({
          objective,
          // Tokens of a cross-entropy matter where it has a weight.
          ...(setting.key === 'nllTokens' && { nllWeight: 0.5 }),
        });
        const changed = checkedSettings({ ...base, [setting.key]: anotherOf(setting) });
        const counts = effectOf(OBJECTIVES[objective](changed)) !== effectOf(OBJECTIVES[objective](base));
        expect([setting.key, counts]).toEqual([setting.key, without(setting, changed) === null]);
        expect(settingsOfObjective(objective).some(({ key }) => key === setting.key)).toBe(counts);
      }
    },
  );

  test('that needs a teacher counts for it alone', (context) => {
    for (const setting of OWN.filter(({ key }) => OF_THE_TEACHER.includes(key)))
      for (const { value: objective } of OBJECTIVE_NAMES) {
        injected(context);
        const counts = without(setting, defaultSettings({ objective })) === null;
        expect([objective, counts]).toEqual([objective, objective === 'bake']);
      }
  });
});

/** What an objective makes of one made-up step, or asks of its teacher. */
function effectOf(objective: Objective): string {
  if (objective.soft) return JSON.stringify(objective.soft);
  const examples = objective.rows === 'pairs' ? PAIRS : JUDGED;
  const micro = examples.map((some) => objective.microBatch(some, LAYOUT));
  return JSON.stringify(objective.weigh?.(seenOf(micro)) ?? micro);
}

function errorOf(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

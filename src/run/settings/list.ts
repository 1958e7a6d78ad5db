import type { RowKind } from '../../data/forms/row.ts';
import { UserError } from '../../errors.ts';
import type { MethodId } from '../../methods/types.ts';
import { type ObjectiveName, objectiveCalledFor, rowsOf } from '../../objectives/names.ts';
import { ADAPTER } from './adapter.ts';
import { DATA } from './data.ts';
import { MEASURES } from './held-out.ts';
import { LENGTH } from './length.ts';
import { MEMORY } from './memory.ts';
import { METHOD } from './method.ts';
import { OBJECTIVE } from './objective.ts';
import { OPTIMIZER } from './optimizer.ts';
import { type Entry, rangeOf, type Setting, takesValue, writeSetting } from './setting.ts';

export {
  isOpen,
  optionsOf,
  rangeOf,
  readSetting,
  showSetting,
  takesValue,
  withoutEffect,
  writeSetting,
} from './setting.ts';

/**
 * The one table of what can be set on a run. It feeds the page's fields, the flags of the commands and their help, the
 * address, recipe files, the report, docs/commands.md and the check of anything that comes from outside. A setting is
 * added in the file of what it is for, beside this one, and nowhere else.
 *
 * The order is that of saved files and of the page; keys that stand there must keep theirs.
 */
const TABLE = {
  ...METHOD,
  ...OBJECTIVE,
  ...ADAPTER,
  ...OPTIMIZER,
  ...LENGTH,
  ...DATA,
  ...MEASURES,
  ...MEMORY,
};

export type RunSettings = { [K in keyof typeof TABLE]: ValueOf<(typeof TABLE)[K]> };
export type SettingKey = keyof RunSettings;
type ValueOf<E> = E extends Entry<infer Value> ? Value : never;

export type RunSetting = Setting & { key: SettingKey };

export const SETTINGS: readonly RunSetting[] = Object.keys(TABLE).map((key) => settingOf(key as SettingKey));

/** The entry of a setting. */
export function settingOf(key: SettingKey): RunSetting {
  return { key, ...TABLE[key] };
}

/** Settings with the defaults of those that are not given. @throws UserError `bad-setting` */
export function defaultSettings(given: Partial<RunSettings> = {}): RunSettings {
  return checkedSettings(given);
}

/**
 * The same for what comes from a file or from another thread; what is no setting is left out.
 * @param brought an adapter is trained further: what it brings along may be larger than a person can choose.
 * @throws UserError `bad-setting`, naming the first that cannot be taken
 */
export function checkedSettings(given: Readonly<Record<string, unknown>>, brought = false): RunSettings {
  const settings: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const value = given[setting.key] === undefined ? setting.default : given[setting.key];
    settings[setting.key] = value;
    const larger = brought && setting.ofAdapter && setting.type.kind !== 'choice';
    if (larger || takesValue(setting, value)) continue;
    throw new UserError(
      'bad-setting',
      `The setting ${setting.label} takes ${rangeOf(setting)}, not “${writeSetting(value)}”. Nothing was changed. Choose another value.`,
    );
  }
  return settings as RunSettings;
}

/** Settings as files keep them: those that were added later only where they are not at their default. */
export type SavedSettings = Partial<RunSettings>;

export function savedSettings(settings: RunSettings): SavedSettings {
  const left = new Set<string>(
    SETTINGS.filter(({ key, later, default: usual }) => later && settings[key] === usual).map(
      ({ key }) => key,
    ),
  );
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !left.has(key))) as SavedSettings;
}

/** What a run with these settings minimises on rows that call for this. */
export function objectiveOf(
  { objective }: Pick<RunSettings, 'objective'>,
  calledFor: RowKind,
): ObjectiveName {
  return objective ?? objectiveCalledFor(calledFor);
}

/** Whether it is a setting of some objectives alone; those of one. */
export function isOfObjective({ only }: Setting): boolean {
  return only?.objectives !== undefined;
}

/** Whether it counts for a method, or for every one. */
export function isOfMethod({ only }: Setting, method: MethodId): boolean {
  return only?.methods?.includes(method) ?? true;
}

export function settingsOfObjective(name: ObjectiveName): RunSetting[] {
  return SETTINGS.filter(({ only }) => only?.objectives?.includes(name));
}

/** What rows are read for: undefined where they decide it themselves. */
export function rowKindOf({ objective }: Pick<RunSettings, 'objective'>): RowKind | undefined {
  return objective === null ? undefined : rowsOf(objective);
}

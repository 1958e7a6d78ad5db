import { type RunSettings, SETTINGS, writeSetting } from '../../run/settings/list.ts';

/** Settings as flags of a command, those alone that are not what the command has without them. */
export function settingFlags(settings: RunSettings): Record<string, string | boolean> {
  return Object.fromEntries(
    SETTINGS.flatMap(({ key, flag, type, default: usual }) => {
      const value = settings[key];
      if (JSON.stringify(value) === JSON.stringify(usual)) return [];
      return [[flag, type.kind === 'switch' ? value === true : writeSetting(value)] as const];
    }),
  );
}

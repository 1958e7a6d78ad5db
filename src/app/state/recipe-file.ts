import { type RunSettings, SETTINGS, savedSettings, takesValue } from '../../run/settings/list.ts';
import { PAGE_DEFAULTS } from './presets.ts';

/** Settings as a file to keep and to share. A `run.json` of a download is one as well. */

const FORMAT = 'lowrank-recipe';
const KNOWN = [FORMAT, 'lowrank-run', 'lowrank-continue'];

/** @param chatTemplate the one that was chosen in place of the model's own: its name or its text */
export function recipeText(settings: RunSettings, chatTemplate?: string): string {
  const recipe = {
    ...{ format: FORMAT, version: 1, settings: savedSettings(settings) },
    ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
  };
  return `${JSON.stringify(recipe, null, 2)}\n`;
}

export interface OpenedRecipe {
  settings: RunSettings;
  /** Labels of settings whose values cannot be taken; they are at their defaults. */
  refused: string[];
  /** Keys that are no setting of this version. */
  unknown: string[];
  /** The chat template that was chosen, as a name or text; null where only its hash is known. */
  chatTemplate?: string | null;
}

/** Null where the text is no recipe. Settings that it does not name are at their defaults. */
export function readRecipe(text: string): OpenedRecipe | null {
  let file: { format?: unknown; settings?: unknown; chat_template?: unknown };
  try {
    file = JSON.parse(text);
  } catch {
    return null;
  }
  if (!file || typeof file !== 'object' || !KNOWN.includes(String(file.format))) return null;
  const given = (file.settings ?? {}) as Record<string, unknown>;
  const settings: Record<string, unknown> = { ...PAGE_DEFAULTS };
  const refused: string[] = [];
  for (const setting of SETTINGS) {
    const { key, label } = setting;
    if (!Object.hasOwn(given, key)) continue;
    if (takesValue(setting, given[key])) settings[key] = given[key];
    else refused.push(label);
  }
  const template = file.chat_template;
  return {
    settings: settings as RunSettings,
    refused,
    unknown: Object.keys(given).filter((key) => !SETTINGS.some((setting) => setting.key === key)),
    ...(template !== undefined && { chatTemplate: typeof template === 'string' ? template : null }),
  };
}

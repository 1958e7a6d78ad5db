import { isTemplateName } from '../../data/text/template-names.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { SETTINGS } from '../../run/settings/list.ts';
import { readSetting, showSetting } from '../../run/settings/setting.ts';
import { PAGE_DEFAULTS, PRESETS } from './presets.ts';

/**
 * What “Copy link” adds to the address: the preset that the settings are, or `own`, and how many steps they came to. It
 * is what tells a link from the address of a page that was only reloaded, and stands there until a setting is changed.
 */
const PRESET = 'preset';
const STEPS = 'planned-steps';
const OWN = 'own';

/** Keys of the address that are no flags of settings. */
const OTHERS = new Set(['device', 'matrices', 'threads', 'sample', 'chat-template', PRESET, STEPS]);

/** @param hash as `formatHash` */
export function linkHash(hash: string, preset: string | null, steps: number | null): string {
  const parts = [
    hash.replace(/^#/, ''),
    `${PRESET}=${preset ?? OWN}`,
    steps === null ? '' : `${STEPS}=${steps}`,
  ];
  return `#${parts.filter((part) => part !== '').join('&')}`;
}

/** What a link says of itself. */
export interface LinkWords {
  /** What differs from the page’s own settings: `Style, rank 4, learning rate 0.003`. */
  recipe: string;
  /** How many steps it came to where it was copied. */
  steps: number | null;
  /** The sample that it names. */
  sample: string | null;
  /** What of it is not used, and why; one sentence each. */
  refused: string[];
}

/** Most settings that are named. */
const NAMED = 6;

/** Null where the address is no link. */
export function readLink(hash: string): LinkWords | null {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const preset = query.get(PRESET);
  if (preset === null) return null;
  const label = PRESETS.find(({ id }) => id === preset)?.label;
  const wrong: string[] = [];
  const named: string[] = [];
  for (const setting of SETTINGS) {
    const text = query.get(setting.flag);
    if (text === null) continue;
    const read = readSetting(setting, text);
    const usual = PAGE_DEFAULTS[setting.key as keyof RunSettings];
    if (setting.type.kind === 'text' || !('value' in read)) wrong.push(setting.label);
    else if (JSON.stringify(read.value) !== JSON.stringify(usual))
      named.push(`${lower(setting.label)} ${showSetting(setting, read.value)}`);
  }
  const template = query.get('chat-template');
  if (template !== null && isTemplateName(template)) named.push(`chat template ${template}`);
  else if (template !== null) wrong.push('Chat template');
  const known = new Set([...OTHERS, ...SETTINGS.map(({ flag }) => flag)]);
  const unknown = [...query.keys()].filter((key) => !known.has(key));
  const shown = named.length > NAMED + 1 ? named.slice(0, NAMED) : named;
  const more = named.length - shown.length;
  const parts = [label, ...shown, more > 0 && `${more} more`].filter(Boolean);
  const steps = Number(query.get(STEPS) ?? Number.NaN);
  return {
    recipe: parts.length > 0 ? parts.join(', ') : 'the page’s own settings',
    steps: Number.isInteger(steps) && steps > 0 ? steps : null,
    sample: query.get('sample'),
    refused: [
      ...(wrong.length > 0 ? [`Not valid here, so at the default: ${wrong.join(', ')}.`] : []),
      ...(unknown.length > 0
        ? [`No settings of this version, so left out: ${unknown.slice(0, 5).join(', ').slice(0, 100)}.`]
        : []),
    ],
  };
}

/** A label within a sentence; names of the field keep their capitals. */
function lower(label: string): string {
  return /^[A-Z][a-z]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label;
}

import { isTemplateName, type TemplateName } from '../../data/text/template-names.ts';
import { type RunSettings, readSetting, SETTINGS, writeSetting } from '../../run/settings/list.ts';
import type { Setting } from '../../run/settings/setting.ts';
import type { DeviceChoice } from '../../worker/api/api.ts';

/**
 * The address's hash keeps the set-up across reloads and in shared links: settings under their flags' names, the
 * device, the bundled sample, a chat template by its name. Never prompts, names of files, notes or tokens.
 */
export interface HashState {
  device: DeviceChoice;
  /** Experiments with the GPU’s matrix units are let in, where the browser has them. */
  matrices?: boolean;
  /** Threads of a run on the processor, where they are not to go by the machine's cores. */
  threads?: number | null;
  sample: string | null;
  /** The chat template chosen in place of the model's own, where it has a name. */
  chatTemplate?: TemplateName | null;
  settings: Partial<RunSettings>;
}

const SAMPLE = /^[a-z0-9-]+\.jsonl$/;

export function parseHash(hash: string, table: readonly Setting[] = SETTINGS): HashState {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const device = query.get('device');
  const sample = query.get('sample');
  const template = query.get('chat-template');
  const settings: Record<string, unknown> = {};
  for (const setting of table) {
    const text = query.get(setting.flag);
    if (!text || setting.type.kind === 'text') continue;
    const read = readSetting(setting, text);
    // A value out of range in a shared link falls back to the default rather than blocking the page.
    if ('value' in read) settings[setting.key] = read.value;
  }
  return {
    device: device === 'webgpu' || device === 'wasm' ? device : 'auto',
    matrices: query.get('matrices') === 'on',
    threads: /^[1-9]\d?$/.test(query.get('threads') ?? '') ? Number(query.get('threads')) : null,
    sample: sample !== null && SAMPLE.test(sample) ? sample : null,
    chatTemplate: template !== null && isTemplateName(template) ? template : null,
    settings: settings as Partial<RunSettings>,
  };
}

/** The hash of a set-up; only what differs from `defaults` is written. */
export function formatHash(
  state: HashState & { settings: RunSettings },
  defaults: RunSettings,
  table: readonly Setting[] = SETTINGS,
): string {
  const parts: string[] = [];
  if (state.device !== 'auto') parts.push(`device=${state.device}`);
  if (state.matrices) parts.push('matrices=on');
  if (state.threads) parts.push(`threads=${state.threads}`);
  if (state.sample) parts.push(`sample=${encodeURIComponent(state.sample)}`);
  if (state.chatTemplate) parts.push(`chat-template=${state.chatTemplate}`);
  const given = new Map(Object.entries(state.settings));
  const usual = new Map(Object.entries(defaults));
  for (const { key, flag, type } of table) {
    const value = given.get(key) ?? null;
    if (type.kind === 'text' || value === null || JSON.stringify(value) === JSON.stringify(usual.get(key)))
      continue;
    parts.push(`${flag}=${encodeURIComponent(writeSetting(value)).replaceAll('%2C', ',')}`);
  }
  return parts.length > 0 ? `#${parts.join('&')}` : '';
}

import { RunSettings, SETTINGS } from '../../run/settings.ts';
import type { DeviceChoice } from '../../worker/api/api.ts';

/**
 * The address's hash keeps the set-up across reloads and in shared links: settings under their flags' names, the
 * device, the bundled sample. Never prompts, names of files, notes or tokens.
 */
export interface HashState {
  device: DeviceChoice;
  /** Experiments with the GPU’s matrix units are let in, where the browser has them. */
  matrices?: boolean;
  sample: string | null;
  settings: Partial<RunSettings>;
}

const SAMPLE = /^[a-z0-9-]+\.jsonl$/;

export function parseHash(hash: string): HashState {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const device = query.get('device');
  const sample = query.get('sample');
  const settings: Record<string, unknown> = {};
  for (const { key, flag } of SETTINGS) {
    const text = query.get(flag);
    if (text === null) continue;
    const field = RunSettings.shape[key].safeParse(settingFromText(key, text));
    // A value out of range in a shared link falls back to the default rather than blocking the page.
    if (field.success) settings[key] = field.data;
  }
  return {
    device: device === 'webgpu' || device === 'wasm' ? device : 'auto',
    matrices: query.get('matrices') === 'on',
    sample: sample !== null && SAMPLE.test(sample) ? sample : null,
    settings: settings as Partial<RunSettings>,
  };
}

function settingFromText(key: keyof RunSettings, text: string): unknown {
  if (key === 'targets') return text.split(',').filter(Boolean);
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The hash of a set-up; only what differs from `defaults` is written. */
export function formatHash(state: HashState & { settings: RunSettings }, defaults: RunSettings): string {
  const parts: string[] = [];
  if (state.device !== 'auto') parts.push(`device=${state.device}`);
  if (state.matrices) parts.push('matrices=on');
  if (state.sample) parts.push(`sample=${encodeURIComponent(state.sample)}`);
  for (const { key, flag } of SETTINGS) {
    const value = state.settings[key];
    if (value === null || JSON.stringify(value) === JSON.stringify(defaults[key])) continue;
    parts.push(`${flag}=${Array.isArray(value) ? value.join(',') : encodeURIComponent(String(value))}`);
  }
  return parts.length > 0 ? `#${parts.join('&')}` : '';
}

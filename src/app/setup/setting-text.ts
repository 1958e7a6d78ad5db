import { RunSettings } from '../../run/settings.ts';

/** Settings as text: what a field shows, and what typing into it means. */

type Key = keyof RunSettings;

const CHOICES: Partial<Record<Key, { value: string; label: string }[]>> = {
  method: [{ value: 'lora', label: 'LoRA' }],
  schedule: [
    { value: 'linear', label: 'linear' },
    { value: 'cosine', label: 'cosine' },
    { value: 'constant', label: 'constant' },
  ],
  keep: [
    { value: 'null', label: 'auto' },
    { value: 'best', label: 'best' },
    { value: 'last', label: 'last' },
  ],
  baseDtype: ['auto', 'f32', 'f16', 'q8', 'q4', 'nf4'].map((value) => ({ value, label: value })),
  checkpointing: ['auto', 'on', 'off'].map((value) => ({ value, label: value })),
  packing: [
    { value: 'false', label: 'off' },
    { value: 'true', label: 'on' },
  ],
  raw: [
    { value: 'false', label: 'off' },
    { value: 'true', label: 'on' },
  ],
};

export function choicesOf(key: Key): { value: string; label: string }[] | null {
  return CHOICES[key] ?? null;
}

export function isNullable(key: Key): boolean {
  return RunSettings.shape[key].safeParse(null).success;
}

export function formatSetting(value: RunSettings[Key]): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** The value that a text means, or one sentence on what would be right. */
export function parseSetting(key: Key, text: string): { value: RunSettings[Key] } | { error: string } {
  const value = meaningOf(key, text.trim());
  const result = RunSettings.shape[key].safeParse(value);
  if (result.success && value !== undefined) return { value: result.data as RunSettings[Key] };
  return { error: limits(key) };
}

/** Why a text was not taken once its field is left, and what holds instead: `512 is more than 256; still 8.` */
export function refusal(key: Key, text: string, held: RunSettings[Key]): string {
  const value = meaningOf(key, text.trim());
  const issue = RunSettings.shape[key].safeParse(value).error?.issues[0];
  return `${text.trim() || 'Nothing'} is ${wrongness(issue)}; still ${formatSetting(held) || 'auto'}.`;
}

type Issue = { code?: string; maximum?: unknown; minimum?: unknown; inclusive?: boolean };

function wrongness(issue: Issue | undefined): string {
  if (issue?.code === 'too_big') return `more than ${issue.maximum}`;
  if (issue?.code === 'too_small')
    return issue.inclusive === false ? `not more than ${issue.minimum}` : `less than ${issue.minimum}`;
  return 'not what fits here';
}

function meaningOf(key: Key, text: string): unknown {
  if (text === 'null' || (text === '' && isNullable(key))) return null;
  if (text === 'true' || text === 'false') return text === 'true';
  if (key === 'targets') return text.split(/[\s,]+/).filter(Boolean);
  if (choicesOf(key)) return text;
  // A comma is the decimal point of half the world.
  const number = Number(text.replace(',', '.'));
  return text === '' || Number.isNaN(number) ? undefined : number;
}

const LIMITS: Partial<Record<Key, string>> = {
  rank: 'A whole number from 1 to 256.',
  alpha: 'A number above 0, up to 4,096.',
  dropout: 'A share from 0 to 0.9.',
  learningRate: 'A number above 0, up to 1, such as 0.001 or 1e-4.',
  warmup: 'A whole number from 0.',
  weightDecay: 'A number from 0 to 1.',
  clip: 'A number from 0; 0 is no limit.',
  epochs: 'A whole number from 1 to 1,000.',
  steps: 'A whole number, or nothing to go by passes.',
  batch: 'A whole number from 1 to 512.',
  accumulate: 'A whole number from 1 to 1,024.',
  maxLength: 'A whole number from 8 to 32,768.',
  seed: 'A whole number from 0 to 4,294,967,295.',
  evalFraction: 'A share from 0 to 0.9.',
};

function limits(key: Key): string {
  return LIMITS[key] ?? 'A whole number from 1, or nothing.';
}

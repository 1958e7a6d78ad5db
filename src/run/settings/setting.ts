/**
 * One setting of a run: what it is called, which values it takes, and how a value is written as text and read from
 * it. The page's fields, the flags of the commands, the address, recipe files and the docs all ask here.
 */
export interface Setting extends Entry<unknown> {
  /** Its name in `RunSettings` and in every file. */
  key: string;
}

/** A setting without its key, as it stands in the table. */
export interface Entry<Value> extends Words {
  type: SettingType;
  /** Null: the run decides by itself. Only such a setting can be null. */
  default: Value;
}

export interface Words {
  /** `--flag` of the command line, and its name in the address. */
  flag: string;
  /** The word of the field, for the page and the report. */
  label: string;
  /** One sentence for the page, for `--help` and for the docs. */
  help: string;
  group: 'adapter' | 'optimizer' | 'length' | 'data' | 'memory';
  unit?: string;
  /** Stands for a value in the help of a command, e.g. `N`; without it the unit or the choices do. */
  placeholder?: string;
  /** When it has an effect; without this, always. */
  only?: Condition;
  /** An adapter that is trained further brings its own. */
  ofAdapter?: boolean;
  /**
   * Added after version 1 of the saved files: written there only where it is not the default, so that runs, recipes
   * and checkpoints without it keep their bytes.
   */
  later?: boolean;
}

export interface Condition {
  /** `Only WORDS.`, e.g. `where rows are held out`. */
  words: string;
  holds(run: { settings: Readonly<Record<string, unknown>>; heldOut: boolean }): boolean;
  /** Where it is a condition on the objective, or on the method: those that it names. */
  objectives?: readonly string[];
  methods?: readonly string[];
}

export interface Choice<Value extends string = string> {
  value: Value;
  label: string;
  /** Said beside the label where there is room. */
  about?: string;
}

export type SettingType =
  | ({ kind: 'integer' } & Range)
  | ({ kind: 'number'; above?: number; example?: string } & Range)
  | { kind: 'choice'; choices: readonly Choice[] }
  | { kind: 'switch' }
  | { kind: 'names' }
  /** Words of a person, of several lines perhaps. */
  | { kind: 'text' };

interface Range {
  min?: number;
  max?: number;
}

type OrNull<Default> = Extract<Default, null>;

export function integer<D extends number | null>({
  min,
  max,
  ...words
}: Words & Range & { default: D }): Entry<number | OrNull<D>> {
  return entry({ kind: 'integer', min, max }, words);
}

export function number<D extends number | null>({
  min,
  above,
  max,
  example,
  ...words
}: Words & Range & { above?: number; example?: string; default: D }): Entry<number | OrNull<D>> {
  return entry({ kind: 'number', min, above, max, example }, words);
}

export function choice<V extends string, D extends NoInfer<V> | null>({
  choices,
  ...words
}: Words & { choices: readonly (V | Choice<V>)[]; default: D }): Entry<V | OrNull<D>> {
  const all = choices.map((one) => (typeof one === 'string' ? { value: one, label: one } : one));
  return entry({ kind: 'choice', choices: all }, words);
}

export function toggle(words: Words & { default: boolean }): Entry<boolean> {
  return entry({ kind: 'switch' }, words);
}

export function names<D extends string[] | null>(words: Words & { default: D }): Entry<string[] | OrNull<D>> {
  return entry({ kind: 'names' }, words);
}

/** What a person writes; it stays out of the page's address. */
export function text(words: Words & { default: null }): Entry<string | null> {
  return entry({ kind: 'text' }, words);
}

function entry<Value>(type: SettingType, words: Words & { default: unknown }): Entry<Value> {
  return { ...words, type, default: words.default as Value };
}

/** Whether it can have this value. */
export function takesValue({ type, default: usual }: Setting, value: unknown): boolean {
  if (value === null) return usual === null;
  switch (type.kind) {
    case 'integer':
      return Number.isSafeInteger(value) && isWithin(type, value as number);
    case 'number':
      return Number.isFinite(value) && isWithin(type, value as number);
    case 'choice':
      return type.choices.some((one) => one.value === value);
    case 'switch':
      return typeof value === 'boolean';
    case 'names':
      return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
    case 'text':
      return typeof value === 'string' && value.trim() !== '';
  }
}

function isWithin({ min, above, max }: Range & { above?: number }, value: number): boolean {
  return value >= (min ?? -Infinity) && value > (above ?? -Infinity) && value <= (max ?? Infinity);
}

/** The value that a text means, or why it means none: `takes a whole number from 1 to 256, not “512”`. */
export function readSetting(setting: Setting, text: string): { value: unknown } | { error: string } {
  const given = text.trim();
  const value = meaningOf(setting, given);
  if (value !== undefined && takesValue(setting, value)) return { value };
  return { error: `takes ${rangeOf(setting)}${given === '' ? '' : `, not “${given}”`}` };
}

function meaningOf({ type, default: usual }: Setting, text: string): unknown {
  if (text === '') return usual === null ? null : undefined;
  switch (type.kind) {
    case 'choice':
    case 'text':
      return text;
    case 'switch':
      return ['true', 'on'].includes(text) || (['false', 'off'].includes(text) ? false : undefined);
    case 'names': {
      const list = text.split(/\s*,\s*|\s+/);
      return list.includes('') ? undefined : list;
    }
    case 'integer':
      return Number(text);
    case 'number':
      // A comma is the decimal point of half the world.
      return Number(text.replace(',', '.'));
  }
}

/** A value as `readSetting` takes it back; null is the empty text. */
export function writeSetting(value: unknown): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** A value for people, with its unit. */
export function showSetting({ type, unit }: Setting, value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (type.kind === 'choice') return type.choices.find((one) => one.value === value)?.label ?? String(value);
  if (!unit) return String(value);
  return `${value} ${value === 1 ? unit.replace(/s$/, '') : unit}`;
}

/** What it takes: `a whole number from 1 to 256`, `linear, cosine or constant`. */
export function rangeOf({ type }: Setting): string {
  switch (type.kind) {
    case 'choice':
      return listOf(type.choices.map(({ value }) => value));
    case 'switch':
      return 'on or off';
    case 'names':
      return 'names with commas between them';
    case 'text':
      return 'a text';
    case 'integer':
      return `a whole number${limits(type)}`;
    case 'number':
      return `a number${limits(type)}${type.example ? `, such as ${type.example}` : ''}`;
  }
}

function limits({ min, above, max }: Range & { above?: number }): string {
  const most = max?.toLocaleString('en');
  if (above !== undefined) return ` above ${above}${max === undefined ? '' : `, up to ${most}`}`;
  if (min === undefined) return max === undefined ? '' : ` up to ${most}`;
  return max === undefined ? ` of ${min} or more` : ` from ${min} to ${most}`;
}

function listOf(values: readonly string[]): string {
  if (values.length === 1) return values[0];
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** What a list to choose from offers: text and label. Null where the value is typed in. */
export function optionsOf({ type, default: usual }: Setting): { value: string; label: string }[] | null {
  if (type.kind === 'switch')
    return [
      { value: 'false', label: 'off' },
      { value: 'true', label: 'on' },
    ];
  if (type.kind !== 'choice') return null;
  const choices = type.choices.map(({ value, label }) => ({ value, label }));
  return usual === null ? [{ value: '', label: 'auto' }, ...choices] : choices;
}

/** Whether there is anything to set. */
export function isOpen({ type }: Setting): boolean {
  return !(type.kind === 'choice' && type.choices.length === 1);
}

/** Why it changes nothing in this run: a sentence, or null where it does. */
export function withoutEffect(
  { only }: Setting,
  run: { settings: Readonly<object>; heldOut: boolean },
): string | null {
  const { settings, heldOut } = run;
  if (!only || only.holds({ settings: settings as Record<string, unknown>, heldOut })) return null;
  return `Has no effect here: it counts only ${only.words}.`;
}

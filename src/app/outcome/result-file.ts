import { type RunSettings, SETTINGS, savedSettings, takesValue } from '../../run/settings/list.ts';
import type { PastRun } from '../../worker/api/api.ts';
import type { OtherResult } from '../state/history.ts';

/**
 * One run's result as a short file to hand on: curve, figures, settings, and which data that was. No row and no answer,
 * no text that the person typed but a name, and of data of their own a hash, not the file's name.
 */

export const RESULT = 'lowrank-result';

/** What a file may hold at most, so that one made elsewhere cannot fill the page. */
const MOST_POINTS = 4000;
const LONGEST = 80;

/** @param by whose result it is; empty: nobody says */
export function resultText(run: PastRun, by: string): string {
  const { id, ended, model, data, dataSha256, settings, summary, curve, figure, elsewhere } = run;
  const typed = new Set<string>(SETTINGS.filter(({ type }) => type.kind === 'text').map(({ key }) => key));
  const { step, loss, heldStep, heldLoss } = curve;
  const file = {
    ...{ format: RESULT, version: 1, id, by: by.trim(), ended, model },
    data: { name: data.startsWith('Sample: ') ? data : null, sha256: dataSha256 ?? null },
    settings: Object.fromEntries(Object.entries(savedSettings(settings)).filter(([key]) => !typed.has(key))),
    steps: summary.steps,
    held_out: summary.eval && {
      loss_before: summary.eval.loss_before,
      loss_after: summary.eval.loss_after,
      rows: summary.eval.rows,
    },
    figure,
    elsewhere,
    curve: { step, loss, heldStep, heldLoss },
  };
  return `${JSON.stringify(file)}\n`;
}

/** @returns the result; or why the file is none, as a sentence */
export function readResult(text: string): OtherResult | string {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return 'It is damaged.';
  }
  if (!isObject(file) || file.format !== RESULT) return 'It is no result of a run.';
  if (file.version !== 1) return 'It was saved by a newer version of this page.';
  const { curve, data } = file;
  if (!isObject(curve) || !isObject(data)) return 'Its curve or its data are missing.';
  const trained = points(curve.step, curve.loss);
  const held = points(curve.heldStep, curve.heldLoss);
  if (!trained || trained.steps.length === 0 || !held) return 'Its curve cannot be read.';
  const sha256 = typeof data.sha256 === 'string' && /^[0-9a-f]{64}$/.test(data.sha256) ? data.sha256 : null;
  const name = words(data.name);
  const by = words(file.by);
  const settings: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const value = isObject(file.settings) ? file.settings[setting.key] : undefined;
    if (value !== undefined && takesValue(setting, value)) settings[setting.key] = value;
  }
  return {
    id: `other ${words(file.id)}`,
    name: by || 'No name',
    model: words(file.model),
    data: name || (sha256 ? `data ${sha256.slice(0, 8)}` : 'data of their own'),
    ...(sha256 && { dataSha256: sha256 }),
    ended: words(file.ended),
    settings: settings as Partial<RunSettings>,
    steps: isNumber(file.steps) ? file.steps : (trained.steps.at(-1) ?? 0),
    heldOut: change(file.held_out, 'loss_before', 'loss_after'),
    figure: isObject(file.figure)
      ? named(change(file.figure, 'before', 'after'), words(file.figure.what))
      : null,
    elsewhere: change(file.elsewhere, 'before', 'after'),
    curve: {
      step: trained.steps,
      loss: trained.values,
      heldStep: held.steps,
      heldLoss: held.values,
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Values over steps that rise, without those that are no number, which JSON writes as null; null: no such thing. */
function points(steps: unknown, values: unknown): { steps: number[]; values: number[] } | null {
  if (!Array.isArray(steps) || !Array.isArray(values)) return null;
  if (steps.length !== values.length || steps.length > MOST_POINTS) return null;
  if (!steps.every((step, i) => isNumber(step) && (i === 0 || step > steps[i - 1]))) return null;
  const good = [...values.keys()].filter((i) => isNumber(values[i]));
  return { steps: good.map((i) => steps[i]), values: good.map((i) => values[i]) };
}

/** A text from a stranger's file: one line, and short. */
function words(value: unknown): string {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, LONGEST) : '';
}

function change(value: unknown, from: string, to: string): { before: number; after: number } | null {
  if (!isObject(value)) return null;
  const [before, after] = [value[from], value[to]];
  return isNumber(before) && isNumber(after) ? { before, after } : null;
}

function named(change: { before: number; after: number } | null, what: string): OtherResult['figure'] {
  return change && what !== '' ? { what, ...change } : null;
}

import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { RowPreview } from '../../data/types.ts';
import { worker } from '../state/connection.ts';
import { getApp } from '../state/store.ts';

/** Questions to try on what a run has trained: of rows that it never saw, where it held any out. */

/** How many are offered, and of how many rows they are chosen. */
const OFFERED = 3;
const LOOKED_AT = 12;
/** Characters: a longer question is no quick try. */
const SHORT = 200;

let kept: { run: string | null; questions: Promise<string[]> } | null = null;

/** Those of the run that is shown: read once, since its data may give way to others. */
export function questionsToTry(): Promise<string[]> {
  const run = getApp().run.adapter;
  if (kept?.run !== run) kept = { run, questions: read() };
  return kept.questions;
}

async function read(): Promise<string[]> {
  const { runSettings, data, run } = getApp();
  if (!runSettings || !data) return [];
  const asked = run.films.map(({ prompt }) => prompt);
  try {
    const api = await worker();
    const { heldOut } = await api.heldOutRows(runSettings, MAX_HELD_OUT_ROWS);
    const rows = heldOut.length > 0 ? heldOut : Array.from({ length: data.used }, (_, row) => row);
    const looked = spread(rows, LOOKED_AT).map((row) => api.previewRows(row, row + 1));
    return chosenQuestions((await Promise.all(looked)).flat(), asked);
  } catch {
    // Without them there is still the field.
    return [];
  }
}

/** At most so many of a list, from all over it. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
}

/** Short questions that differ and are not in sight already; shorter ones are the quicker try. */
export function chosenQuestions(rows: readonly RowPreview[], asked: readonly string[]): string[] {
  const fit = rows
    .map(({ question }) => question.trim())
    .filter((question) => question !== '' && question.length <= SHORT && !asked.includes(question));
  return [...new Set(fit)].sort((a, b) => a.length - b.length).slice(0, OFFERED);
}

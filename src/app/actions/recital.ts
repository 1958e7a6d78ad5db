import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { DataReport } from '../../data/types.ts';
import { ASKED_AT_ONCE } from '../../worker/api/measures.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { NO_RECITAL, useRecital } from '../state/recital.ts';
import { getApp } from '../state/store.ts';
import { inTurn } from './in-turn.ts';

/** Words: a shorter answer is known rather than recited. */
export const LEAST_WORDS = 6;

/** The latest asking counts. */
let turn = 0;

/** Another run, on these data, or none: what was found belongs to the one before. */
export function beginRecital(of: DataReport | null): void {
  turn++;
  useRecital.setState({ ...NO_RECITAL, of }, true);
}

/** Asks rows that the run was trained on, and counts those that come back word for word. */
export async function checkRecital(): Promise<void> {
  const { runSettings: settings, data, tuned } = getApp();
  const { of } = useRecital.getState();
  if (!settings || !of || data !== of || tuned === null) return;
  const mine = ++turn;
  const open = () => mine === turn && getApp().data === of;
  useRecital.setState({ ...NO_RECITAL, of, asked: { counted: 0, all: 0 }, total: 0 }, true);
  try {
    const api = await worker();
    const adapter = { id: tuned, strength: 1 };
    const { trained } = await api.heldOutRows(settings, MAX_HELD_OUT_ROWS);
    if (open()) useRecital.setState({ total: trained.length });
    for (let i = 0; i < trained.length; i += ASKED_AT_ONCE) {
      const rows = trained.slice(i, i + ASKED_AT_ONCE);
      const request = { rows, shots: [], raw: settings.raw, adapter, answers: true };
      const asked = await inTurn(async () => (open() ? api.askRows(request) : []));
      if (!open() || asked.length === 0) return;
      useRecital.setState(({ asked: before, recited }) => {
        const counted = asked.filter(({ reference }) => isLong(reference));
        const same = counted.filter(({ answer, reference }) => answer?.trim() === reference.trim());
        return {
          asked: {
            counted: (before?.counted ?? 0) + counted.length,
            all: (before?.all ?? 0) + asked.length,
          },
          recited: [
            ...recited,
            ...same.map(({ line, prompt, answer }) => ({ line, prompt, answer: answer ?? '' })),
          ],
        };
      });
    }
    if (open()) useRecital.setState({ total: null });
  } catch (error) {
    if (mine === turn) useRecital.setState({ total: null, error: pageError(error) });
  }
}

export function isLong(reference: string): boolean {
  return reference.trim().split(/\s+/).length >= LEAST_WORDS;
}

/** Ends the asking; what was found stays. */
export async function stopRecital(): Promise<void> {
  turn++;
  useRecital.setState({ total: null });
  await (await worker()).cancelGenerate();
}

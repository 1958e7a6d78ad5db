import { fileName } from '../../files/file-name.ts';
import type { PastRun } from '../../worker/api/api.ts';
import { curveOf } from '../drawing/overlays.ts';
import { taskFigure } from '../outcome/figure.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useHistory } from '../state/history.ts';
import { useOutcome } from '../state/outcome.ts';
import { shelve, useShelf } from '../state/shelf.ts';
import { getApp, setApp } from '../state/store.ts';
import { save } from './take.ts';

let loading: Promise<void> | null = null;

/** Reads what earlier visits kept; runs of this visit stay in front. */
export function loadHistory(): Promise<void> {
  loading ??= readHistory();
  return loading;
}

/** Whether no run has ended before, on this visit or on an earlier one that is remembered. */
export async function isFirstRun(): Promise<boolean> {
  try {
    await loadHistory();
    return useHistory.getState().runs.length === 0;
  } catch {
    // What was kept cannot be read: nobody knows.
    return false;
  }
}

async function readHistory(): Promise<void> {
  if (useHistory.getState().loaded) return;
  useHistory.setState({ loaded: true });
  const kept = await (await worker()).pastRuns();
  useHistory.setState(({ runs }) => ({
    runs: [...runs, ...kept.filter(({ id }) => !runs.some((run) => run.id === id))],
  }));
}

/** Adds the run that has just ended, with its adapter where that is small. */
export async function rememberRun(): Promise<void> {
  const { run, runName, runSettings, model, data, dataTitle } = getApp();
  if (!run.summary || !runSettings || run.summary.steps === 0) return;
  const past: PastRun = {
    id: crypto.randomUUID(),
    name: runName,
    note: '',
    ended: new Date().toISOString(),
    model: model?.name ?? '',
    data: dataTitle,
    ...(data && { dataSha256: data.sha256 }),
    settings: runSettings,
    // The reasons why lines were set aside may quote them.
    summary: { ...run.summary, rows: { ...run.summary.rows, bad: [] } },
    curve: curveOf(run),
    figure: null,
    elsewhere: null,
    adapterBytes: 0,
  };
  useHistory.setState(({ runs }) => ({ runs: [past, ...runs], current: past.id }));
  if (past.summary.adapter) shelve(past.summary.adapter, past.name, past.id);
  await keep(past, true);
}

/** Adds to the run's entry what was measured after the run. */
export async function rememberOutcome(): Promise<void> {
  const { current, runs } = useHistory.getState();
  const past = runs.find(({ id }) => id === current);
  if (!past) return;
  const { rows, elsewhere, done } = useOutcome.getState();
  const figure = done ? taskFigure(rows) : null;
  await changeRun(past.id, {
    figure: figure && { what: figure.what, before: figure.before, after: figure.after },
    elsewhere: elsewhere && { before: elsewhere.before, after: elsewhere.after },
  });
}

async function keep(past: PastRun, withAdapter: boolean): Promise<void> {
  try {
    const kept = await (await worker()).keepRun(past, withAdapter ? past.summary.adapter : null);
    useHistory.setState(({ runs }) => ({
      runs: runs.map((run) => (run.id === past.id ? { ...run, adapterBytes: kept.adapterBytes } : run)),
    }));
  } catch (error) {
    useHistory.setState({ error: pageError(error) });
  }
}

export async function changeRun(id: string, what: Partial<PastRun>): Promise<void> {
  useHistory.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === id ? { ...run, ...what } : run)),
  }));
  const changed = useHistory.getState().runs.find((run) => run.id === id);
  if (changed) await keep(changed, false);
}

export async function renameRun(id: string, name: string): Promise<void> {
  const text = name.trim();
  if (text === '') return;
  if (useHistory.getState().current === id && getApp().run.state === 'finished') setApp({ runName: text });
  for (const [on, { past }] of Object.entries(useShelf.getState().named))
    if (past === id) shelve(on, text, id);
  await changeRun(id, { name: text });
}

export async function noteRun(id: string, note: string): Promise<void> {
  await changeRun(id, { note: note.trim() });
}

export async function deleteRun(id: string): Promise<void> {
  useHistory.setState(({ runs, shown, current }) => ({
    runs: runs.filter((run) => run.id !== id),
    shown: shown.filter((other) => other !== id),
    current: current === id ? null : current,
  }));
  await (await worker()).removeRun(id);
}

/** Lays a past run over the loss chart, or takes it away. */
export function overlay(id: string, on: boolean): void {
  useHistory.setState(({ shown }) => ({
    shown: on ? [...shown.filter((other) => other !== id), id] : shown.filter((other) => other !== id),
  }));
}

export async function downloadPast({ id, name }: PastRun): Promise<void> {
  try {
    const zip = await (await worker()).pastAdapter(id, fileName(name));
    if (zip) save(zip.blob, zip.name);
  } catch (error) {
    useHistory.setState({ error: pageError(error) });
  }
}

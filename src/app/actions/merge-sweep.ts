import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { sweepResult, sweepWeights, taskName } from '../../lab/merging/sweep.ts';
import { wayOf } from '../../merging/list.ts';
import { isMergeRaw } from '../../merging/prompt-form.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { MergeInfo, ShelfEntry } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useLab } from '../state/lab.ts';
import { type SweptMerge, useMergeSweep } from '../state/merge-sweep.ts';
import { useMerging } from '../state/merging.ts';
import { type Request, requests } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { canExperiment, underWay, unlessStopped, warningsIn } from './experiment.ts';
import { inTurn } from './in-turn.ts';
import { modelFlag } from './ladder-record.ts';
import { chosenOf, followAgain, nameOfEntry, optionsOf, restMerging } from './merging.ts';

/** Weights of a merge that are tried on held-out rows, one combination after another. */

const sweeps = requests();
const { getState: swept, setState: set } = useMergeSweep;

/** Files of rows that an adapter can be given, by their endings. */
export const ROWS = '.jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.md,.parquet,.gz,.zip';

export function giveRows({ id }: Pick<ShelfEntry, 'id'>, file: File | null): void {
  if (getApp().underWay) return;
  const { [id]: _, ...others } = swept().rows;
  set({ rows: file ? { ...others, [id]: file } : others, error: null });
}

/** Rows that a run with the settings of the page holds out of the open data. */
export async function giveOpenRows(entry: Pick<ShelfEntry, 'id'>): Promise<void> {
  const { settings, data } = getApp();
  if (!data) return;
  try {
    const api = await worker();
    const { heldOut } = await api.heldOutRows(settings, MAX_HELD_OUT_ROWS);
    const rows = await api.rowsAsJsonLines(heldOut);
    giveRows(entry, new File([rows], `${taskName(data.name)}-held-out.jsonl`));
  } catch (error) {
    set({ error: pageError(error) });
  }
}

/** What would be swept now; null where there is nothing to. */
export function toSweep(): SweptMerge | null {
  const state = useMerging.getState();
  const { model, modelChoice, settings } = getApp();
  const chosen = chosenOf(state);
  const files = chosen.flatMap(({ id }) => swept().rows[id] ?? []);
  if (!model || files.length === 0) return null;
  const sources = chosen.map((entry) => ({
    ...{ id: entry.id, name: nameOfEntry(entry), rank: entry.settings.rank ?? null },
  }));
  const { maxLength, baseDtype } = settings;
  const measured = { options: optionsOf(state), raw: isMergeRaw(chosen), maxLength, baseDtype };
  return {
    ...{ ...measured, sources, files },
    key: JSON.stringify([
      ...[model.id, modelChoice, measured, sources.map(({ id }) => id)],
      files.map(({ name, size, lastModified }) => [name, size, lastModified]),
    ]),
    ...{ model: model.id, modelFlag: modelFlag(modelChoice, model.name) },
  };
}

export function canSweep(): boolean {
  return canExperiment() && toSweep() !== null;
}

/** Measures what is not measured yet of what stands in the fields. */
export async function sweepMerge(): Promise<void> {
  const of = canSweep() ? toSweep() : null;
  if (!of) return;
  try {
    const grid = sweepWeights(wayOf(of.options.way), of.sources.length);
    const more = swept().of?.key === of.key;
    set({
      error: null,
      of,
      total: grid.length,
      ...(!more && { base: null, points: [], made: null, notes: [] }),
    });
    await restMerging();
    const error = await underWay('weights', 'The base', () => carryOut(sweeps.begin(), of, grid));
    set({ error });
    followAgain();
  } catch (error) {
    set({ error: pageError(error) });
  }
}

/** Ends what is measured; the weights that were tried stay. */
export async function stopMergeSweep(): Promise<void> {
  if (getApp().underWay !== 'weights') return;
  useLab.setState({ stopping: true });
  const api = await worker();
  await Promise.all([api.cancelGenerate(), api.stopWork()]);
}

async function carryOut(request: Request, of: SweptMerge, grid: readonly number[][]): Promise<void> {
  const { tasks } = namesOf(of);
  const total = (grid.length + 1) * tasks.length;
  const began = performance.now();
  const before = swept().points.length + (swept().base ? 1 : 0);
  let done = before * tasks.length;
  const lossesOf = async (what: string, use: AdapterUse | null) => {
    const losses: number[] = [];
    for (const [i, file] of of.files.entries()) {
      const measured = done - before * tasks.length;
      const left = measured > 0 ? (((performance.now() - began) / measured) * (total - done)) / 1000 : null;
      useLab.setState({ work: { what: `${what} on ${tasks[i]}`, done, total }, left });
      losses.push(await lossOn(request, { file, use, of }));
      done++;
    }
    return losses;
  };
  if (!swept().base) set({ base: await lossesOf('The base', null) });
  for (const weights of grid.slice(swept().points.length)) {
    const what = weights.join(', ');
    const losses = await withMerge(request, { of, weights }, ({ adapter }) =>
      lossesOf(what, { id: adapter, strength: 1 }),
    );
    set(({ points }) => ({ points: [...points, { weights, losses }] }));
  }
  const { base, points } = swept();
  const { best } = sweepResult(tasks, base!, points);
  await withMerge(request, { of, weights: points[best].weights }, async (made) => set({ made }));
}

/** Of each task, as its file is called, with a number behind it where another is called so. */
export function namesOf({ files }: Pick<SweptMerge, 'files'>): { tasks: string[] } {
  const tasks: string[] = [];
  for (const { name } of files) {
    const own = taskName(name);
    let task = own;
    for (let i = 2; tasks.includes(task); i++) task = `${own} ${i}`;
    tasks.push(task);
  }
  return { tasks };
}

/** Does something with a merge by these weights, which is gone then. */
async function withMerge<T>(
  request: Request,
  { of: { sources, options }, weights }: { of: SweptMerge; weights: readonly number[] },
  work: (made: MergeInfo) => Promise<T>,
): Promise<T> {
  unlessStopped();
  const adapters = sources.map(({ id, name }, i) => ({ id, name, weight: weights[i] }));
  const made = await request.events(
    () => {},
    (api, listener) => api.mergeAdapters({ adapters, ...options }, listener),
  );
  try {
    return await work(made);
  } finally {
    await (await worker()).removeAdapter(made.adapter);
  }
}

/** Mean loss of a supervised token of a file's rows. */
async function lossOn(
  request: Request,
  { file, use, of }: { file: File; use: AdapterUse | null; of: SweptMerge },
): Promise<number> {
  unlessStopped();
  const { maxLength, raw } = of;
  const mapping = getApp().dataChoice?.mapping;
  return inTurn(async () => {
    unlessStopped();
    const report = await request.events(
      () => {},
      (api, listener) => api.openData({ kind: 'file', file, mapping }, { maxLength, raw }, 'eval', listener),
    );
    set(({ notes }) => ({ notes: [...new Set([...notes, ...warningsIn(report)])] }));
    const { loss } = await request.events(
      () => {},
      (api, listener) => api.evaluate(use, listener),
    );
    unlessStopped();
    return loss;
  });
}

import type { NamedFile } from '../../files/named-file.ts';
import type { Training } from '../../lab/ladder/climb.ts';
import type { LadderAdapter, RunEvent, RunSummary, TrainRequest } from '../../worker/api/api.ts';
import { loss } from '../shared/format.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { nowAt, useLab } from '../state/lab.ts';
import { useLadder } from '../state/ladder.ts';
import type { Request } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { stopped, unlessStopped } from './experiment.ts';
import { inTurn } from './in-turn.ts';
import { same } from './ladder-record.ts';
import { takeRunLock } from './run.ts';

/** The adapter that answers the tuned rungs of a ladder: trained for it, or the one that answers on the page. */

/** General rows that are measured at once. */
const AT_ONCE = 10;

/** What the page has of the adapter that answers on it, to measure and to keep; null where there is none. */
export async function adapterOnShelf(): Promise<{ name: string; files: NamedFile[] } | null> {
  const { tuned, adapter, runName } = getApp();
  if (tuned === null) return null;
  const name = tuned === adapter?.info.id ? adapter.name : runName;
  return { name, files: await (await worker()).adapterFiles(tuned) };
}

/** What the page knows of its training, and of what it may have seen. */
export function trainingOnShelf(): { training: Training; note: string } {
  const { tuned, adapter, run } = getApp();
  const brought = tuned === adapter?.info.id;
  const summary = brought ? null : run.summary;
  return {
    training: {
      train_seconds: summary?.seconds ?? null,
      memory_bytes: summary ? memoryOf(summary) : null,
      ...{ elsewhere_before: null, elsewhere_after: null },
    },
    note: brought
      ? 'The adapter was trained before, and whether it was trained on held-out rows cannot be known here.'
      : 'The adapter was trained before the ladder was measured: rows that ask what a held-out row asks may have been among its training rows, and its best step may have been chosen on the held-out rows.',
  };
}

export interface AskedAdapter {
  /** What the page calls the ladder's data. */
  title: string;
  name: string;
  /** What is happening, for people. */
  what: string;
  training: TrainRequest;
  /** As it is kept; null: to be trained now. */
  adapter: LadderAdapter | null;
  /** Loss on general text of the base, where it is known. */
  before?: number | null;
}

/**
 * An adapter of a ladder on the worker's shelf, with what training took: as it is kept, or trained now. What is found out is
 * handed to `keep` as soon as it is known.
 *
 * @throws UserError `stopped`
 */
export async function ladderAdapter(
  request: Request,
  asked: AskedAdapter,
  keep: (adapter: LadderAdapter) => Promise<void>,
): Promise<{ id: string; training: Training }> {
  let { adapter } = asked;
  let id: string;
  if (adapter) id = (await (await worker()).addAdapter(adapter.files)).id;
  else {
    const before = asked.before ?? (await generalLoss(null, 'Loss on general text, before training'));
    const summary = await train(request, asked);
    id = summary.adapter;
    adapter = {
      name: asked.name,
      files: await (await worker()).adapterFiles(id),
      training: {
        train_seconds: summary.seconds,
        memory_bytes: memoryOf(summary),
        ...{ elsewhere_before: before, elsewhere_after: null },
      },
      note: null,
    };
    await keep(adapter);
  }
  const { training: known } = adapter;
  if (known.elsewhere_after !== null) return { id, training: known };
  const before = known.elsewhere_before ?? (await generalLoss(null, 'Loss on general text, base'));
  const after = await generalLoss(id, 'Loss on general text, tuned');
  adapter = { ...adapter, training: { ...known, elsewhere_before: before, elsewhere_after: after } };
  await keep(adapter);
  return { id, training: adapter.training };
}

function memoryOf({ memory }: RunSummary): number | null {
  return memory.peak_bytes || memory.plan_bytes || null;
}

/** Mean loss on the general rows, of the base or of an adapter. */
async function generalLoss(id: string | null, what: string): Promise<number | null> {
  const api = await worker();
  let lossSum = 0;
  let tokens = 0;
  let rows = AT_ONCE;
  for (let begin = 0; begin < rows; begin += AT_ONCE) {
    unlessStopped();
    const use = id === null ? null : { id, strength: 1 };
    const part = await inTurn(() => api.generalLoss(use, begin, begin + AT_ONCE));
    lossSum += part.lossSum;
    tokens += part.tokens;
    rows = part.rows;
    useLab.setState({ work: { what, done: Math.min(rows, begin + AT_ONCE), total: rows }, left: null });
  }
  return tokens > 0 ? lossSum / tokens : null;
}

/** One training, from its newest checkpoint where this browser has one of it. */
async function train(request: Request, { title, what, training }: AskedAdapter): Promise<RunSummary> {
  const api = await worker();
  const alone = await takeRunLock();
  // Of the unfinished run that the page offers none may be lost.
  const keepAs = alone && !getApp().saved ? title : undefined;
  const saved = keepAs === undefined ? null : await api.savedRun();
  const earlier =
    same(saved?.request.leaveOut, training.leaveOut) && same(saved?.request.settings, training.settings);
  // What runs kept on their way goes with the next training.
  useThen.setState({ steps: [], step: null });
  const asked = { ...training, keepAs, dataTitle: title };
  const run = (resume: 'saved' | undefined) =>
    request.events(hearTraining(what), (worker, listener) => worker.train({ ...asked, resume }, listener));
  nowAt(`${what}: preparing`);
  try {
    const summary = await (earlier
      ? run('saved').catch((error) => {
          if (pageError(error).code !== 'other-run') throw error;
          return run(undefined);
        })
      : run(undefined));
    if (summary.interrupted || summary.stopped) throw stopped();
    return summary;
  } finally {
    alone?.();
  }
}

function hearTraining(what: string): (events: RunEvent[]) => void {
  return (events) => {
    for (const event of events) {
      if (event.type === 'step')
        useLab.setState({
          work: { what: `${what}, loss ${loss(event.loss)}`, done: event.step, total: event.steps },
          left: event.secondsLeft,
        });
      else if (event.type === 'progress')
        useLab.setState({ work: { what: event.what, done: event.done, total: event.total }, left: null });
      else if (event.type === 'warning')
        useLadder.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, event.text])] }));
    }
  };
}

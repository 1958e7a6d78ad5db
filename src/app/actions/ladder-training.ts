import type { NamedFile } from '../../files/named-file.ts';
import type { Training } from '../../lab/ladder/climb.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { LadderAdapter, RunSummary, TrainRequest } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { useLadder } from '../state/ladder.ts';
import type { Request } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { memoryOf, trainIn } from './experiment-training.ts';
import { lossOnGeneral } from './general-loss.ts';
import { inTurn } from './in-turn.ts';

/** The adapter that answers the tuned rungs of a ladder: trained for it, or the one that answers on the page. */

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

/** Of the page's own worker, in turn with what a person asks. */
async function generalLoss(id: string | null, what: string): Promise<number | null> {
  const api = await worker();
  return lossOnGeneral((begin, end) => inTurn(() => api.generalLoss(useOf(id), begin, end)), what);
}

function useOf(id: string | null): AdapterUse | null {
  return id === null ? null : { id, strength: 1 };
}

async function train(request: Request, { title, what, training }: AskedAdapter): Promise<RunSummary> {
  // What runs kept on their way goes with the next training.
  useThen.setState({ steps: [], step: null });
  return trainIn({
    ...{ api: await worker(), request, training, keepAs: title, dataTitle: title, what },
    warn: (text) => useLadder.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, text])] })),
  });
}

import { trainingOfAll } from '../../lab/ladder/apart.ts';
import type { KeptRung } from '../../lab/ladder/climb.ts';
import { APART } from '../../lab/ladder/rungs.ts';
import type { LadderAdapter, LadderKinds, TrainRequest } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { nowAt } from '../state/lab.ts';
import type { Request } from '../state/requests.ts';
import { hearPiece, stopped, unlessStopped } from './experiment.ts';
import { inTurn } from './in-turn.ts';
import { ladderAdapter } from './ladder-training.ts';

/** A ladder that is taken apart: the kinds of its questions, and an adapter for each. */

/** Kinds of questions among the rows of the ladder that is prepared; null where there are none. */
export async function kindsOfLadder(request: Request): Promise<LadderKinds | null> {
  nowAt('Kinds of questions');
  const kinds = await inTurn(async () => {
    unlessStopped();
    return request.events(hearPiece(), (api, listener) => api.ladderKinds(listener));
  });
  if (!request.latest) throw stopped();
  return kinds;
}

interface Apart {
  kinds: LadderKinds;
  /** As of the adapter of all kinds. */
  training: TrainRequest;
  /** What the page calls the ladder's data. */
  title: string;
  /** Adapters of the first kinds, which are trained already. */
  kept: readonly LadderAdapter[];
}

/**
 * Trains an adapter for each kind that has none yet, each handed to `keep` as soon as it is trained, and has all of them answer
 * as one.
 *
 * @throws UserError `stopped`
 */
export async function measureApart(
  request: Request,
  { kinds, training, title, kept }: Apart,
  keep: (adapters: LadderAdapter[]) => Promise<void>,
): Promise<KeptRung> {
  const api = await worker();
  const adapters = [...kept];
  for (const [kind, leaveOut] of kinds.leaveOut.entries()) {
    if (adapters[kind] && adapters[kind].training.elsewhere_after !== null) continue;
    unlessStopped();
    const asked = {
      ...{ title, name: kinds.names[kind], adapter: adapters[kind] ?? null },
      what: `Adapter ${kind + 1} of ${kinds.names.length} (${kinds.names[kind]})`,
      training: { ...training, leaveOut },
      before: adapters[0]?.training.elsewhere_before,
    };
    const { id } = await ladderAdapter(request, asked, (adapter) => {
      adapters[kind] = adapter;
      return keep([...adapters]);
    });
    await api.removeAdapter(id);
  }
  const ids: string[] = [];
  try {
    // All of them stay until they have answered, which the adapters of runs need not.
    for (const { files } of adapters) ids.push((await api.addAdapter(files)).id);
    nowAt(APART.label);
    const measured = await inTurn(async () => {
      unlessStopped();
      const uses = ids.map((id) => ({ id, strength: 1 }));
      return request.events(hearPiece(), (asking, listener) => asking.measureApart(uses, listener));
    });
    if (!request.latest) throw stopped();
    return { ...measured, ...trainingOfAll(adapters.map(({ training: took }) => took)) };
  } finally {
    for (const id of ids) await api.removeAdapter(id);
  }
}

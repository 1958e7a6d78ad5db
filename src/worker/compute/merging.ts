import { nextTask } from '../../engine/next-task.ts';
import { UserError } from '../../errors.ts';
import { changeCosines, type SiteCosines } from '../../merging/cosine.ts';
import { reduceIntruders } from '../../merging/intruders.ts';
import { wayOf } from '../../merging/list.ts';
import { mergeAdapters } from '../../merging/merge.ts';
import { isMergeRaw } from '../../merging/prompt-form.ts';
import type { MergeRecord } from '../../merging/record.ts';
import { trainableParameters } from '../../methods/parameters.ts';
import type { MergeInfo, MergeRequest, ReduceInfo, ReduceRequest } from '../api/api.ts';
import { isRaw, type Shelf } from './shelf.ts';
import { startBase } from './start-base.ts';
import type { Listener, Workspace } from './workspace.ts';

/**
 * Merges adapters of the shelf and puts what comes of it there, too.
 * @throws UserError `bad-merge`, `unmergeable`, `no-adapter`, `no-snapshot`, `busy`
 */
export async function mergeOnShelf(
  workspace: Workspace,
  shelf: Shelf,
  { adapters, way: id, rank, density, seed }: MergeRequest,
  listener: Listener,
): Promise<MergeInfo> {
  const way = wayOf(id);
  const whole = adapters.map((asked) => ({ ...asked, on: shelf.whole(asked.id) }));
  if (whole.length === 0)
    throw new UserError('bad-merge', 'No adapter was named to be merged. Nothing was written. Choose some.');
  const merged = await mergeAdapters({
    sources: whole.map(({ name, weight, on }) => ({ name, weight, weights: on.weights })),
    config: workspace.model.config,
    stored: startBase(workspace, 'auto').stored,
    options: { way, rank, density, seed },
    progress: telling('Merging', listener),
  });
  const record: MergeRecord = {
    way: id,
    sources: adapters.map(({ name, weight }) => ({ name, weight })),
    rank: merged.rank,
    density: density ?? null,
    seed: way.takes.seed ? (seed ?? 0) : null,
  };
  const dates = new Set(whole.map(({ on }) => on.date));
  const parameters = trainableParameters(merged.weights.modules, merged.weights.settings);
  return {
    adapter: shelf.putMerge(merged.weights, record, {
      date: dates.size === 1 ? [...dates][0] : null,
      raw: isMergeRaw(whole.map(({ on }) => ({ raw: isRaw(on) }))),
    }),
    rank: merged.rank,
    errors: merged.errors,
    parameters,
    bytes: parameters * Float32Array.BYTES_PER_ELEMENT,
    seed: record.seed,
  };
}

/** How alike the changes of adapters of the shelf are. @throws UserError as `mergeOnShelf` */
export async function cosinesOnShelf(
  workspace: Workspace,
  shelf: Shelf,
  ids: readonly string[],
  listener: Listener,
): Promise<SiteCosines[]> {
  return changeCosines({
    sources: ids.map((id) => ({ name: id, weight: 1, weights: shelf.whole(id).weights })),
    config: workspace.model.config,
    stored: startBase(workspace, 'auto').stored,
    progress: telling('Comparing the changes', listener),
  });
}

/** Puts an adapter with smaller intruder dimensions on the shelf, beside its own. @throws UserError as `mergeOnShelf` */
export async function reduceOnShelf(
  workspace: Workspace,
  shelf: Shelf,
  { adapter, name, top, epsilon, lambda }: ReduceRequest,
  listener: Listener,
): Promise<ReduceInfo> {
  const source = shelf.whole(adapter);
  const { weights, date } = source;
  const reduced = await reduceIntruders({
    source: { name, weight: 1, weights },
    config: workspace.model.config,
    stored: startBase(workspace, 'auto').stored,
    options: { top, epsilon, lambda },
    progress: telling('Looking for intruder dimensions', listener),
  });
  const record: MergeRecord = {
    way: `intruder dimensions reduced: ${top} looked at, ε ${epsilon}, λ ${lambda}`,
    sources: [{ name, weight: 1 }],
    ...{ rank: reduced.weights.settings.rank, density: null, seed: null },
  };
  return {
    adapter: shelf.putMerge(reduced.weights, record, { date, raw: isRaw(source) }),
    sites: reduced.sites,
  };
}

function telling(what: string, listener: Listener) {
  return async (done: number, total: number) => {
    listener({ type: 'progress', what, done, total });
    // A stop gets through in between.
    await nextTask();
  };
}

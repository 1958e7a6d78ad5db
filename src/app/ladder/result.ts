import { type LadderResult, ladderResult, ladderSections } from '../../lab/ladder/report.ts';
import type { KeptLadder } from '../../worker/api/api.ts';
import { notesOf } from '../actions/ladder-report.ts';

/** What a ladder came to, computed once for each rung that is added: an interval takes thousands of draws. */
export function resultOf({ rungs, skipped, given, plan }: KeptLadder): LadderResult {
  const known = results.get(rungs);
  if (known && known.skipped === skipped) return known;
  const result = ladderResult(rungs, skipped, given.settings.seed, { metric: plan.metric, kinds: null });
  results.set(rungs, result);
  return result;
}

const results = new WeakMap<KeptLadder['rungs'], LadderResult>();

/** What to know of its figures, a sentence or a few each. */
export function notesUnder(kept: KeptLadder): string[] {
  const [table] = ladderSections(resultOf(kept), kept.rungs, kept.plan).sections;
  return [...(table.text ?? []), ...notesOf(kept)];
}

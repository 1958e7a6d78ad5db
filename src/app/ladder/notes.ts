import { ladderSections } from '../../lab/ladder/report.ts';
import { notesOf } from '../actions/ladder-report.ts';
import type { Measured } from './measured.ts';

/** What to know of a ladder's figures, a sentence or a few each. */
export function notesUnder(kept: Measured): string[] {
  const [table] = ladderSections(kept.result, kept.rungs, kept.plan).sections;
  return [...(table.text ?? []), ...notesOf(kept)];
}

import { shareOf } from '../../data/metric.ts';
import { counted, percent } from '../figures.ts';
import { bootstrapInterval } from '../statistics.ts';
import type { KeptRung } from './climb.ts';
import { rungOf } from './rungs.ts';

/** What was found of a ladder's rows, as far as people are told. */
export interface Found {
  heldOut: number;
  withoutQuestion: number;
  rows: number;
  passages: number;
  removed: { rows: number; passages: number };
}

/** How many rows and passages there are. */
export function countsOf({ heldOut, rows, passages }: Found): string {
  return `${counted(heldOut, 'held-out row')}, ${counted(rows, 'training row')}${passages > 0 ? `, ${counted(passages, 'passage')}` : ''}.`;
}

/** What is not as a person may think, a sentence each. */
export function warningsOf({ withoutQuestion, removed }: Found): string[] {
  return [
    ...(withoutQuestion > 0
      ? [
          `${counted(withoutQuestion, 'held-out row')} ${withoutQuestion === 1 ? 'has' : 'have'} no question and answer and ${withoutQuestion === 1 ? 'is' : 'are'} not asked.`,
        ]
      : []),
    ...(removed.rows > 0
      ? [
          `${counted(removed.rows, 'training row')} ${removed.rows === 1 ? 'asks' : 'ask'} what a held-out row asks and ${removed.rows === 1 ? 'is' : 'are'} left out of every prompt, search and training step.`,
        ]
      : []),
    ...(removed.passages > 0
      ? [
          `A held-out row stands in ${counted(removed.passages, 'passage')} of the documents, which ${removed.passages === 1 ? 'is' : 'are'} left out.`,
        ]
      : []),
  ];
}

/** A rung in one line. */
export function rungLine({ name, k, rows, seconds }: KeptRung): string {
  const [from, to] = bootstrapInterval(rows, 0).map((share) => (100 * share).toFixed(1));
  return `${rungOf(name).label}${k === null ? '' : ` (${k})`}: ${percent(shareOf(rows))} (${from} to ${to}), ${(seconds / rows.length).toFixed(3)} s an answer`;
}

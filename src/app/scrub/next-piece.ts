import type { HeldRow, Side } from '../state/outcome.ts';
import type { Known } from '../state/then.ts';

/** What can be computed ahead of one step, each in one request to the worker. */
export type Piece =
  | { kind: 'answer'; step: number; key: string }
  | { kind: 'movement'; step: number }
  | { kind: 'odds'; step: number }
  | { kind: 'rows'; step: number; rows: number[]; answers: boolean };

/** What is in sight, and what is known of it. */
export interface Missing {
  steps: readonly number[];
  /** The chosen one; null: the end, of which everything is known. */
  chosen: number | null;
  known: Readonly<Record<number, Known>>;
  /** Keys of the questions that are answered. */
  turns: readonly string[];
  /** Whether next-token odds are in sight and not known of a step. */
  lacksOdds(step: number): boolean;
  /** Held-out rows with what they say at the end. */
  held: readonly Pick<HeldRow, 'row' | 'tuned'>[];
  /** Rows in one request. */
  atOnce: number;
}

type Kind = Piece['kind'];

/**
 * What to compute next: first everything of the chosen step, then of all others what is cheapest and most looked at first.
 * The answers at the chosen step are no business of this: they are being asked for, in the open.
 *
 * @returns null where nothing is missing
 */
export function nextPiece(missing: Missing): Piece | null {
  const { steps, chosen } = missing;
  if (chosen !== null) {
    for (const kind of ['odds', 'movement', 'rows'] as const) {
      const piece = pieceOf(kind, chosen, missing);
      if (piece) return piece;
    }
  }
  for (const kind of ['answer', 'movement', 'odds', 'rows'] as const)
    for (const step of steps) {
      if (step === chosen) continue;
      const piece = pieceOf(kind, step, missing);
      if (piece) return piece;
    }
  return null;
}

function pieceOf(kind: Kind, step: number, missing: Missing): Piece | null {
  const known = missing.known[step];
  switch (kind) {
    case 'answer': {
      const key = missing.turns.find((turn) => known?.answers[turn] === undefined);
      return key === undefined ? null : { kind, step, key };
    }
    case 'movement':
      return known?.movement === undefined ? { kind, step } : null;
    case 'odds':
      return missing.lacksOdds(step) ? { kind, step } : null;
    case 'rows': {
      const lacking = missing.held.filter(({ row, tuned }) => tuned && lacks(known?.sides[row], tuned));
      const answers = lacking.some(({ tuned }) => tuned?.answer !== null);
      const rows = lacking.filter(({ tuned }) => (tuned?.answer !== null) === answers).map(({ row }) => row);
      return rows.length === 0 ? null : { kind, step, rows: rows.slice(0, missing.atOnce), answers };
    }
  }
}

function lacks(side: Side | undefined, atEnd: Side): boolean {
  return !side || (atEnd.answer !== null && side.answer === null);
}

import { create } from 'zustand';
import type { NextToken, NextTokensRequest } from '../../worker/api/api.ts';
import type { Side } from './outcome.ts';
import type { Movement } from './run.ts';

/** What is known of the model as it was at one step, at full strength. */
export interface Known {
  /** What it says to the questions in sight, by the key of their turn. */
  answers: Readonly<Record<string, string>>;
  /** Undefined: not computed yet; null: its method does not tell. */
  movement?: Movement | null;
  /** Held-out rows by their place. */
  sides: Readonly<Record<number, Side>>;
}

/** The model as it was earlier in the run that has ended: steps at which its adapter is kept, and the chosen one. */
export interface Then {
  steps: number[];
  /** Null: as the run left it. */
  step: number | null;
  /** By the step whose adapter it is. */
  known: Readonly<Record<number, Known>>;
  /** Next-token odds, by what was asked for them. */
  odds: Readonly<Record<string, NextToken[]>>;
  /** Of which question and beginning the odds are in sight; null where none are. */
  looked: { prompt: string; begun: string } | null;
}

/** Of no run; what the person looks at stays. */
export const NO_THEN: Omit<Then, 'looked'> = { steps: [], step: null, known: {}, odds: {} };

export const useThen = create<Then>(() => ({ ...NO_THEN, looked: null }));

const NOTHING: Known = { answers: {}, sides: {} };

export function knownAt({ known }: Pick<Then, 'known'>, step: number): Known {
  return known[step] ?? NOTHING;
}

/** Adds to what is known of a step. */
export function learn(step: number, more: Partial<Known>): void {
  useThen.setState((then) => {
    const before = knownAt(then, step);
    const after: Known = {
      ...before,
      ...more,
      answers: { ...before.answers, ...more.answers },
      sides: { ...before.sides, ...more.sides },
    };
    return { known: { ...then.known, [step]: after } };
  });
}

export function oddsKey({ prompt, begun, raw, adapter }: NextTokensRequest): string {
  return JSON.stringify([prompt, begun, raw, adapter]);
}

export function learnOdds(look: NextTokensRequest, found: NextToken[]): void {
  useThen.setState(({ odds }) => ({ odds: { ...odds, [oddsKey(look)]: found } }));
}

import type { Question } from '../../data/forms/questions.ts';
import type { Asked } from './rows.ts';
import { type MadeText, REASONS, type Reason, Sieve } from './sieve.ts';

/** A question that a teacher was to answer, as it came, with what it answered; null where it was not asked. */
export interface Attempt extends Asked {
  /** How the question ended, where the teacher wrote it. */
  questionStop?: MadeText['stop'];
  answer: MadeText | null;
}

export interface Making {
  rows: readonly Question[];
  heldOut: readonly Question[];
  /** Questions that the teacher is to answer. */
  wanted: number;
  /** What was made before. */
  before: readonly Attempt[];
  /** The next questions from the nth on, at most so many; none: there are no more. */
  next(nth: number, most: number): Promise<Omit<Attempt, 'answer'>[]>;
  answer(questions: readonly Asked[]): Promise<MadeText[]>;
  /** Told of all that was made so far, and how many were answered. */
  onAttempts(attempts: readonly Attempt[], answered: number): void;
}

export interface MadeRows {
  kept: (Asked & { answer: string })[];
  left: { reason: Reason; turns: Asked['turns']; answer: string | null }[];
  /** Of each reason; `by_hand` only where a person took some out. */
  dropped: Record<Exclude<Reason, 'by_hand'>, number> & { by_hand?: number };
}

/** Questions that are answered side by side, and kept together. */
const AT_ONCE = 32;
/** A teacher that repeats itself is given up after so many questions for each that is wanted. */
const MOST_ATTEMPTS = 4;

/**
 * Questions, as many as are wanted, and the teacher's answers to them. Those that are not asked are made up for by others, as
 * long as there are any.
 */
export async function makeRows({
  rows,
  heldOut,
  wanted,
  before,
  next,
  answer,
  onAttempts,
}: Making): Promise<Attempt[]> {
  const sieve = new Sieve(rows, heldOut);
  const attempts = [...before];
  let answered = 0;
  for (const attempt of before) if (sieve.question(attempt, attempt.questionStop) === null) answered++;
  while (answered < wanted && attempts.length < MOST_ATTEMPTS * wanted) {
    const some = await next(attempts.length, Math.min(AT_ONCE, wanted - answered));
    if (some.length === 0) break;
    const asked = some.filter((one) => sieve.question(one, one.questionStop) === null);
    const said = asked.length > 0 ? await answer(asked) : [];
    answered += asked.length;
    attempts.push(
      ...some.map((one) => {
        const place = asked.indexOf(one);
        return { ...one, answer: place < 0 ? null : said[place] };
      }),
    );
    onAttempts(attempts, answered);
  }
  return attempts;
}

/** Why each attempt is not kept, in their order; null: it is. */
export function verdicts(
  attempts: readonly Attempt[],
  rows: readonly Question[],
  heldOut: readonly Question[],
): (Reason | null)[] {
  const sieve = new Sieve(rows, heldOut);
  return attempts.map(
    ({ questionStop, answer, ...question }) =>
      sieve.question(question, questionStop) ?? (answer && sieve.answer(answer)),
  );
}

/** With those that a person takes out of what is kept, by their places. */
export function withoutByHand(
  reasons: readonly (Reason | null)[],
  byHand: readonly number[],
): (Reason | null)[] {
  const taken = new Set(byHand);
  return reasons.map((reason, place) => reason ?? (taken.has(place) ? 'by_hand' : null));
}

/** What of it is kept, and what is not, with the reason: one of each attempt. */
export function madeRows(attempts: readonly Attempt[], reasons: readonly (Reason | null)[]): MadeRows {
  const dropped = Object.fromEntries(
    Object.keys(REASONS).flatMap((reason) => (reason === 'by_hand' ? [] : [[reason, 0]])),
  ) as MadeRows['dropped'];
  const made: MadeRows = { kept: [], left: [], dropped };
  for (const [place, { questionStop: _, answer, ...question }] of attempts.entries()) {
    const reason = reasons[place];
    if (reason === null && answer !== null) made.kept.push({ ...question, answer: answer.text.trim() });
    else if (reason !== null) {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
      made.left.push({ reason, turns: question.turns, answer: answer?.text ?? null });
    }
  }
  return made;
}

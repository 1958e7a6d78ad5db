import type { Question } from '../../data/forms/questions.ts';
import { type Attempt, makeRows } from './made.ts';
import { type Asked, examplesFor, questionAfter } from './rows.ts';
import type { MadeText } from './sieve.ts';

/** What a teacher is asked: to write questions, and to answer them. */

/** Of questions that a teacher makes: enough chance for many of them, not so much that they are none. */
export const DRAW = { temperature: 0.8, topP: 0.95, maxTokens: 128 };
/** Held-out questions that are answered to see how fast a model is, and tokens of each answer. */
const [TIMED, TIMED_TOKENS] = [16, 32];

interface Answering {
  questions: Asked[];
  maxTokens: number;
  untilLength?: boolean;
}
type Answer = (request: Answering) => Promise<{ answers: MadeText[]; tokens: number; seconds: number }>;

/**
 * Tokens a second when some held-out questions are answered side by side, as many tokens each.
 *
 * @returns null where none has room
 */
export async function speedOf(heldOut: readonly Question[], answer: Answer): Promise<number | null> {
  const questions = heldOut.slice(0, TIMED).map(askedOf);
  const ask = () => answer({ questions, maxTokens: TIMED_TOKENS, untilLength: true });
  // The first time kernels are made and the model is loaded.
  await ask();
  const { tokens, seconds } = await ask();
  return tokens > 0 && seconds > 0 ? tokens / seconds : null;
}

export interface TeacherAsked {
  train: readonly Question[];
  heldOut: readonly Question[];
  /** Questions of the person's; null: the teacher writes them. */
  own: readonly Question[] | null;
  /** Questions that are to be answered; null: all of the person's, or as many as there are training rows. */
  wanted: number | null;
  seed: number;
  /** Tokens of an answer. */
  maxLength: number;
  before: readonly Attempt[];
  answer: Answer;
  /** By the model without its adapter, which learned to answer and not to ask. */
  invent(request: { examples: Question[][]; seeds: number[] } & typeof DRAW): Promise<MadeText[]>;
  /** What is thrown where the teacher can write no question after any row. */
  noExamples(): Error;
  onAttempts(attempts: readonly Attempt[], answered: number, wanted: number): void;
}

export function wantedOf({ train, own, wanted }: Pick<TeacherAsked, 'train' | 'own' | 'wanted'>): number {
  return wanted ?? own?.length ?? train.length;
}

/** Null where the person's questions are as many as are asked for. */
export function fewQuestions(asked: Pick<TeacherAsked, 'train' | 'own' | 'wanted'>): string | null {
  const wanted = wantedOf(asked);
  const { own } = asked;
  return own && own.length < wanted
    ? `${own.length} questions were given, ${wanted} are asked for: each is asked once.`
    : null;
}

/** The person's questions, or those that the teacher writes, with its answers. */
export function teacherRows(asked: TeacherAsked): Promise<Attempt[]> {
  const { train, heldOut, own, seed, maxLength, before, answer, invent, noExamples, onAttempts } = asked;
  const wanted = wantedOf(asked);
  return makeRows({
    ...{ rows: train, heldOut, wanted, before },
    async next(nth, most) {
      if (own) return own.slice(nth, nth + most).map(askedOf);
      const usable = Array.from({ length: most }, (_, i) => examplesFor(train, nth + i, seed)).filter(
        (one) => one !== null,
      );
      if (usable.length === 0) throw noExamples();
      const made = await invent({
        ...{ examples: usable, ...DRAW },
        seeds: usable.map((_, i) => seed + nth + i),
      });
      return made.map(({ text, stop }, i) => ({ ...questionAfter(usable[i], text), questionStop: stop }));
    },
    answer: async (questions) =>
      (await answer({ questions: questions.map(askedOf), maxTokens: maxLength })).answers,
    onAttempts: (attempts, answered) => onAttempts(attempts, answered, wanted),
  });
}

/** Of a question what is asked, without its line and its answer. */
function askedOf({ turns, tools }: Asked): Asked {
  return { turns, ...(tools && { tools }) };
}

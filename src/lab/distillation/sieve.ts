import type { Question } from '../../data/forms/questions.ts';
import { judge, metricOf } from '../../data/metric.ts';
import { wordsIn } from '../../data/words.ts';
import { documentFrequencies } from '../ladder/word-vectors.ts';
import { type Asked, askingOfQuestion } from './rows.ts';

/** Which of the rows that a teacher made are kept. */

/** Why a made row is left out, the first that holds. */
export const REASONS = {
  empty: 'the question or the answer is empty',
  cut: 'the question or the answer did not end within its tokens',
  repeated: 'the question is one of the rows’, or was made before',
  near_held_out: 'the question is that of a held-out row, or nearly',
  looping: 'the answer says the same four words in a row more than three times',
  not_json: 'the answer is no JSON object, as those of the rows all are',
  by_hand: 'a person took it out',
} as const;
export type Reason = keyof typeof REASONS;

/** A text as a model ended it: by itself, or where its tokens did. */
export interface MadeText {
  text: string;
  stop: 'eos' | 'length';
}

/** Overlap of two questions from which on one is nearly the other. */
const NEAR = 0.8;
/** So many words in a row, more often than so: an answer that goes round in a circle. */
const [LOOP_WORDS, LOOP_TIMES] = [4, 3];

export class Sieve {
  readonly #asked: Set<string>;
  readonly #held: { asking: string; words: ReadonlySet<string> }[];
  readonly #rarity: (word: string) => number;
  readonly #json: boolean;

  constructor(rows: readonly Question[], heldOut: readonly Question[]) {
    this.#asked = new Set(rows.map(askingOfQuestion));
    this.#rarity = rarityAmong([...this.#asked]);
    this.#held = heldOut.map((row) => {
      const asking = askingOfQuestion(row);
      return { asking, words: new Set(wordsIn(asking)) };
    });
    this.#json = rows.length > 0 && metricOf(rows.map(({ reference }) => reference)) === 'fields';
  }

  /** Why a question is not asked; null: it is, and counts as asked from then on. */
  question(question: Asked, stop: MadeText['stop'] = 'eos'): Reason | null {
    const asking = askingOfQuestion(question);
    if (asking === '') return 'empty';
    if (stop === 'length') return 'cut';
    const words = new Set(wordsIn(asking));
    if (this.#held.some((held) => held.asking === asking || this.#overlap(words, held.words) >= NEAR))
      return 'near_held_out';
    if (this.#asked.has(asking)) return 'repeated';
    this.#asked.add(asking);
    return null;
  }

  /** Why an answer is not kept. */
  answer({ text, stop }: MadeText): Reason | null {
    if (text.trim() === '') return stop === 'length' ? 'cut' : 'empty';
    if (stop === 'length') return 'cut';
    if (loops(text)) return 'looping';
    return this.#json && judge('json', { answer: text, reference: '' }).right === 0 ? 'not_json' : null;
  }

  /**
   * 2 Σ r(w) over the words of both ÷ (Σ r(w) of one + Σ r(w) of the other), r being how rare a word is: what the rows are all
   * asked by counts little, and what tells them apart much.
   */
  #overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
    let common = 0;
    let all = 0;
    for (const word of one) {
      const rarity = this.#rarity(word);
      all += rarity;
      if (other.has(word)) common += rarity;
    }
    for (const word of other) all += this.#rarity(word);
    return all === 0 ? 0 : (2 * common) / all;
  }
}

/** log((n + 1) / (rows that have the word + 1)) over n rows. */
function rarityAmong(askings: readonly string[]): (word: string) => number {
  const counts = documentFrequencies(askings);
  return (word) => Math.log((askings.length + 1) / ((counts.get(word) ?? 0) + 1));
}

function loops(text: string): boolean {
  const words = wordsIn(text);
  const counts = new Map<string, number>();
  for (let at = 0; at + LOOP_WORDS <= words.length; at++) {
    const run = words.slice(at, at + LOOP_WORDS).join(' ');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) > LOOP_TIMES;
}

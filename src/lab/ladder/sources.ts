import { permutation } from '../../data/batches.ts';
import type { Question } from '../../data/forms/questions.ts';
import { wordsOf } from './prompts.ts';
import { type Search, WordSearch } from './search.ts';
import { StateSearch } from './state-search.ts';

/** Training rows that choose between numbers of things in a prompt. */
const CHOOSING = 20;
/** At most this share of the training rows, where they are few. */
const CHOOSING_SHARE = 1 / 3;
/** Rows that may stand in every prompt. */
const MOST_SHOTS = 50;

/** What prompts are made of: an instruction, training rows and passages; never a held-out row. */
export interface Sources {
  instruction: string | null;
  /** Training rows that choose: none of them is among `shots`, and none is shown to itself. */
  choosing: readonly Question[];
  /** The same rows before each question: the first so many of a seeded order. */
  shots(count: number): Question[];
  /** Training rows whose question is nearest to this one, the nearest first. */
  nearestRows(question: Question, count: number): Question[];
  /** Passages that answer best to these words, the best first. */
  passages(words: string, count: number): string[];
  /** What is searched. */
  collections: Readonly<Record<Collection, readonly string[]>>;
  /**
   * The same with one of them searched by states.
   * @param states of each of its texts, and of all that will be asked, by the text
   */
  byStates(collection: Collection, states: ReadonlyMap<string, Float32Array>): Sources;
}

/** What may be searched: the questions of the training rows, or passages of documents. */
export type Collection = 'rows' | 'passages';

/** @param rows training rows as questions, without any that is held out */
export function sourcesOf({
  rows,
  instruction,
  passages,
  seed,
}: {
  rows: readonly Question[];
  instruction: string | null;
  passages: readonly string[];
  seed: number;
}): Sources {
  const order = [...permutation(rows.length, seed, 'sample', 0)].map((i) => rows[i]);
  const chosen = Math.min(CHOOSING, Math.floor(rows.length * CHOOSING_SHARE));
  const choosing = order.slice(rows.length - chosen);
  const shown = order.slice(0, Math.min(MOST_SHOTS, rows.length - chosen));
  const collections = { rows: rows.map(wordsOf), passages };
  const by = (searches: Readonly<Record<Collection, Search>>): Sources => ({
    ...{ instruction, choosing, collections },
    shots: (count) => shown.slice(0, count),
    nearestRows(question, count) {
      const asked = wordsOf(question);
      // A row that chooses is itself among them.
      const others = (place: number) => collections.rows[place] !== asked;
      return searches.rows.find(asked, count, others).map((place) => rows[place]);
    },
    passages: (asked, count) => searches.passages.find(asked, count).map((place) => passages[place]),
    byStates: (collection, states) =>
      by({ ...searches, [collection]: new StateSearch(collections[collection], states) }),
  });
  return by({ rows: new WordSearch(collections.rows), passages: new WordSearch(passages) });
}

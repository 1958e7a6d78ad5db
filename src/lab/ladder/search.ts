import MiniSearch from 'minisearch';
import { wordsIn } from '../../data/words.ts';

/** How rows and passages are found: by their words, or by the model’s own states of them. */
export type SearchName = 'bm25' | 'states';

export const SEARCH_NAMES: Record<SearchName, string> = { bm25: 'BM25', states: 'States' };

export interface Search {
  /** Places of the `most` best texts for a query, the best first; equals in their order. */
  find(query: string, most: number, allowed?: (place: number) => boolean): number[];
}

/**
 * A search by words over texts: BM25+ (Lv and Zhai, 2011), by MiniSearch with its k₁ 1.2, b 0.7 and δ 0.5; the length of a
 * text is the number of its different words. Words are letters and digits in a row, in small letters; no stems, no near
 * spellings, so that what is found is what was said.
 */
export class WordSearch implements Search {
  readonly #index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: wordsIn,
    searchOptions: { combineWith: 'OR', prefix: false, fuzzy: false },
  });

  /** @param texts a text is found by its place among them */
  constructor(texts: readonly string[]) {
    this.#index.addAll(texts.map((text, id) => ({ id, text })));
  }

  /** Of the texts that share a word with the query. */
  find(query: string, most: number, allowed: (place: number) => boolean = () => true): number[] {
    return (
      this.#index
        .search(query, { filter: ({ id }) => allowed(id) })
        // MiniSearch multiplies by the number of words that were found, which BM25 does not.
        .map(({ id, score, terms }): [place: number, score: number] => [id, score / terms.length])
        .sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b)
        .slice(0, most)
        .map(([place]) => place)
    );
  }
}

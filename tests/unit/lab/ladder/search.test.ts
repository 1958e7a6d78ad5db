import { expect, test } from 'vitest';
import { WordSearch } from '../../../../src/lab/ladder/search.ts';

/**
 * BM25+ by its definition, in float64: Σ idf(w) · (δ + f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean length))), with
 * idf = ln(1 + (N − n + 0.5) / (n + 0.5)), k₁ 1.2, b 0.7, δ 0.5, over the words of the query that the text has.
 */
function bm25(texts: readonly string[], query: string): number[] {
  const words = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];
  const documents = texts.map(words);
  return documents.map((document) =>
    words(query).reduce((score, word) => {
      const count = document.filter((other) => other === word).length;
      if (count === 0) return score;
      const having = documents.filter((other) => other.includes(word)).length;
      const idf = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
      const norm = 1.2 * (1 - 0.7 + (0.7 * new Set(document).size) / meanUnique(documents));
      return score + idf * (0.5 + (count * 2.2) / (count + norm));
    }, 0),
  );
}

/** MiniSearch counts a text's different words as its length. */
function meanUnique(documents: readonly string[][]): number {
  return documents.reduce((sum, document) => sum + new Set(document).size, 0) / documents.length;
}

const TEXTS = [
  'The red boat lies in the harbour.',
  'A boat, a boat, and another boat by the sea.',
  'Who mends the nets of the fishers?',
  'The harbour master mends nets and boats.',
  'Nothing of the kind.',
];

test.each(['boat harbour', 'who mends nets', 'the sea', 'RED nets'])(
  'texts come in the order of BM25: %s',
  (query) => {
    const scores = bm25(TEXTS, query);
    const order = [...TEXTS.keys()]
      .filter((i) => scores[i] > 0)
      .sort((a, b) => scores[b] - scores[a] || a - b);
    expect(new WordSearch(TEXTS).find(query, 10)).toEqual(order);
  },
);

test('only what is said is found, and only what is allowed', () => {
  const search = new WordSearch(TEXTS);
  expect(search.find('boats', 10)).toEqual([3]);
  expect(search.find('zebra', 10)).toEqual([]);
  expect(search.find('boat', 1)).toEqual([1]);
  expect(search.find('boat', 10, (place) => place !== 1)).toEqual([0]);
  expect(new WordSearch([]).find('boat', 3)).toEqual([]);
});

test('equals stay in their order', () => {
  expect(new WordSearch(['a boat', 'a ship', 'a boat', 'a boat']).find('boat', 3)).toEqual([0, 2, 3]);
});

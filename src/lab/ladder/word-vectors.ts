import { wordsIn } from '../../data/words.ts';

/** Words that stand in most texts; rarer ones tell single texts apart and no kinds. */
const WORDS = 500;

/** In how many texts each word stands. */
export function documentFrequencies(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(wordsIn(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/**
 * Texts by their words, for collections that no model reads: w = (1 + ln f) · ln(N / n) for each of the 500 words that stand in
 * most of the collection's texts, f times in this one and in n of N.
 *
 * @param of every text that is wanted, those of the collection among them
 */
export function wordVectors(
  collection: readonly string[],
  of: readonly string[],
): ReadonlyMap<string, Float32Array> {
  const found = [...documentFrequencies(collection)]
    .filter(([, count]) => count > 1)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, WORDS);
  const places = new Map(found.map(([word], i) => [word, i]));
  const rarity = found.map(([, count]) => Math.log(collection.length / count));
  return new Map(
    of.map((text) => {
      const counts = new Map<number, number>();
      for (const word of wordsIn(text)) {
        const at = places.get(word);
        if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
      }
      const vector = new Float32Array(found.length);
      for (const [at, count] of counts) vector[at] = (1 + Math.log(count)) * rarity[at];
      return [text, vector];
    }),
  );
}

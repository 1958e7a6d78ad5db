import { permutation } from '../../data/batches.ts';
import { kMeans, silhouette } from '../clustering.ts';
import { Directions } from '../directions.ts';
import { StateSearch } from './state-search.ts';
import { documentFrequencies } from './word-vectors.ts';

/** Kinds of questions, found among training rows alone, and what a router makes of others. */
export interface Kinds {
  /** Words that stand in the questions of each and less in the others. */
  names: string[];
  /** Of each training question. */
  training: number[];
  /** Of each held-out question: what the kinds of the training rows nearest to it vote for. */
  heldOut: number[];
}

/** Nearest training rows that vote. */
export const VOTERS = 5;
/** Beyond these a person no longer looks at each. */
const MOST_KINDS = 5;
/** With fewer rows there is nothing to train an adapter on. */
const FEWEST_ROWS = 8;
/** Questions that a silhouette is taken over, which compares each with each. */
const COMPARED = 300;
const NAME_WORDS = 3;

/**
 * Groups questions by spherical k-means into as many kinds, 2 to 5 of at least 8 training rows each, as are told apart best
 * (the largest mean silhouette).
 *
 * @param vectors of every question, by the text
 * @returns null where no number of kinds has as many rows in each
 */
export function kindsOf({
  training,
  heldOut,
  vectors,
  seed,
}: {
  training: readonly string[];
  heldOut: readonly string[];
  vectors: ReadonlyMap<string, Float32Array>;
  seed: number;
}): Kinds | null {
  if (training.length < 2 * FEWEST_ROWS) return null;
  const directions = new Directions(training.map((text) => vectors.get(text)!)).all;
  const compared = [...permutation(training.length, seed, 'sample', 0)].slice(0, COMPARED);
  let best: { groups: number[]; apart: number } | null = null;
  for (let count = 2; count <= MOST_KINDS; count++) {
    const groups = kMeans(directions, count, seed);
    const sizes = Array.from({ length: count }, (_, kind) => groups.filter((one) => one === kind).length);
    if (Math.min(...sizes) < FEWEST_ROWS) continue;
    const apart = silhouette(
      compared.map((i) => directions[i]),
      compared.map((i) => groups[i]),
    );
    if (!best || apart > best.apart) best = { groups, apart };
  }
  if (!best) return null;
  const { groups } = best;
  const search = new StateSearch(training, vectors);
  return {
    names: namesOf(training, groups),
    training: groups,
    heldOut: heldOut.map((question) => vote(search.find(question, VOTERS).map((place) => groups[place]))),
  };
}

/** What most are for; of equals what the nearest of them is for. @param votes the nearest first */
export function vote(votes: readonly number[]): number {
  const count = (kind: number) => votes.filter((one) => one === kind).length;
  return votes.reduce((top, kind) => (count(kind) > count(top) ? kind : top));
}

/**
 * The words whose share of a kind's questions is most above their share of the others; of equals the longest say most. With a
 * number where two would be called the same.
 */
function namesOf(texts: readonly string[], groups: readonly number[]): string[] {
  const names = [...new Set(groups)]
    .sort((a, b) => a - b)
    .map((kind) => {
      const [own, others] = [true, false].map((inside) =>
        texts.filter((_, i) => (groups[i] === kind) === inside),
      );
      const elsewhere = documentFrequencies(others);
      return [...documentFrequencies(own)]
        .map(([word, count]): [string, number] => [
          word,
          count / own.length - (elsewhere.get(word) ?? 0) / others.length,
        ])
        .sort(([a, aheadA], [b, aheadB]) => aheadB - aheadA || b.length - a.length || (a < b ? -1 : 1))
        .slice(0, NAME_WORDS)
        .map(([word]) => word)
        .join(', ');
    });
  return names.map((name, kind) => (names.indexOf(name) === kind ? name : `${name} (${kind + 1})`));
}

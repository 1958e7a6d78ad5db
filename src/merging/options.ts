import { UserError } from '../errors.ts';
import { heldRank } from '../methods/lora/moved.ts';
import type { Source } from './change.ts';
import type { Way } from './way.ts';

/** How to merge; what is not said is undefined. */
export interface MergeOptions {
  way: Way;
  rank?: number;
  /** Share of values that are kept; ways that prune need it. */
  density?: number;
  /** Of what is dropped at random. */
  seed?: number;
}

/**
 * Sources and options that do not fit the way.
 * @throws UserError `bad-merge`, `unmergeable`
 */
export function refuseOptions({ way, rank, density, seed }: MergeOptions, sources: readonly Source[]): void {
  const refuse = (what: string, then: string) =>
    new UserError('bad-merge', `${what} Nothing was written. ${then}`);
  const { least = 1, most = Number.POSITIVE_INFINITY } = way.count ?? {};
  if (sources.length < least || sources.length > most)
    throw refuse(
      `${way.id} merges ${least === most ? `exactly ${least}` : `at least ${least}`} adapters, and ${sources.length} ${sources.length === 1 ? 'was' : 'were'} given.`,
      least === most ? 'Give two, or take another way.' : 'Give more of them.',
    );
  const given = Object.entries({ rank, density, seed }).filter(([, value]) => value !== undefined);
  for (const [name] of given)
    if (!way.takes[name as keyof Way['takes']])
      throw refuse(`${way.id} has no ${name} to choose.`, `Leave the ${name} out${alternative(way, name)}.`);
  if (rank !== undefined && !(Number.isInteger(rank) && rank >= 1 && rank <= 1024))
    throw refuse(`A rank is a whole number from 1 to 1024, not ${rank}.`, 'Give such a rank.');
  if (way.takes.density && density === undefined)
    throw refuse(
      `${way.id} keeps a share of the values and was not told which.`,
      'Give a density, such as 0.5.',
    );
  if (density !== undefined && !(density > 0 && density <= 1))
    throw refuse(`A density is above 0 and at most 1, not ${density}.`, 'Give the share of values to keep.');
  const unusable = sources.find(({ weight }) => !Number.isFinite(weight));
  if (unusable) throw refuse(`The weight of ${unusable.name} is not a number.`, 'Give a number.');
  if (way.id === 'slerp' && sources.some(({ weight }) => weight < 0))
    throw refuse(
      'slerp goes from one adapter to the other and has no negative weights.',
      'Give weights of at least 0.',
    );
  if (way.id === 'slerp' && sources.every(({ weight }) => weight === 0))
    throw refuse('slerp was given two weights of 0, which name no place on the way.', 'Give one above 0.');
  refuseMethods(way, sources);
}

function alternative(way: Way, name: string): string {
  if (name === 'rank' && way.rank === 'sum of ranks') return ', or take sum, which has one';
  if (name === 'rank') return `, or take ${way.id}-svd where there is one`;
  return '';
}

/** Ways that work on matrices of LoRA say so. */
function refuseMethods(way: Way, sources: readonly Source[]): void {
  if (!way.needs) return;
  const other = sources.find(({ weights }) => (weights.settings.method ?? 'lora') !== 'lora');
  if (other)
    throw new UserError(
      'unmergeable',
      `${way.id} combines LoRA’s matrices, and ${other.name} was made with ${other.weights.settings.method}, whose change is more than those. Nothing was written. Take sum, ties, dare or another that adds up whole changes.`,
    );
  if (way.needs !== 'one rank') return;
  const ranks = new Map<string, { rank: number; name: string }>();
  for (const { name, weights } of sources)
    for (const site of weights.modules) {
      const rank = heldRank(weights.settings as Parameters<typeof heldRank>[0], site);
      const before = ranks.get(site.path);
      if (before && before.rank !== rank)
        throw new UserError(
          'unmergeable',
          `${way.id} adds up matrices entry by entry, and ${before.name} has the rank ${before.rank} at ${site.path} where ${name} has ${rank}. Nothing was written. Take a way on whole changes (sum, ties, peft-svd).`,
        );
      ranks.set(site.path, before ?? { rank, name });
    }
}

import type { Movement } from '../state/run.ts';

export interface Moved {
  name: string;
  value: number;
}

/**
 * Matrices by how far they have moved, the farthest `most` of them, and the mean by target; both descending.
 * @param first number of the first column
 */
export function farthest(
  { modules, values }: Pick<Movement, 'modules' | 'values'>,
  most: number,
  first = 0,
): { modules: Moved[]; targets: Moved[] } {
  const byTarget = new Map<string, number[]>();
  for (const [i, { target }] of modules.entries()) {
    const own = byTarget.get(target);
    if (own) own.push(values[i]);
    else byTarget.set(target, [values[i]]);
  }
  const descending = (a: Moved, b: Moved) => b.value - a.value;
  return {
    modules: modules
      .map(({ layer, target }, i) => ({ name: `${layer + first} ${target}`, value: values[i] }))
      .sort(descending)
      .slice(0, most),
    targets: [...byTarget]
      .map(([name, own]) => ({ name, value: own.reduce((sum, value) => sum + value, 0) / own.length }))
      .sort(descending),
  };
}

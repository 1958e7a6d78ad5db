/** What is decided when an adapter of several tasks is merged. */

/** λ with the least loss on training rows, the first of equal ones. @param lossOf is not asked where there is no choice */
export async function bestScale(
  scales: readonly number[],
  lossOf: (scale: number) => Promise<number>,
): Promise<number> {
  if (scales.length === 1) return scales[0];
  const losses: number[] = [];
  for (const scale of scales) losses.push(await lossOf(scale));
  return scales[losses.indexOf(Math.min(...losses))];
}

/** The median over the matrices of a merge; null where no error is known. */
export function medianError(errors: readonly { relative: number | null }[]): number | null {
  const known = errors.flatMap(({ relative }) => relative ?? []).sort((a, b) => a - b);
  return known.length > 0 ? known[Math.floor(known.length / 2)] : null;
}

/**
 * Which of several are on the frontier: of those nothing is at least as good in every figure and better in one. Of equal
 * ones all are.
 * @param figures of each, lower being better
 */
export function onFrontier(figures: readonly (readonly number[])[]): boolean[] {
  return figures.map(
    (own) =>
      !figures.some(
        (other) => other.every((value, i) => value <= own[i]) && other.some((value, i) => value < own[i]),
      ),
  );
}

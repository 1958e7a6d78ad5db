/**
 * Which training rows pull the adapter the way an answer would pull it. For an answer a and a row r, at each adapter θₖ of the
 * run that is looked at (as it was on the way, and at the end),
 *
 *     i(a, r) = 1/K Σₖ cos(∇L(a; θₖ), ∇L(r; θₖ))
 *
 * with L the mean loss of the row's trained tokens and ∇ by all that is trained of the adapter. To first order a small step
 * along row r changes the loss of a by −η ⟨∇L(a), ∇L(r)⟩ (Pruthi et al., TracIn, arXiv 2002.08484); lengths are divided out
 * because short rows have long gradients and would come first for that alone (Xia et al., LESS, arXiv 2402.04333, which
 * sketches gradients of LoRA as is done here). What it cannot see: rows that only work together, what was learned and
 * forgotten between the adapters that are looked at, and what the optimizer made of a gradient.
 */

/** ⟨x, y⟩ / (‖x‖ ‖y‖); 0 where one of them is nothing. */
export function cosineOf(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [both, ofX, ofY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    both += x[i] * y[i];
    ofX += x[i] * x[i];
    ofY += y[i] * y[i];
  }
  const lengths = Math.sqrt(ofX * ofY);
  return lengths > 0 ? both / lengths : 0;
}

/** The mean over the adapters that both were sketched at, in one order. */
export function influenceOf(answer: readonly ArrayLike<number>[], row: readonly ArrayLike<number>[]): number {
  if (answer.length !== row.length || answer.length === 0)
    throw new RangeError(`sketches at ${answer.length} adapters beside ${row.length}`);
  return answer.reduce((sum, one, k) => sum + cosineOf(one, row[k]), 0) / answer.length;
}

/** Steps to look at: the last of `steps`, and others so that at most `most` are spread evenly over the run. */
export function stepsToLookAt(steps: readonly number[], most: number): number[] {
  const count = Math.min(most, steps.length);
  return Array.from({ length: count }, (_, i) => steps[Math.ceil(((i + 1) * steps.length) / count) - 1]);
}

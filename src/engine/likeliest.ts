/**
 * The likeliest tokens of a row of logits, from the likeliest down (of equals the lower id first), and one probability for
 * all others. That is the sum over the others themselves: 1 − Σ p would lose all digits where the likeliest hold nearly
 * everything.
 *
 * @param logits [vocab or more]
 * @param vocab ids from here on are never among the likeliest (a head may have more rows than there are tokens)
 * @param into `ids` [top] and `probabilities` [top + 1], the rest last; `top` at most `vocab`
 */
export function likeliestOf(
  logits: Float32Array,
  vocab: number,
  { ids, probabilities }: { ids: Uint32Array; probabilities: Float32Array },
): void {
  const top = ids.length;
  const best = new Float64Array(top).fill(Number.NEGATIVE_INFINITY);
  for (let id = 0; id < vocab; id++) {
    const z = logits[id];
    if (z <= best[top - 1]) continue;
    let at = top - 1;
    for (; at > 0 && best[at - 1] < z; at--) {
      best[at] = best[at - 1];
      ids[at] = ids[at - 1];
    }
    best[at] = z;
    ids[at] = id;
  }
  const [most] = best;
  const [least, last] = [best[top - 1], ids[top - 1]];
  let rest = 0;
  for (let id = 0; id < logits.length; id++) {
    const z = logits[id];
    if (id >= vocab || z < least || (z === least && id > last)) rest += Math.exp(z - most);
  }
  const total = best.reduce((sum, z) => sum + Math.exp(z - most), rest);
  for (let k = 0; k < top; k++) probabilities[k] = Math.exp(best[k] - most) / total;
  probabilities[top] = rest / total;
}

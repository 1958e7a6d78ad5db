/** Logits → probabilities. */
export function softmax(/** @type {number[]} */ logits) {
  // As arguments a vocabulary of 262,144 overflows the stack.
  const largest = logits.reduce((most, value) => Math.max(most, value));
  const powers = logits.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

/**
 * max |ours − theirs| over the likeliest tokens of theirs, as a share of the largest.
 * @param {number[]} ours
 * @param {{ probabilities: [number, number][] }} theirs
 */
export function probabilityError(ours, { probabilities }) {
  const largest = probabilities[0][1];
  return Math.max(...probabilities.map(([id, p]) => Math.abs(ours[id] - p))) / largest;
}

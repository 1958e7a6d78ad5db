/**
 * How many times longer than a quiet core of the reference machine (3.4 ms a round) this thread takes for the same
 * work now, and at least 1: budgets in milliseconds are multiplied by it, so that they measure our code and neither a
 * slow machine nor a busy one. Stands by itself, since pages run it too.
 */
export function slowness(): number {
  const rounds: number[] = [];
  for (let round = 0; round < 15; round++) {
    const begin = performance.now();
    let value = round + 1;
    for (let i = 0; i < 2_000_000; i++) value = (Math.imul(value, 1664525) + 1013904223) | 0;
    // What is never used may be left out.
    rounds.push(performance.now() - begin + (value === 0 ? 1 : 0));
  }
  rounds.sort((a, b) => a - b);
  return Math.max(1, rounds[11] / 3.4);
}

/** The result for people. */
export function benchTable(/** @type {import('../../src/bench/results.ts').BenchResult} */ result) {
  return JSON.stringify(result, null, 1);
}

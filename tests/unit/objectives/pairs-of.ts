import type { Dataset, Example } from '../../../src/data/types.ts';

/** Rows of one answer as pairs and as judged answers: the worse answer is the better one backwards. */

export function pairOf(example: Example): Example {
  return { ...example, rejected: reversed(example) };
}

/** Every second answer is bad. */
export function judgedOf(example: Example, index: number): Example {
  return { ...example, good: index % 2 === 0 };
}

/** A dataset of them, each under its index. */
export function changed(dataset: Dataset, change: (example: Example, index: number) => Example): Dataset {
  const examples = async (rows: readonly number[]) =>
    (await dataset.examples(rows)).map((example, i) => ({ ...change(example, rows[i]), index: rows[i] }));
  return { ...dataset, examples } as Dataset;
}

function reversed(example: Example): Example {
  const { ids, labels } = example;
  const at = [...labels.keys()].filter((i) => labels[i] >= 0);
  const swapped = { ...example, ids: ids.slice(), labels: labels.slice() };
  at.forEach((to, i) => {
    const from = at[at.length - 1 - i];
    swapped.ids[to] = ids[from];
    swapped.labels[to] = labels[from];
  });
  return swapped;
}

import type { Dataset, Example } from '../../../src/data/types.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { type Lesson, type TaughtRow, taughtDataset, teach } from '../../../src/run/lesson.ts';
import type { Watch } from '../../../src/run/pause-and-stop.ts';
import { changed } from './pairs-of.ts';

/** Rows with what a teacher gives to them: the model without its adapter, which sees a few tokens before each. */

const PROMPT = [3, 1, 4, 1, 5, 9, 2, 6];

export const UNDISTURBED: Watch = { ready: async () => true, goesOn: () => true, ended: () => false };

/** A row with the prompt before it. Its first token is still predicted by nobody. */
export function afterPrompt({ ids, labels }: Pick<Example, 'ids' | 'labels'>): TaughtRow {
  const kept = labels.slice();
  kept[0] = -100;
  return {
    ids: Int32Array.of(...PROMPT, ...ids),
    labels: Int32Array.of(...PROMPT.map(() => -100), ...kept),
  };
}

/** These rows of a dataset, taught by the engine's own base. */
export async function taughtBy(
  engine: Engine,
  dataset: Dataset,
  rows: readonly number[],
  top: number,
): Promise<Dataset> {
  const own = changed(dataset, (example) => example);
  const seen = (await own.examples(rows)).map((example) => [example.index, afterPrompt(example)] as const);
  const lesson: Lesson = { rows: new Map(seen), soft: new Map() };
  const asked = { top, vocab: engine.config.vocab, strength: 0 };
  await teach(engine, lesson, asked, { watch: UNDISTURBED, progress: () => {} });
  return taughtDataset(own, lesson);
}

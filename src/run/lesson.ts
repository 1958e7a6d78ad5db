import { type SoftTargets, supervisedCount } from '../data/batch.ts';
import { padBatch } from '../data/batches.ts';
import type { Dataset, Labelled } from '../data/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { Watch } from './pause-and-stop.ts';

/** A row as a teacher sees it: its supervised tokens are those of the student's row, in the same order. */
export type TaughtRow = Pick<Labelled, 'ids' | 'labels'>;

/** What a teacher sees of the rows of a dataset, and what it gave to their supervised tokens. */
export interface Lesson {
  rows: ReadonlyMap<number, TaughtRow>;
  /** By row, as far as the teacher has got. */
  soft: Map<number, SoftTargets>;
}

const EACH = { id: 4, probability: 4 };

/** Bytes that a teacher's results take. */
export function lessonBytes(supervised: number, top: number): number {
  return supervised * (top * (EACH.id + EACH.probability) + EACH.probability);
}

/** Supervised tokens of a row. */
export function supervisedIn(row: TaughtRow): number {
  return supervisedCount([padBatch([{ ...row, truncated: 0 }])]);
}

/**
 * Has the teacher read the rows that are left. It reads each alone: results do not depend on what stands beside a row, nor
 * on where a run was cut, so that a run that goes on computes them again to the same bytes.
 *
 * @param strength of the engine's adapter
 * @returns false where the watch ended it
 */
export async function teach(
  engine: Engine,
  { rows, soft }: Lesson,
  asked: { top: number; vocab: number; strength: number },
  { watch, progress }: { watch: Watch; progress: (done: number) => void },
): Promise<boolean> {
  for (const [index, { ids, labels }] of rows) {
    if (soft.has(index)) continue;
    if (!(await watch.ready())) return false;
    const batch = padBatch([{ ids, labels, truncated: 0 }]);
    soft.set(index, await engine.likeliest(batch, asked.strength, asked));
    progress(soft.size);
  }
  return true;
}

/** The rows of a dataset with what the teacher gave to them; rows that it has not read are left out. */
export function taughtDataset<D extends Pick<Dataset, 'examples'>>(dataset: D, { rows, soft }: Lesson): D {
  return {
    ...dataset,
    examples: async (indices) =>
      (await dataset.examples(indices)).flatMap((example) => {
        const given = soft.get(example.index);
        return given ? [{ ...example, soft: given, taught: rows.get(example.index) }] : [];
      }),
  };
}

import type { BatchLayout } from '../data/batches.ts';
import type { Dataset } from '../data/types.ts';
import type { Engine } from '../engine/engine.ts';
import { dpo } from '../objectives/dpo.ts';
import type { Objective } from '../objectives/objective.ts';
import { Reference } from '../objectives/reference.ts';
import { weighed } from '../objectives/weigh.ts';

export interface HeldOutMeasure {
  dataset: Pick<Dataset, 'examples'>;
  rows: ArrayLike<number>;
  /** Examples of a batch, and how they are laid into it. */
  settings: BatchLayout & { batch: number };
  objective: Objective;
  /** Of the adapter. */
  strength: number;
  /** What an objective compares the model with; the base where none is given. */
  reference?: Reference;
  progress?: (done: number) => void;
  /** Ends the measurement before its end. */
  until?: () => boolean;
}

export interface HeldOutLoss {
  loss: number;
  /** What the loss is a mean over: supervised tokens, pairs. */
  count: number;
  tokens: number;
  /** Mean KL(teacher ‖ model), where the rows bring a teacher's probabilities along. */
  divergence: number | null;
  /** Every row was measured. */
  whole: boolean;
}

/** Mean of the objective's loss over rows. */
export async function heldOutLoss(
  engine: Engine,
  {
    dataset,
    rows,
    settings,
    objective,
    strength,
    reference = new Reference(null),
    progress,
    until,
  }: HeldOutMeasure,
): Promise<HeldOutLoss> {
  let lossSum = 0;
  let divergence: number | null = null;
  let count = 0;
  let tokens = 0;
  let at = 0;
  const all = Array.from(rows);
  for (; at < all.length && !until?.(); at += settings.batch) {
    const examples = await dataset.examples(all.slice(at, at + settings.batch));
    if (examples.length === 0) continue;
    const { batches, divisor, loss } = await weighed(
      engine,
      objective,
      [objective.microBatch(examples, settings)],
      { strength, reference },
    );
    const [batch] = batches;
    if (divisor > 0 && loss === null) {
      const found = await engine.evaluate(batch, strength);
      lossSum += found.lossSum;
      if (found.parts) divergence = (divergence ?? 0) + found.parts.divergence;
    } else if (divisor > 0) lossSum += loss! * divisor;
    count += divisor;
    tokens += batch.lengths.reduce((a, b) => a + b, 0);
    progress?.(Math.min(all.length, at + settings.batch));
  }
  const n = Math.max(1, count);
  return {
    ...{ loss: lossSum / n, count, tokens, whole: at >= all.length },
    divergence: divergence === null ? null : divergence / n,
  };
}

/** A dataset without answers that are marked as bad: no loss says how well they are learned. */
export function goodOnes(dataset: Pick<Dataset, 'examples'>): Pick<Dataset, 'examples'> {
  return {
    examples: async (rows) => (await dataset.examples(rows)).filter(({ good }) => good !== false),
  };
}

/** How a model orders pairs beside the base: the share in the right order, and the mean of how far its answers are apart. */
export async function preferenceOf(
  engine: Engine,
  { dataset, rows, settings, strength }: Pick<HeldOutMeasure, 'dataset' | 'rows' | 'settings' | 'strength'>,
): Promise<{ preference_accuracy: number; margin: number }> {
  // Rewards are those of DPO at β 1: log π − log π_ref.
  const objective = dpo({
    beta: 1,
    gamma: 0,
    nllWeight: null,
    nllTokens: 'answer',
    distilTop: 1,
    distilWeight: 1,
  });
  const reference = new Reference(null);
  let accuracy = 0;
  let margin = 0;
  let count = 0;
  const all = Array.from(rows);
  for (let at = 0; at < all.length; at += settings.batch) {
    const examples = await dataset.examples(all.slice(at, at + settings.batch));
    if (examples.length === 0) continue;
    const micro = [objective.microBatch(examples, settings)];
    const { figures, divisor } = await weighed(engine, objective, micro, { strength, reference });
    accuracy += figures.accuracy * divisor;
    margin += figures.margin * divisor;
    count += divisor;
  }
  return { preference_accuracy: accuracy / count, margin: margin / count };
}

import type { Batch } from '../data/batch.ts';
import type { Engine } from '../engine/engine.ts';
import { UserError } from '../errors.ts';

/** What is known of a run whose loss or gradient was not a number in its last steps. */
export interface Failed {
  /** The last of these steps, and how many they were. */
  step: number;
  steps: number;
  /** The rows of that step. */
  batches: readonly Batch[];
  /** Whether any step of the run has changed the adapter. */
  learned: boolean;
  /** Loss of the first and of the last step that had one. */
  first: number | null;
  last: number | null;
}

/**
 * Why loss or gradient is not a number: the rows are read again without the adapter, then with it. A smaller learning
 * rate is advised only where training is what made it so: never before a step has changed the adapter.
 */
export async function whyNotANumber(engine: Engine, failed: Failed): Promise<UserError> {
  const { steps, step, learned, first, last } = failed;
  const what = `Loss or gradient was not a number for ${steps} steps in a row (up to step ${step}), so the run was stopped; none of them changed the adapter, and what was saved before is safe.`;
  const unlike = (text: string) => new UserError('not-a-number', `${what} ${text}`);
  const diverged = (text: string) =>
    new UserError('diverged', `${what} ${text} Start again with a smaller learning rate.`);

  if (!(await givesNumbers(engine, failed.batches, 0)))
    return unlike(
      'On the same rows the model alone, without any adapter, gives no number either: the cause is the model or how this device computes it, not the training. Choose another base precision or another model.',
    );
  if (!(await givesNumbers(engine, failed.batches, 1)))
    return learned
      ? diverged('On the same rows the model alone gives a number: it is the training that went too far.')
      : unlike(
          'On the same rows the model alone gives a number, and no step had changed the adapter that the run began with: the cause is that adapter, not the training. Begin with another, or with none.',
        );
  if (learned && first !== null && last !== null && last > first)
    return diverged(
      `The loss had risen from ${first.toFixed(3)} at the first step to ${last.toFixed(3)} at the last that had one.`,
    );
  return unlike(
    `On the same rows the loss is a number, with the adapter and without it; only its gradient is not. ${learned ? 'The loss had not risen before' : 'No step had changed the adapter yet'}, so the cause is not known to be the learning rate.`,
  );
}

/** Whether the model gives every supervised token of these rows a finite log-probability. */
async function givesNumbers(engine: Engine, batches: readonly Batch[], strength: number): Promise<boolean> {
  for (const batch of batches) {
    const { each } = await engine.logProbabilities(batch, strength);
    if (!each.every(Number.isFinite)) return false;
  }
  return true;
}

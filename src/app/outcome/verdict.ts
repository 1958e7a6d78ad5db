import { ENOUGH, type Metric } from '../../data/metric.ts';
import { percent } from '../shared/format.ts';

/** Shares by one metric on the same rows; null where not measured yet. */
export interface Compared {
  metric: Metric;
  rows: number;
  examples: number;
  base: number;
  prompted: number;
  tuned: number | null;
}

/** Smaller differences are noise on so few rows. */
const NOISE = 0.05;

/** Whether training is what is needed, in a sentence or two. */
export function verdictOf({ metric, rows, examples, base, prompted, tuned }: Compared): string {
  // One row more or less must not decide.
  const apart = Math.max(NOISE, 1.5 / Math.max(1, rows));
  if (tuned !== null) {
    if (tuned > Math.max(prompted, base) + apart) {
      const than =
        prompted > base ? `a prompt with ${examples} examples` : 'the base model, with or without examples';
      return `Training beats ${than}: ${percent(tuned)} against ${percent(Math.max(prompted, base))}.`;
    }
    if (base >= prompted)
      return `The base model alone does as well: ${percent(base)} against ${percent(tuned)}. You may not need the adapter.`;
    return `A prompt with ${examples} examples does as well: ${percent(prompted)} against ${percent(tuned)}. It needs no training and no file, only a longer prompt.`;
  }
  if (base >= ENOUGH[metric]) return 'The base model already does this. You may not need training.';
  if (prompted >= ENOUGH[metric])
    return `A prompt with ${examples} examples is enough: ${percent(prompted)}. You may not need training.`;
  if (prompted > base + apart)
    return `Examples in the prompt help, from ${percent(base)} to ${percent(prompted)}, but are not enough. Train, then compare again.`;
  return 'Examples in the prompt do not help here. Training is worth a try.';
}

import { loss as lossText, percent } from '../shared/format.ts';
import type { Trial } from '../state/sweep.ts';
import { chanceOf } from './chance.ts';

/** What the short runs of a sweep show, by a rule on their figures. */

export type Verdict = 'learns' | 'crawls' | 'diverges' | 'unknown';

/** Steps before which nothing is said of a run. */
export const FEWEST_STEPS = 5;
/** Share of the largest gain below which a run crawls, and of its own gain by which it has to rise again to diverge. */
const HALF = 0.5;
/** Nats: less than this is within the noise of so few rows. */
export const NOTHING = 0.02;
/** Share of the largest gain within which all runs are alike. */
const ALIKE = 0.15;

/** What counts of a run: the loss on held-out rows where they were measured at its end, else on those trained on. */
export interface Figures {
  heldOut: boolean;
  start: number;
  end: number;
  /** Lowest smoothed training loss, where it was, and the last. */
  lowest: { loss: number; step: number };
  last: number;
  first: number;
  steps: number;
}

/** Null where too little was run. */
export function figuresOf({ run }: Pick<Trial, 'run'>): Figures | null {
  const { smooth, loss, step } = run.series;
  if (loss.length < FEWEST_STEPS) return null;
  let low = 0;
  for (let i = 1; i < smooth.length; i++) if (smooth[i] < smooth[low]) low = i;
  const [first, last] = [smooth[0], Number.isFinite(loss.at(-1)) ? smooth[smooth.length - 1] : Number.NaN];
  const at = (when: number) => run.held.loss[run.held.step.indexOf(when)];
  const [before, after] = [at(0), at(step[step.length - 1])];
  const heldOut = before !== undefined && after !== undefined;
  return {
    ...{ heldOut, start: heldOut ? before : first, end: heldOut ? after : last },
    ...{ lowest: { loss: smooth[low], step: step[low] }, first, last, steps: loss.length },
  };
}

const gainOf = (figures: Figures) => figures.start - figures.end;

/**
 * A run diverges where its loss is no number any more, ends above its start, or has risen again from its lowest by more
 * than half of what it had gained. Of the others one crawls where it gained less than half of what the best one did, or
 * nothing; the rest learn.
 */
export function verdictsOf(trials: readonly Pick<Trial, 'run'>[]): Verdict[] {
  const all = trials.map((trial) => ({ run: trial.run, figures: figuresOf(trial) }));
  const diverges = all.map(({ run, figures }) => {
    if (run.error?.code === 'diverged') return true;
    if (run.error || !figures) return false;
    const { end, start, lowest, last, first } = figures;
    if (!Number.isFinite(end) || !Number.isFinite(last)) return true;
    return end > start + NOTHING || last - lowest.loss > Math.max(NOTHING, HALF * (first - lowest.loss));
  });
  const gains = all.map(({ figures }, i) =>
    figures && !diverges[i] ? gainOf(figures) : Number.NEGATIVE_INFINITY,
  );
  const best = Math.max(...gains);
  return all.map(({ run, figures }, i) => {
    if (diverges[i]) return 'diverges';
    if (run.error || !figures) return 'unknown';
    return gains[i] < Math.max(NOTHING, HALF * best) ? 'crawls' : 'learns';
  });
}

/** Its figures in one sentence. @param surprise whether the loss is a cross-entropy, so that it stands for a chance */
export function trialSentence(trial: Pick<Trial, 'run'>, verdict: Verdict, surprise: boolean): string {
  const { run } = trial;
  if (run.error) return run.error.text;
  const figures = figuresOf(trial);
  if (!figures) return `Stopped after ${run.series.step.length} steps, too early to say anything.`;
  const { heldOut, start, end, lowest, last, steps } = figures;
  const of = run.steps > steps ? ` of ${run.steps}` : '';
  const what = `${heldOut ? 'Held-out' : 'Training'} loss ${lossText(start)} → ${lossText(end)} in ${steps}${of} steps`;
  if (verdict === 'diverges') {
    if (!Number.isFinite(last)) return `${what}: its last loss is not a number.`;
    const rose = `training loss was lowest at step ${lowest.step} (${lossText(lowest.loss)}) and ended at ${lossText(last)}`;
    return end > start + NOTHING ? `${what}: worse than before training; ${rose}.` : `${what}; ${rose}.`;
  }
  const [then, now] = [chanceOf(start), chanceOf(end)];
  return surprise
    ? `${what}: the right next piece gets a chance of ${now}; before, ${then}.`
    : `${what}; lower is better.`;
}

/** What all of them show together, in a sentence or two; null where fewer than two can be compared. */
export function findingOf(
  trials: readonly Pick<Trial, 'run' | 'value'>[],
  verdicts: readonly Verdict[],
  label: string,
): string | null {
  const known = trials
    .map((trial, i) => ({ value: String(trial.value), verdict: verdicts[i], figures: figuresOf(trial) }))
    .filter(({ verdict }) => verdict !== 'unknown');
  if (known.length < 2) return null;
  const name = label.toLowerCase();
  const whole = known.flatMap((one) =>
    one.figures && one.verdict !== 'diverges' ? [{ ...one, gain: gainOf(one.figures) }] : [],
  );
  if (whole.length === 0) return `Every ${name} here diverges: try smaller ones.`;
  const ranked = [...whole].sort((a, b) => b.gain - a.gain);
  const [best, worst] = [ranked[0], ranked[ranked.length - 1]];
  if (best.gain < NOTHING) return `None of these values learns anything in so few steps.`;
  if (whole.length === known.length && best.gain - worst.gain < ALIKE * best.gain)
    return `The ${name} matters little here: the least gain is ${percent(worst.gain / best.gain)} of the largest.`;
  const rest = known.filter(({ value }) => value !== best.value);
  const words = rest.map(({ value, verdict, figures }) =>
    verdict === 'diverges' || !figures
      ? `${value} diverges`
      : `${value} gets ${percent(Math.max(0, gainOf(figures)) / best.gain)} of that far`,
  );
  return `${best.value} gets furthest here; ${words.join(', ')}.`;
}

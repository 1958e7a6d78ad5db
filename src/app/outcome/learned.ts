import type { ObjectiveName } from '../../objectives/names.ts';
import type { TeacherMeasure } from '../../run/record.ts';
import { count, figure, loss, percent, plural } from '../shared/format.ts';
import type { RunView } from '../state/run.ts';
import { chanceSentence, shareOf } from './chance.ts';

/** What a run has learned, in sentences made of its losses. What a loss stands for depends on the objective. */

export interface Learned {
  run: Pick<RunView, 'summary' | 'series' | 'held'>;
  /** It began from an adapter that had been trained before. */
  continued: boolean;
  /** Held-out rows whose very text is trained on too; null: not counted. */
  leaks: number | null;
}

/** How the objectives are called in a sentence about their loss, which has no meaning in words. */
const LOSS_NAMES: Partial<Record<ObjectiveName, string>> = {
  ipo: 'IPO loss',
  orpo: 'ORPO loss',
  simpo: 'SimPO loss',
  kto: 'KTO loss',
};

/** The first sentence of a result; null where nothing was measured that means something. */
export function learnedSentence(learned: Learned): string | null {
  const { summary } = learned.run;
  if (!summary) return null;
  const { teacher, objective } = summary;
  if (teacher) return teacherSentence(teacher);
  const { eval: measured } = summary;
  const was = learned.continued ? 'before this run' : 'before';
  if (objective === 'sft' || objective === 'dft') return nextPiece(learned, was);
  if (!measured) return null;
  const { loss_before: before, loss_after: after, rows } = measured;
  if (!Number.isFinite(before) || !Number.isFinite(after)) return null;
  const kind = objective === 'kto' ? 'answer' : 'pair';
  const on = unseen(rows, kind, learned.leaks);
  if (objective === 'dpo') return preferred(on, before, after, was);
  const name = LOSS_NAMES[objective];
  if (name === undefined) return null;
  const [then, now] = [loss(before), loss(after)];
  if (then === now) return `${on}, the ${name} is ${now}, the same as ${was}.`;
  return after > before
    ? `${on}, the ${name} rose from ${then} to ${now}. That is worse.`
    : `${on}, the ${name} fell from ${then} to ${now}; lower is better.`;
}

/** The chance of the right next token on held-out rows, or else on those that were trained on, by name. */
function nextPiece({ run, leaks }: Learned, was: string): string | null {
  const measured = run.summary?.eval;
  if (measured) {
    const { loss_before: before, loss_after: after, rows } = measured;
    if (!Number.isFinite(before) || !Number.isFinite(after)) return null;
    return chanceSentence({ on: unseen(rows, 'row', leaks), before, after, was });
  }
  const [before, after] = trainingLosses(run);
  if (!Number.isFinite(before) || !Number.isFinite(after)) return null;
  const sentence = chanceSentence({
    ...{ on: 'On the rows that it was trained on', before, after, was: 'at the first step' },
  });
  const why =
    run.held.step.length > 0 ? 'The held-out rows were not measured at the end' : 'No rows were held out';
  return `${sentence} ${why}, so this does not say how it does on others.`;
}

/** Steps at the end whose mean is told: one alone jumps too much. */
const LAST = 10;

function trainingLosses({ summary, series }: Learned['run']): [before: number, after: number] {
  if (summary?.objective !== 'dft')
    return [series.smooth[0] ?? Number.NaN, series.smooth.at(-1) ?? Number.NaN];
  // DFT's own loss falls as well where the right token's chance goes to zero.
  const values = series.figures.cross_entropy ?? [];
  return [values.find(Number.isFinite) ?? Number.NaN, meanOfLast(values)?.mean ?? Number.NaN];
}

function meanOfLast(values: readonly number[]): { mean: number; steps: number } | null {
  const last = values.slice(-LAST).filter(Number.isFinite);
  if (last.length === 0) return null;
  return { mean: last.reduce((a, b) => a + b, 0) / last.length, steps: last.length };
}

/** `On rows it never saw`, or what is true instead. */
function unseen(rows: number, kind: 'row' | 'pair' | 'answer', leaks: number | null): string {
  if (leaks) return `On held-out ${kind}s (${count(leaks)} of ${count(rows)} are also trained on)`;
  return rows === 1 ? `On the one ${kind} that it never saw` : `On ${kind}s it never saw`;
}

/**
 * DPO's loss is −log of the share that the better answer of a pair gets of the model's preference (Bradley–Terry over
 * rewards); without training it is one half.
 */
function preferred(on: string, before: number, after: number, was: string): string {
  const [then, now] = [before, after].map((value) => shareOf(Math.exp(-value)));
  const coin = then === '50 %' ? ', a coin toss' : '';
  if (then === now)
    return `${on}, the better answer gets ${now} of its preference, the same as ${was}${coin}.`;
  const sentence = `${on}, the better answer now gets ${now} of its preference; ${was}, ${then}${coin}.`;
  return after > before ? `${sentence} That is worse.` : sentence;
}

function teacherSentence({ kl_before, kl_after, held_out, tokens_saved }: TeacherMeasure): string | null {
  if (!Number.isFinite(kl_before) || !Number.isFinite(kl_after)) return null;
  const on = held_out ? 'On rows it never saw' : 'On the rows that it was trained on';
  const nearer = 1 - kl_after / kl_before;
  const what = `${on}, its odds for the next piece are`;
  const sentence =
    loss(kl_before) === loss(kl_after)
      ? `${what} as far from the teacher’s as the base model’s.`
      : kl_after > kl_before
        ? `${what} further from the teacher’s than the base model’s. That is worse.`
        : `${what} ${shareOf(nearer)} nearer to the teacher’s than the base model’s.`;
  if (tokens_saved === null) return sentence;
  return `${sentence} Each answer saves ${plural(Math.round(tokens_saved), 'token')} of prompt.`;
}

/** What an objective that learns from better and worse answers tells of its last steps, on what it was trained on. */
export function preferenceSentence({ run: { summary, series } }: Pick<Learned, 'run'>): string | null {
  if (!summary) return null;
  const { objective } = summary;
  const over = (steps: number) => (steps === 1 ? 'In its last step' : `Over its last ${steps} steps`);
  if (objective === 'kto') {
    const last = meanOfLast(series.figures.margin ?? []);
    if (!last) return null;
    const than =
      last.mean === 0 ? 'the same as' : `${figure(Math.abs(last.mean))} ${last.mean < 0 ? 'below' : 'above'}`;
    return `${over(last.steps)}, good training answers were rewarded ${than} bad ones.`;
  }
  const last = meanOfLast(series.figures.accuracy ?? []);
  if (!last) return null;
  const how =
    objective === 'dpo' || objective === 'ipo'
      ? 'it had moved towards the better answer'
      : 'it found the better answer the likelier one';
  return `${over(last.steps)}, ${how} in ${percent(last.mean)} of the training pairs.`;
}

import type { Question } from '../../data/forms/questions.ts';
import { type Judged, judge, type Metric, shareOf } from '../../data/metric.ts';
import type { Rung, RungName } from './rungs.ts';
import type { Sources } from './sources.ts';

/** Questions that are put together: of more of them more are of one length. */
const AT_ONCE = 64;

/** A model that answers questions, as greedily and as far as everywhere else. */
export interface Asking {
  /** Tokens of a question's prompt, and whether an answer has room after them. */
  prompted(question: Question): Promise<{ tokens: number; fits: boolean }>;
  /** @returns the answers, in order; those of questions that were given up are empty */
  answers(questions: readonly Question[], onAnswer: () => void): Promise<string[]>;
  /** −log p of each reference after its prompt, with what ends it. */
  losses(questions: readonly Question[]): Promise<{ lossSum: number; tokens: number }[]>;
}

/** What one held-out row came to. */
export interface RungRow extends Judged {
  /** In the file, from 1. */
  line: number;
  /** What was asked last, without what a rung puts before it. */
  prompt: string;
  reference: string;
  prompt_tokens: number;
  /** Null where not even the question alone left room for an answer, which counts as wrong. */
  answer: string | null;
  loss_sum: number;
  loss_tokens: number;
  /** Things in the prompt, where it had no room for as many as there should be. */
  fewer?: number;
}

export interface MeasuredRung {
  name: RungName;
  /** Things in each prompt; null where nothing is shown. */
  k: number | null;
  /** What training rows said to each number that was tried. */
  tried: { k: number; metric: number }[];
  rows: RungRow[];
  /** Of all answers together, made side by side. */
  seconds: number;
}

export interface Measuring {
  rung: Rung;
  sources: Sources;
  heldOut: readonly Question[];
  metric: Metric;
  asking: Asking;
  /** Told of each answer. */
  onAnswer: (what: 'choosing' | 'answering', done: number, total: number) => void;
}

/** A rung on all held-out rows. How many things stand in its prompt is chosen on training rows alone. */
export async function measureRung({
  rung,
  sources,
  heldOut,
  metric,
  asking,
  onAnswer,
}: Measuring): Promise<MeasuredRung> {
  const tried = await tryCounts({ rung, sources, metric, asking, onAnswer });
  const k = rung.counts.length === 0 ? null : best(tried);
  const rows: RungRow[] = [];
  let seconds = 0;
  for (let at = 0; at < heldOut.length; at += AT_ONCE) {
    const some = heldOut.slice(at, at + AT_ONCE);
    const put = await Promise.all(some.map((question) => fitted(rung, question, k ?? 0, sources, asking)));
    const asked = put.filter(({ fits }) => fits).map(({ question }) => question);
    let done = at + some.length - asked.length;
    const begin = performance.now();
    const answers = await asking.answers(asked, () => onAnswer('answering', ++done, heldOut.length));
    seconds += (performance.now() - begin) / 1000;
    const losses = await asking.losses(asked);
    some.forEach(({ line, turns, reference }, i) => {
      const prompt = turns.findLast(({ role }) => role === 'user')?.content ?? '';
      const { tokens, fits, count } = put[i];
      const answer = fits ? answers.shift()! : null;
      const loss = fits ? losses.shift()! : { lossSum: 0, tokens: 0 };
      rows.push({
        ...{ line, prompt, reference, prompt_tokens: tokens, answer },
        ...judge(metric, { answer: answer ?? '', reference }),
        ...{ loss_sum: loss.lossSum, loss_tokens: loss.tokens },
        ...(k !== null && count < k && { fewer: count }),
      });
    });
  }
  return { name: rung.name, k, tried, rows, seconds };
}

/** The first with the highest figure: the fewest things that do as well. */
function best(tried: MeasuredRung['tried']): number {
  const top = Math.max(...tried.map(({ metric }) => metric));
  return tried.find(({ metric }) => metric === top)?.k ?? 1;
}

/** Each number of things that leaves every choosing row room for its answer, with the figure of those rows. */
async function tryCounts({
  rung,
  sources,
  metric,
  asking,
  onAnswer,
}: Omit<Measuring, 'heldOut'>): Promise<MeasuredRung['tried']> {
  const { choosing } = sources;
  const tried: MeasuredRung['tried'] = [];
  let before = '';
  let done = 0;
  for (const k of choosing.length > 0 ? rung.counts : []) {
    const questions = choosing.map((question) => rung.prompt(question, k, sources));
    // More than there are is no other prompt.
    const same = JSON.stringify(questions.map(({ turns }) => turns));
    if (same === before) break;
    before = same;
    const room = await Promise.all(questions.map((question) => asking.prompted(question)));
    if (room.some(({ fits }) => !fits)) break;
    const answers = await asking.answers(questions, () =>
      onAnswer('choosing', ++done, choosing.length * rung.counts.length),
    );
    const judged = questions.map(({ reference }, i) => judge(metric, { answer: answers[i], reference }));
    tried.push({ k, metric: shareOf(judged) });
  }
  return tried;
}

/** A held-out row's prompt with as many things as leave room for its answer. */
async function fitted(rung: Rung, asked: Question, k: number, sources: Sources, asking: Asking) {
  for (let count = k; ; count = Math.floor(count / 2)) {
    const question = rung.prompt(asked, count, sources);
    const { tokens, fits } = await asking.prompted(question);
    if (fits || count === 0) return { question, tokens, fits, count };
  }
}

import type { Question } from '../../data/forms/questions.ts';
import { type Judged, shareOf } from '../../data/metric.ts';
import { type Criterion, judgeOf } from '../criterion.ts';
import { wordsOf } from './prompts.ts';
import type { Rung, RungName } from './rungs.ts';
import type { SearchName } from './search.ts';
import type { Sources } from './sources.ts';

/** Questions that are put together: of more of them more are of one length. */
const AT_ONCE = 64;
/** The model reads every text of a collection before it is searched by states, which of more would take too long. */
export const MOST_STATES = 2000;

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
  /** How they were found, where they were searched for. */
  search?: SearchName;
  /** Texts to search, where they are too many for the model to read: then by words alone. */
  unread?: number;
  /** Of one adapter for each part: the questions that each was trained on, and those that it answered. */
  adapters?: { kind: string; training: number; heldOut: number }[];
  /** What training rows said to each number, and each search, that was tried. */
  tried: { k: number; metric: number; search?: SearchName }[];
  rows: RungRow[];
  /** Of all answers together, made side by side. */
  seconds: number;
}

export interface Measuring {
  rung: Rung;
  sources: Sources;
  heldOut: readonly Question[];
  metric: Criterion;
  asking: Asking;
  /** The pooled state of each text, [hidden], by the text; without it all is searched by words. */
  states?(
    texts: readonly string[],
    onRead: (done: number, total: number) => void,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /** Told of each answer, and of each text that is read. */
  onAnswer: (what: 'reading' | 'choosing' | 'answering', done: number, total: number) => void;
}

/** A rung on all held-out rows. How many things stand in its prompt, and how they are found, is chosen on training rows alone. */
export async function measureRung(measuring: Measuring): Promise<MeasuredRung> {
  const { rung, sources, heldOut, metric, asking, onAnswer } = measuring;
  const texts = rung.searches ? sources.collections[rung.searches].length : 0;
  const judge = judgeOf(metric);
  const searches = await searchesOf(measuring);
  const tried: MeasuredRung['tried'] = [];
  for (const [i, [search, from]] of searches.entries()) {
    const some = await tryCounts({
      ...{ rung, sources: from, metric, asking },
      onAnswer: (what, done, total) => onAnswer(what, i * total + done, searches.length * total),
    });
    tried.push(...some.map((one) => (search ? { ...one, search } : one)));
  }
  const chosen = best(tried);
  const k = rung.counts.length === 0 ? null : (chosen?.k ?? 1);
  const [search, from] = searches.find(([name]) => name === chosen?.search) ?? searches[0];
  const rows: RungRow[] = [];
  let seconds = 0;
  for (let at = 0; at < heldOut.length; at += AT_ONCE) {
    const some = heldOut.slice(at, at + AT_ONCE);
    const put = await Promise.all(some.map((question) => fitted(rung, question, k ?? 0, from, asking)));
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
        ...judge({ answer: answer ?? '', reference }),
        ...{ loss_sum: loss.lossSum, loss_tokens: loss.tokens },
        ...(k !== null && count < k && { fewer: count }),
      });
    });
  }
  return {
    ...{ name: rung.name, k, tried, rows, seconds },
    ...(search && { search }),
    ...(texts > MOST_STATES && { unread: texts }),
  };
}

/**
 * The same answers by another metric. Null where what stands in its prompts was chosen by the metric before, so that it has to
 * be measured again.
 */
export function judgedBy<Measured extends MeasuredRung>(
  measured: Measured,
  metric: Criterion,
): Measured | null {
  if (measured.k !== null) return null;
  const judge = judgeOf(metric);
  return {
    ...measured,
    rows: measured.rows.map((row) => ({
      ...row,
      ...judge({ answer: row.answer ?? '', reference: row.reference }),
    })),
  };
}

/** Mean loss of references, by token; null where nothing has one. */
export function meanLoss(rows: readonly Pick<RungRow, 'loss_sum' | 'loss_tokens'>[]): number | null {
  const tokens = rows.reduce((sum, row) => sum + row.loss_tokens, 0);
  return tokens > 0 ? rows.reduce((sum, row) => sum + row.loss_sum, 0) / tokens : null;
}

/** The highest figure; of equals that of the fewest things, and by words, which no model has to read. */
function best(tried: MeasuredRung['tried']): MeasuredRung['tried'][number] | null {
  return tried.reduce<MeasuredRung['tried'][number] | null>(
    (top, one) =>
      top && (top.metric > one.metric || (top.metric === one.metric && top.k <= one.k)) ? top : one,
    null,
  );
}

/** What a rung's prompts may be made of, by how it is searched; by words first. */
async function searchesOf({
  rung: { searches },
  sources,
  heldOut,
  states,
  onAnswer,
}: Measuring): Promise<[SearchName | undefined, Sources][]> {
  if (!searches) return [[undefined, sources]];
  const { choosing, collections } = sources;
  // Without rows that choose, nothing says which is better.
  if (!states || choosing.length === 0 || collections[searches].length > MOST_STATES)
    return [['bm25', sources]];
  const asked = [...choosing, ...heldOut].map(wordsOf);
  const read = await states([...collections[searches], ...asked], (done, total) =>
    onAnswer('reading', done, total),
  );
  return [
    ['bm25', sources],
    ['states', sources.byStates(searches, read)],
  ];
}

/** Each number of things that leaves every choosing row room for its answer, with the figure of those rows. */
async function tryCounts({
  rung,
  sources,
  metric,
  asking,
  onAnswer,
}: Omit<Measuring, 'heldOut' | 'states'>): Promise<MeasuredRung['tried']> {
  const { choosing } = sources;
  const judge = judgeOf(metric);
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
    const judged = questions.map(({ reference }, i) => judge({ answer: answers[i], reference }));
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

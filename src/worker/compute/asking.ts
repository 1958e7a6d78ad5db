import type { Question } from '../../data/forms/questions.ts';
import { answerLosses } from '../../engine/answer-loss.ts';
import { UserError } from '../../errors.ts';
import type { Asking } from '../../lab/ladder/measure.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Answers } from './answers.ts';
import { everyRow } from './workspace.ts';

/** What ends a turn stands after a right answer. */
const END_TOKENS = 2;
/** Rows that are read at once. */
const AT_ONCE = 512;

/** The base, or an adapter of the shelf on it, as what answers questions. @param longest tokens of a row */
export async function askingOf(
  answers: Answers,
  adapter: AdapterUse | null,
  { raw, longest }: { raw: boolean; longest: number },
): Promise<Asking> {
  const { workspace } = answers;
  const using: <T>(work: Parameters<typeof answers.using<T>>[2]) => Promise<T> = (work) =>
    answers.using(adapter, { longest }, work);
  const goOn = () => !answers.cancelled;
  const unlessStopped = () => refuseStopped(answers);
  const positions = await using(async (engine) => engine.positions);
  return {
    async prompted(question) {
      unlessStopped();
      const { ids, reference } = await answers.idsOfQuestion(question, raw);
      return { tokens: ids.length, fits: ids.length + reference + END_TOKENS <= positions };
    },
    async answers(questions, onAnswer) {
      const said = await using((engine, strength) =>
        answers.answersTo(engine, questions, { shots: [], raw, strength, goOn, onAnswer }),
      );
      unlessStopped();
      return said;
    },
    async losses(questions) {
      const rows = await Promise.all(
        questions.map((question) => workspace.data.answered(question, raw, workspace.date)),
      );
      const losses = await using((engine, strength) => answerLosses(engine, rows, { strength, goOn }));
      unlessStopped();
      return losses.map((loss) => loss ?? { lossSum: 0, tokens: 0 });
    },
  };
}

/** @throws UserError `stopped` where what is measured was given up */
export function refuseStopped({ cancelled }: Answers): void {
  if (cancelled)
    throw new UserError('stopped', 'Stopped. What was measured before stays; this rung was not finished.');
}

/** The questions among some rows, all where none are named. */
export async function questionsOf(
  dataset: Pick<RemoteDataset, 'rows' | 'questions'>,
  rows: ArrayLike<number> = everyRow(dataset),
): Promise<Question[]> {
  return (await placedQuestionsOf(dataset, rows)).map(({ question }) => question);
}

/** The same with the place of each among the rows of the dataset. */
export async function placedQuestionsOf(
  dataset: Pick<RemoteDataset, 'rows' | 'questions'>,
  rows: ArrayLike<number> = everyRow(dataset),
): Promise<{ place: number; question: Question }[]> {
  const all = Array.from(rows);
  const placed: { place: number; question: Question }[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const questions = await dataset.questions(some);
    // Rows that ask nothing are left out of what comes back: then each is asked for by itself.
    const each =
      questions.length === some.length
        ? questions.map((question) => [question])
        : await Promise.all(some.map((place) => dataset.questions([place])));
    each.forEach(([question], i) => {
      if (question) placed.push({ place: some[i], question });
    });
  }
  return placed;
}

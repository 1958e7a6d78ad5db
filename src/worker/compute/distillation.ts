import { UserError } from '../../errors.ts';
import { type Attempt, verdicts } from '../../lab/distillation/made.ts';
import { distilResult, tableRows } from '../../lab/distillation/report.ts';
import { splitRows } from '../../lab/distillation/rows.ts';
import type { Reason } from '../../lab/distillation/sieve.ts';
import type { Stages } from '../../lab/distillation/stages.ts';
import { teacherRows, wantedOf } from '../../lab/distillation/teaching.ts';
import type { DistilFigures, DistilFiguresRequest, MakeRowsRequest, SiftRequest } from '../api/distil.ts';
import { refuseStopped } from './asking.ts';
import type { Teaching } from './teaching.ts';
import type { Listener } from './workspace.ts';

/** The parts of `lab/distillation` that take long: no work for the page's own thread. */

/**
 * The open rows as what is trained on and what is held out: the rows of `eval`, or a quarter.
 *
 * @throws UserError `no-rows` where either is empty
 */
export async function splitOpenRows(
  teaching: Teaching,
  { heldOut, seed }: { heldOut: boolean; seed: number },
): Promise<NonNullable<Stages['rows']>> {
  const questions = await teaching.questions('train');
  const held = heldOut ? await teaching.questions('eval') : null;
  const rowsOf = (role: 'train' | 'eval') => teaching.workspace.dataset(role).rows;
  const without = rowsOf('train') - questions.length + (held === null ? 0 : rowsOf('eval') - held.length);
  const split = splitRows(questions, held, seed);
  if (split.train.length === 0 || split.heldOut.length === 0)
    throw new UserError(
      'no-rows',
      `${split.train.length} rows with a question and an answer are left to train on and ${split.heldOut.length} to hold out, and both are needed. Nothing was measured. Open more rows, or choose a file of held-out rows.`,
    );
  return { ...split, without };
}

/** @throws UserError `stopped`; `no-rows` where a teacher can write no question */
export async function makeRowsOf(
  teaching: Teaching,
  { adapter, raw, ...request }: MakeRowsRequest,
  listener: Listener,
  onAttempts: (more: Attempt[]) => void,
): Promise<void> {
  let known = request.before.length;
  let answered = request.before.filter(({ answer }) => answer !== null).length;
  const wanted = wantedOf(request);
  /** Of a batch, as how far the whole is. */
  const hearAnswers: Listener = (event) =>
    listener(
      event.type === 'progress'
        ? {
            ...event,
            what: 'The teacher answers',
            done: Math.min(wanted, answered + event.done),
            total: wanted,
          }
        : event,
    );
  const unlessStopped = <T>(result: T): T => {
    // What was cut short is no answer.
    refuseStopped(teaching.answers);
    return result;
  };
  await teacherRows({
    ...request,
    answer: async (asked) => unlessStopped(await teaching.answer({ ...asked, adapter, raw }, hearAnswers)),
    invent: async (asked) => unlessStopped(await teaching.invent({ ...asked, adapter: null }, listener)),
    noExamples: () =>
      new UserError(
        'no-rows',
        'No row has a single question that the teacher could write others after. Nothing was made. Choose a file of questions.',
      ),
    onAttempts(attempts, done) {
      answered = done;
      onAttempts(attempts.slice(known));
      known = attempts.length;
    },
  });
}

export function sift({ attempts, rows, heldOut }: SiftRequest): (Reason | null)[] {
  return verdicts(attempts, rows, heldOut);
}

/** Intervals and tests take thousands of draws. */
export function distilFigures({ contenders, seed, whole }: DistilFiguresRequest): DistilFigures {
  return {
    table: tableRows(contenders, seed),
    result: whole && distilResult(contenders, whole.made, { objective: whole.objective, seed }),
  };
}

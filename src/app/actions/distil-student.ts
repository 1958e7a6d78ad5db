import { heldOutCount } from '../../data/batches.ts';
import { UserError } from '../../errors.ts';
import type { WHO } from '../../lab/distillation/report.ts';
import { rowOf } from '../../lab/distillation/rows.ts';
import { contenderOf } from '../../lab/distillation/whole-report.ts';
import { totalSteps } from '../../run/schedule.ts';
import type { KeptDistil, KeptStudent, RunSummary, TrainRequest } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useDistil } from '../state/distil.ts';
import { nowAt } from '../state/lab.ts';
import { change, changeStages, keptNow, madeOf, warn } from './distil-record.ts';
import { openIn, teacherChoice } from './distil-session.ts';
import { adapterFiles, openHeldOut, openRows, speed } from './distil-teacher.ts';
import { hearPiece, unlessStopped } from './experiment.ts';
import type { Session } from './experiment-session.ts';
import { memoryOf, trainIn } from './experiment-training.ts';

/** The stages of a distillation that the student does: it is measured as it is, and trained twice. */

type Who = Exclude<keyof typeof WHO, 'teacher'>;

/** Whatever of it is not done yet. @throws UserError `no-rows` where no made row is left */
export async function studentPart(session: Session): Promise<void> {
  const { given, stages } = keptNow();
  const { raw } = given.settings;
  const made = madeOf(keptNow());
  if (made.kept.length === 0)
    throw new UserError(
      'no-rows',
      `None of the ${made.left.length} rows that the teacher made can be used, and there is nothing to distil. What was made, and why it was left out, stands below. Give other questions, or choose another teacher.`,
    );
  useDistil.setState({ now: 3 });
  const { parameters } = await openIn(session, 'student', given, stages.student?.parameters);
  const wants = given.settings.objective !== 'sft';
  if (!stages.student) {
    const tokens_per_second = await speed(session, stages.rows.heldOut, { use: null, raw });
    const answersOnly = wants ? await openTeacherIn(session) : 'The objective sft asks for that.';
    await changeStages({ student: { parameters, tokens_per_second, answersOnly } });
  } else if (stages.student.answersOnly === null) await openTeacherIn(session);
  const all = stages.rows.train.length + made.kept.length;
  const steps = totalSteps(given.settings, all - heldOutCount(all, given.settings.evalFraction));
  // Both are trained for as long: of more or fewer rows, neither is what it was.
  if (keptNow().steps !== steps) await change({ steps, students: {} });
  await trained(session, 'student-small', 'sft');
  await trained(session, 'student-larger', objectiveOf(keptNow()));
  await reckon();
  await change({ done: true });
}

export function objectiveOf({ stages }: KeptDistil): 'distil' | 'sft' {
  return stages.student?.answersOnly === null ? 'distil' : 'sft';
}

/** @returns why the teacher's probabilities cannot be had; null: they can */
async function openTeacherIn({ request }: Session): Promise<string | null> {
  const { given } = keptNow();
  const choice = teacherChoice(given);
  const files = adapterFiles(given) ?? [];
  nowAt('Opening the teacher');
  try {
    await request.events(hearPiece(), (api, listener) => api.openTeacher(choice, files, listener));
    return null;
  } catch (error) {
    const { code, text } = pageError(error);
    if (code !== 'other-tokenizer') throw error;
    return text.split('. ')[0].replace(/\.?$/, '.');
  }
}

/** A student, trained and measured as far as it is not. */
async function trained(session: Session, who: Who, objective: 'distil' | 'sft'): Promise<void> {
  const { api, request } = session;
  const { given, stages, steps } = keptNow();
  const before = keptNow().students[who];
  if (before?.rung) return;
  useDistil.setState({ now: who === 'student-small' ? 4 : 5 });
  const { train, heldOut } = stages.rows;
  const made =
    who === 'student-small' ? [] : madeOf(keptNow()).kept.map(({ answer, ...one }) => rowOf(one, answer));
  await openRows(session, train, given.settings, made);
  await openHeldOut(session, heldOut, given.settings);
  const { raw, seed } = given.settings;
  const plan = await request.events(hearPiece(), (worker, listener) =>
    worker.prepareLadder({ prompt: null, metric: given.metric, raw, seed, documents: [] }, listener),
  );
  let student = before;
  let id: string;
  if (student?.files) id = (await api.addAdapter(student.files)).id;
  else {
    const summary = await trainingOf(session, who, { ...given.settings, objective, steps });
    id = summary.adapter;
    student = {
      trainedOn: plan.rows,
      files: await api.adapterFiles(id),
      train_seconds: summary.seconds,
      memory_bytes: memoryOf(summary),
      rung: null,
    };
    await keepStudent(who, student);
  }
  unlessStopped();
  const rung = await request.events(hearPiece(), (worker, listener) =>
    worker.measureRung('tuned', { id, strength: 1 }, listener),
  );
  await keepStudent(who, { ...student, rung });
  await reckon();
}

function keepStudent(who: Who, student: KeptStudent): Promise<void> {
  return change({ students: { ...keptNow().students, [who]: student } });
}

function trainingOf(
  { api, request }: Session,
  who: Who,
  settings: TrainRequest['settings'],
): Promise<RunSummary> {
  unlessStopped();
  const { title } = keptNow();
  return trainIn({
    ...{ api, request, keepAs: title, dataTitle: `${title}: ${who}`, what: 'Training', warn },
    training: {
      ...{ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, evalData: false },
      ...{ maxEvalRows: null, leaveOut: [] },
    },
  });
}

/** Figures of what is measured so far. */
export async function reckon(): Promise<void> {
  const { given, stages, students } = keptNow();
  const { teacher, student } = stages;
  const [small, larger] = [students['student-small'], students['student-larger']];
  const contenders = [
    ...(teacher ? [contenderOf('teacher', teacher.rung, teacher, null)] : []),
    ...(student
      ? (['student-small', 'student-larger'] as const).flatMap((who) => {
          const one = students[who];
          if (!one?.rung) return [];
          const { train_seconds, memory_bytes, trainedOn } = one;
          return [contenderOf(who, { ...one.rung, train_seconds, memory_bytes }, student, trainedOn)];
        })
      : []),
  ];
  const whole =
    teacher && small?.rung && larger?.rung
      ? { made: madeOf(keptNow()), objective: objectiveOf(keptNow()) }
      : null;
  const { seed } = given.settings;
  await change({ figures: await (await worker()).distilFigures({ contenders, seed, whole }) });
}

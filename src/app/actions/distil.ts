import { fileName } from '../../files/file-name.ts';
import type { KeptDistil, KeptStudent, ModelChoice } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { type Role, useDistil } from '../state/distil.ts';
import { otherForm } from '../state/prompt-form.ts';
import { shelve } from '../state/shelf.ts';
import { getApp, setApp } from '../state/store.ts';
import { openAdapters } from './adapter.ts';
import { distilProblem } from './distil-inputs.ts';
import { change, keptNow, warn } from './distil-record.ts';
import { reckon, studentPart } from './distil-student.ts';
import { type Beginning, teacherPart } from './distil-teacher.ts';
import { canExperiment, forgetRecord, underWay } from './experiment.ts';
import { inSession } from './experiment-session.ts';
import { keptRecord } from './kept-record.ts';
import { adapterOnShelf } from './ladder-training.ts';
import { modelOf } from './model-pick.ts';
import { openModel } from './open.ts';

/** A distillation on the page: stage after stage, each kept as soon as it is done. */

/** Reads the distillation that an earlier visit kept. */
export async function loadDistil(): Promise<void> {
  if (useDistil.getState().loaded) return;
  useDistil.setState({ loaded: true });
  const kept = await keptRecord('distil');
  if (kept && !useDistil.getState().kept) useDistil.setState({ kept, restored: true });
}

/** Begins with what is given. */
export async function beginDistil(): Promise<void> {
  if (!canExperiment() || distilProblem(useDistil.getState()) !== null) return;
  await carryOut(async () => {
    const beginning = await beginningOf();
    await inSession((session) => teacherPart(session, beginning));
    await reckon();
    if (!useDistil.getState().look) await inSession(studentPart);
  });
}

/** Goes on with the distillation that is shown, to its end. */
export async function continueDistil(): Promise<void> {
  if (!canExperiment() || !useDistil.getState().kept) return;
  await carryOut(async () => {
    if (!keptNow().stages.made) {
      await inSession((session) => teacherPart(session, null));
      await reckon();
      if (useDistil.getState().look) return;
    }
    await inSession(studentPart);
  });
}

async function carryOut(work: () => Promise<void>): Promise<void> {
  useDistil.setState({ error: null, warnings: [], restored: false, now: 0 });
  const error = await underWay('distil', 'Starting', work);
  useDistil.setState({ error, now: null });
  const { kept } = useDistil.getState();
  if (kept?.done) await putOnShelf(kept);
}

async function beginningOf(): Promise<Beginning> {
  const { teacher, student, withTuned, adapter, heldOut, prompts, wanted } = useDistil.getState();
  const { settings, dataChoice, dataTitle } = getApp();
  const tuned = teacher.kind === 'open' && withTuned ? await adapterOnShelf() : null;
  const form = tuned ? otherForm(getApp()) : null;
  if (form) warn(form);
  return {
    given: {
      ...{ teacher: modelOf(teacher)!, student: modelOf(student)!, settings, metric: null },
      adapter: tuned ?? (teacher.kind === 'open' ? null : adapter),
      wanted: wanted.trim() === '' ? null : Number(wanted),
    },
    ...{ title: dataTitle, data: dataChoice!, heldOut, prompts },
  };
}

/** Models and adapters that this browser does not keep, and that what is left to do needs. */
export function missingForDistil(kept: KeptDistil): (Role | 'adapter')[] {
  const { given, stages, students } = kept;
  const { again } = useDistil.getState();
  if (kept.done) return [];
  const gone = (role: Role) => given[role].model.choice === null && !again[role];
  const teaches = !stages.made || stages.student === undefined || stages.student.answersOnly === null;
  const learns = !students['student-larger']?.rung;
  return [
    ...(gone('teacher') && teaches ? (['teacher'] as const) : []),
    ...(teaches && given.adapter?.files.length === 0 && !again.adapter ? (['adapter'] as const) : []),
    ...(gone('student') && learns ? (['student'] as const) : []),
  ];
}

/** Takes a row that the teacher made out of those that are trained on, or puts it back. */
export async function takeOut(place: number, out: boolean): Promise<void> {
  if (getApp().underWay) return;
  const { byHand, students } = keptNow();
  const others = byHand.filter((one) => one !== place);
  // It was trained on other rows.
  const { 'student-larger': _, ...kept } = students;
  await change({
    byHand: out ? [...others, place].sort((a, b) => a - b) : others,
    students: kept,
    done: false,
  });
  try {
    await reckon();
  } catch (error) {
    useDistil.setState({ error: pageError(error) });
  }
}

/** Forgets the distillation that is shown; what was given stays for the next. */
export async function discardDistil(): Promise<void> {
  if (getApp().underWay) return;
  useDistil.setState({ kept: null, restored: false, again: {}, error: null, warnings: [] });
  await forgetRecord('distil');
}

/** The student that was trained on all rows, where its adapter is kept. */
export function studentOf({
  students,
}: KeptDistil): (KeptStudent & { files: NonNullable<KeptStudent['files']> }) | null {
  const student = students['student-larger'];
  return student?.rung && student.files ? { ...student, files: student.files } : null;
}

export function nameOfStudent({ title }: KeptDistil): string {
  return `${title.replace(/^Sample: /, '').replace(/\.[a-z]+$/i, '')}-student`;
}

/** Whether the model that is open is the student. */
function isOpen({ given }: KeptDistil): boolean {
  const { model, modelChoice } = getApp();
  const { choice, name } = given.student.model;
  if (!model || modelChoice.kind !== choice?.kind) return false;
  if (choice.kind === 'bundled') return true;
  if (choice.kind === 'hub') return modelChoice.kind === 'hub' && modelChoice.id === choice.id;
  return model.name === name;
}

/** Beside the other adapters at hand, where the student is the model that is open. */
async function putOnShelf(kept: KeptDistil): Promise<void> {
  const student = studentOf(kept);
  if (!student || !isOpen(kept)) return;
  try {
    const { id } = await (await worker()).addAdapter(student.files);
    shelve(id, nameOfStudent(kept));
  } catch (error) {
    useDistil.setState({ error: pageError(error) });
  }
}

/** Opens the student with what it has learned, as if both had been dropped. */
export async function openStudent(): Promise<void> {
  const kept = keptNow();
  const student = studentOf(kept);
  const { choice, chatTemplate } = kept.given.student.model;
  if (!student || !canExperiment()) return;
  const open = choice ?? useDistil.getState().again.student ?? null;
  if (!isOpen(kept)) {
    if (!open) return;
    await openModel({ ...open, ...(chatTemplate !== undefined && { chatTemplate }) } as ModelChoice);
    if (!getApp().model || getApp().modelError) return;
  }
  const folder = fileName(nameOfStudent(kept));
  await openAdapters([
    student.files.map(({ path, bytes }) => ({
      path: `${folder}/${path}`,
      file: new Blob([bytes as BlobPart]),
    })),
  ]);
  setApp({ tab: 'compare' });
}

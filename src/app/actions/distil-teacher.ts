import { wholeText } from '../../data/files/utf8.ts';
import type { Question } from '../../data/forms/questions.ts';
import type { DataReport } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { Attempt } from '../../lab/distillation/made.ts';
import { withAnswers } from '../../lab/distillation/prompts.ts';
import { asRowsAsk, jsonLines, rowOf } from '../../lab/distillation/rows.ts';
import { rowWarnings } from '../../lab/distillation/stages.ts';
import { fewQuestions, speedOf } from '../../lab/distillation/teaching.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { DataChoice, DistilInputs, KeptDistil } from '../../worker/api/api.ts';
import { useDistil } from '../state/distil.ts';
import { nowAt } from '../state/lab.ts';
import { change, changeStages, keep, keptNow, warn } from './distil-record.ts';
import { openIn } from './distil-session.ts';
import { hearPiece, unlessStopped } from './experiment.ts';
import { fileOf, readIn, type Session } from './experiment-session.ts';

/** The stages of a distillation that the teacher does: it is measured, then it makes rows. */

/** What a distillation begins with, before its rows are read. */
export interface Beginning {
  given: Omit<DistilInputs, 'own' | 'files' | 'device'>;
  title: string;
  data: DataChoice;
  heldOut: File | null;
  prompts: File | null;
}

/** Whatever of it is not done yet. @param beginning of one that begins; null: it goes on */
export async function teacherPart(session: Session, beginning: Beginning | null): Promise<void> {
  const { api, request } = session;
  const given = beginning?.given ?? keptNow().given;
  const known = beginning ? undefined : keptNow().stages.teacher?.parameters;
  const { parameters } = await openIn(session, 'teacher', given, known);
  const use = await adapterIn(session, given);
  if (beginning) await keep(await readRows(session, beginning));
  const { stages } = keptNow();
  const { train, heldOut } = stages.rows;
  const { raw, seed, maxLength } = given.settings;
  if (!stages.teacher) {
    useDistil.setState({ now: 1 });
    await openRows(session, train, given.settings);
    await openHeldOut(session, heldOut, given.settings);
    const { metric } = await request.events(hearPiece(), (worker, listener) =>
      worker.prepareLadder({ prompt: null, metric: given.metric, raw, seed, documents: [] }, listener),
    );
    unlessStopped();
    const rung = await request.events(hearPiece(), (worker, listener) =>
      worker.measureRung('tuned', use, listener),
    );
    const tokens_per_second = await speed(session, heldOut, { use, raw });
    await changeStages({ teacher: { metric, rung, parameters, tokens_per_second } });
  }
  useDistil.setState({ now: 2 });
  nowAt('The teacher writes questions');
  const { own, wanted } = keptNow().given;
  const before = keptNow().stages.attempts ?? [];
  const asked = { train, heldOut, own, wanted, before, seed, raw, maxLength, adapter: use };
  unlessStopped();
  await request.news<Attempt[], void>(
    (more) => void changeStages({ attempts: [...(keptNow().stages.attempts ?? []), ...more] }),
    (_, onAttempts) =>
      request.events(hearPiece(), (worker, listener) => worker.makeRows(asked, listener, onAttempts)),
  );
  const attempts = keptNow().stages.attempts ?? [];
  const verdicts = await api.siftRows({ attempts, rows: train, heldOut });
  await change({ verdicts, stages: { ...keptNow().stages, attempts, made: true } });
}

/** The adapter of the teacher on the shelf of the session. @throws UserError `no-adapter` where its files are not kept */
async function adapterIn({ api }: Session, given: Pick<DistilInputs, 'adapter'>): Promise<AdapterUse | null> {
  const files = adapterFiles(given);
  if (files === null) return null;
  const { id, notes } = await api.addAdapter(files);
  warn(...notes);
  return { id, strength: 1 };
}

export function adapterFiles({ adapter }: Pick<DistilInputs, 'adapter'>) {
  if (!adapter) return null;
  const files = adapter.files.length > 0 ? adapter.files : useDistil.getState().again.adapter;
  if (files) return files;
  throw new UserError(
    'no-adapter',
    `The adapter ${adapter.name} of the teacher was too large to be kept in this browser. What was measured stays. Choose it again.`,
  );
}

/** Splits what is open on the page, and reads the person's questions. */
async function readRows(session: Session, beginning: Beginning): Promise<KeptDistil> {
  const { api, hardware } = session;
  const { given, title, data, heldOut, prompts } = beginning;
  const { settings } = given;
  const report = await readIn(session, 'train', data, settings);
  const held =
    heldOut &&
    (await readIn(session, 'eval', { kind: 'file', file: heldOut, mapping: data.mapping }, settings));
  const rows = await api.splitRows({ heldOut: heldOut !== null, seed: settings.seed });
  const own =
    prompts && (await questionsOf(session, { prompts, mapping: data.mapping }, rows.train, settings));
  const few = fewQuestions({ train: rows.train, own, wanted: given.wanted });
  return {
    ...{ version: 1, title, began: new Date().toISOString(), done: false },
    given: {
      ...{ ...given, own, device: hardware.name },
      files: {
        rows: named(data.kind === 'sample' ? { ...report, name: `public/samples/${data.file}` } : report),
        heldOut: held && named(held),
        prompts: prompts?.name ?? null,
      },
    },
    stages: { rows },
    ...{ verdicts: [], byHand: [], students: {}, steps: null, figures: { table: [], result: null } },
    notes: [...rowWarnings(rows), ...(few === null ? [] : [few])],
  };
}

function named({ name, sha256 }: DataReport): string {
  return `${name}, SHA-256 ${sha256}`;
}

/** The person's questions, with the rows' system turn where they have none. @throws UserError `no-rows` */
async function questionsOf(
  session: Session,
  { prompts, mapping }: { prompts: File; mapping: DataChoice['mapping'] },
  rows: readonly Question[],
  settings: RunSettings,
): Promise<Question[]> {
  let choice: DataChoice = { kind: 'file', file: prompts, mapping };
  if (/\.(jsonl|ndjson|txt)$/i.test(prompts.name)) {
    const { text, notes } = await wholeText(prompts);
    warn(...notes);
    choice = fileOf('prompts.jsonl', withAnswers(text));
  }
  const report = await readIn(session, 'train', choice, settings);
  const questions = await session.api.questions('train');
  const unused = report.badCount + report.dropped + report.used - questions.length;
  if (unused > 0) warn(`${unused} rows of ${prompts.name} are no question and are left out.`);
  if (questions.length === 0)
    throw new UserError(
      'no-rows',
      `${prompts.name} has no question. Nothing was made. Choose rows with prompts or messages, or lines of text.`,
    );
  return asRowsAsk(questions, rows);
}

export function openRows(
  session: Session,
  rows: readonly Question[],
  settings: RunSettings,
  more: readonly unknown[] = [],
) {
  const lines = jsonLines([...rows.map((row) => rowOf(row, row.reference)), ...more]);
  return readIn(session, 'train', fileOf(more.length > 0 ? 'all.jsonl' : 'rows.jsonl', lines), settings);
}

export function openHeldOut(session: Session, rows: readonly Question[], settings: RunSettings) {
  const lines = jsonLines(rows.map((row) => rowOf(row, row.reference)));
  return readIn(session, 'eval', fileOf('held-out.jsonl', lines), settings);
}

/** Tokens a second of answers to held-out rows. */
export async function speed(
  { request }: Session,
  heldOut: readonly Question[],
  { use, raw }: { use: AdapterUse | null; raw: boolean },
): Promise<number | null> {
  nowAt('How fast it answers');
  const measured = await speedOf(heldOut, (asked) => {
    unlessStopped();
    return request.events(
      () => {},
      (worker, listener) => worker.answerQuestions({ ...asked, adapter: use, raw }, listener),
    );
  });
  // An answer that was cut short says nothing of speed.
  unlessStopped();
  return measured;
}

import type { BadRow, Prompted } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import { besideBase } from '../../methods/lora/rounded.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { ObjectiveName } from '../../objectives/names.ts';
import type { Objective } from '../../objectives/objective.ts';
import { type Lesson, lessonBytes, supervisedIn, type TaughtRow } from '../../run/lesson.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { EngineNeed } from './engine-need.ts';
import { adapterNeed, type OtherTeacher, refuseOtherTokenizer } from './other-teacher.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Rows that are asked of the data worker at once. */
const AT_ONCE = 64;

/** What a teacher is to read, before any of it is computed. */
export interface TeacherPlan {
  /** Of the training rows' dataset, and of the held-out ones' where it is another. */
  lessons: { train: Lesson; heldOut: Lesson | null };
  /** Of its engine, whose adapter counts where it is another model's. */
  asked: { top: number; vocab: number; strength: number };
  /** A second model; null: the base that is trained. */
  other: OtherTeacher | null;
  /** Bytes of its results. */
  bytes: number;
  /** Tokens of the longest row that it reads. */
  longest: number;
  /** Mean number of tokens that the prompt adds to a row; null where there is none. */
  added: number | null;
  /** What it computed with, once it has read. */
  kernels: Readonly<Record<string, string>>;
  /** Rows that it cannot read. */
  refused: BadRow[];
}

export interface PlannedRows {
  dataset: RemoteDataset;
  rows: Uint32Array;
  heldOut: { dataset: RemoteDataset; rows: Uint32Array } | null;
}

/** How a teacher comes by a row, and what it knows of positions. */
interface Reading {
  of(dataset: RemoteDataset, indices: number[]): Promise<Prompted[]>;
  config: DecoderConfig;
  /** What its rows are, in a sentence about one that is too long, and about one that cannot be had. */
  words: { rows: string; had: string };
  other: OtherTeacher | null;
}

/** @throws UserError `bad-setting` where there is no prompt, or no system turn to put it in; `no-teacher`, `other-tokenizer` */
async function readingOf(
  workspace: Workspace,
  objective: ObjectiveName,
  { teacherPrompt: prompt, raw }: Pick<RunSettings, 'teacherPrompt' | 'raw'>,
): Promise<Reading> {
  const { config, info, source } = workspace.model;
  if (objective === 'distil') {
    const other = workspace.teacher;
    if (!other)
      throw new UserError(
        'no-teacher',
        'The objective distil has no teacher to learn from. Nothing was changed. Choose a model (--teacher).',
      );
    // The model may have been opened after its teacher.
    await refuseOtherTokenizer(source, other.source);
    return {
      of: async (dataset, indices) =>
        (await dataset.examples(indices)).map(({ index, line, ids, labels }) => {
          const unknown = ids.find((id) => id >= other.config.vocab);
          if (unknown === undefined) return { index, line, ids, labels, added: 0 };
          return { index, line, reason: `The teacher has no token ${unknown} in its embedding.` };
        }),
      config: other.config,
      words: { rows: 'It has', had: 'be read by the teacher' },
      other,
    };
  }
  if (prompt === null)
    throw new UserError(
      'bad-setting',
      'The objective bake has no prompt to bake in. Nothing was changed. Give one (--teacher-prompt).',
    );
  if (raw || !info.hasTemplate)
    throw new UserError(
      'bad-setting',
      `The objective bake shows the prompt to its teacher as a system turn, and ${raw ? 'without the chat template (--raw)' : 'this model, which has no chat template,'} there are no turns. Nothing was changed. ${raw ? 'Leave --raw out' : 'Choose a chat template (--chat-template)'}, or another objective.`,
    );
  return {
    of: (dataset, indices) => dataset.prompted(indices, prompt),
    config,
    words: { rows: 'With the prompt it has', had: 'be had with the prompt before them' },
    other: null,
  };
}

/**
 * What the teacher reads: of prompt baking every row with the prompt before it, of distillation the rows as the student
 * reads them. Rows that it cannot read are left out of what is trained on and of what is held out.
 *
 * @throws UserError as `readingOf`; `no-rows` where no row is left
 */
export async function planTeacher(
  workspace: Workspace,
  { soft, name }: Pick<Objective, 'soft' | 'name'>,
  settings: Pick<RunSettings, 'teacherPrompt' | 'raw'>,
  planned: PlannedRows,
  emit: Listener,
): Promise<PlannedRows & { teacher: TeacherPlan | null }> {
  if (!soft) return { ...planned, teacher: null };
  const { of, config, words, other } = await readingOf(workspace, name, settings);
  const { dataset, rows, heldOut } = planned;
  const refused: BadRow[] = [];
  const read = { longest: 0, added: 0, supervised: 0 };
  const most = config.learnedPositions ? config.maxPositions : Number.POSITIVE_INFINITY;
  const total = rows.length + (heldOut?.rows.length ?? 0);
  const lessonOf = async (dataset: RemoteDataset, indices: Uint32Array, before: number) => {
    const seen = new Map<number, TaughtRow>();
    for (let at = 0; at < indices.length; at += AT_ONCE) {
      for (const row of await of(dataset, [...indices.subarray(at, at + AT_ONCE)])) {
        const { index, line } = row;
        if ('reason' in row) refused.push({ line, reason: row.reason });
        else if (row.ids.length > most)
          refused.push({
            line,
            reason: `${words.rows} ${row.ids.length} tokens, and the ${other ? 'teacher' : 'model'} knows ${most} positions.`,
          });
        else {
          const { ids, labels, added } = row;
          seen.set(index, { ids, labels });
          read.longest = Math.max(read.longest, ids.length);
          read.added += added;
          read.supervised += supervisedIn(row);
        }
      }
      emit({
        type: 'progress',
        what: 'Preparing the rows for the teacher',
        done: Math.min(total, before + at + AT_ONCE),
        total,
      });
    }
    return seen;
  };
  const train = await lessonOf(dataset, rows, 0);
  const held = heldOut && (await lessonOf(heldOut.dataset, heldOut.rows, rows.length));
  if (train.size === 0)
    throw new UserError(
      'no-rows',
      `None of the rows can ${words.had}. ${refused[0]?.reason ?? ''} Nothing was changed. Choose other rows${other ? ', or another teacher' : ', or a chat template that writes a system turn (--chat-template)'}.`,
    );
  if (refused.length > 0)
    emit({
      type: 'warning',
      text: `${refused.length} of ${total} rows cannot ${words.had} and were left out; the first, in line ${refused[0].line}: ${refused[0].reason}`,
    });
  const same = heldOut?.dataset === dataset;
  const kept = (indices: Uint32Array, seen: ReadonlyMap<number, TaughtRow>) =>
    indices.filter((index) => seen.has(index));
  // A head may have more rows than there are tokens, and another number of them than the student's.
  const vocab = Math.min(config.vocab, workspace.model.config.vocab);
  const top = Math.min(soft.top, vocab);
  const count = train.size + (held?.size ?? 0);
  return {
    dataset,
    rows: kept(rows, train),
    heldOut: held && held.size > 0 ? { ...heldOut!, rows: kept(heldOut!.rows, held) } : null,
    teacher: {
      lessons: {
        train: { rows: new Map([...train, ...((same && held) || [])]), soft: new Map() },
        heldOut: held && !same ? { rows: held, soft: new Map() } : null,
      },
      asked: { top, vocab, strength: other?.adapter ? 1 : 0 },
      other,
      kernels: {},
      bytes: lessonBytes(read.supervised, top),
      ...{ longest: read.longest, added: other ? null : read.added / count, refused },
    },
  };
}

/** The engine that a teacher reads with: a row at a time, nothing is trained. The base precision holds for both models. */
export function needOfTeacher(
  student: EngineNeed,
  { longest, other }: Pick<TeacherPlan, 'longest' | 'other'>,
): EngineNeed {
  const { soft: _, ...need } = student;
  return {
    ...need,
    // The base as it is, and not as a merged file rounds it.
    adapterSettings: besideBase(need.adapterSettings),
    ...(other && adapterNeed(other)),
    shape: { maxRows: 1, maxLength: 16 * Math.ceil(longest / 16) },
    checkpointing: true,
    packing: false,
  };
}

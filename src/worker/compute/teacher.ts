import type { BadRow } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { Objective } from '../../objectives/objective.ts';
import { type Lesson, lessonBytes, supervisedIn, type TaughtRow } from '../../run/lesson.ts';
import type { RunSettings } from '../../run/settings.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { EngineNeed } from './engine-need.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Rows that are asked of the data worker at once. */
const AT_ONCE = 64;

/** What a teacher is to read, before any of it is computed. */
export interface TeacherPlan {
  /** Of the training rows' dataset, and of the held-out ones' where it is another. */
  lessons: { train: Lesson; heldOut: Lesson | null };
  top: number;
  /** Bytes of its results. */
  bytes: number;
  /** Tokens of the longest row that it reads. */
  longest: number;
  /** Mean number of tokens that the prompt adds to a row. */
  added: number;
  /** Rows that cannot be had with the prompt. */
  refused: BadRow[];
}

export interface PlannedRows {
  dataset: RemoteDataset;
  rows: Uint32Array;
  heldOut: { dataset: RemoteDataset; rows: Uint32Array } | null;
}

/**
 * What the teacher of prompt baking reads: every row with the prompt before it. Rows that cannot be had with it are left
 * out of what is trained on and of what is held out.
 *
 * @throws UserError `bad-setting` where there is no prompt, or no system turn to put it in; `no-rows` where no row is left
 */
export async function planTeacher(
  workspace: Workspace,
  { soft }: Pick<Objective, 'soft'>,
  settings: Pick<RunSettings, 'teacherPrompt' | 'raw'>,
  planned: PlannedRows,
  emit: Listener,
): Promise<PlannedRows & { teacher: TeacherPlan | null }> {
  if (!soft) return { ...planned, teacher: null };
  const { config, info } = workspace.model;
  const prompt = settings.teacherPrompt;
  if (prompt === null)
    throw new UserError(
      'bad-setting',
      'The objective bake has no prompt to bake in. Nothing was changed. Give one (--teacher-prompt).',
    );
  if (settings.raw || !info.hasTemplate)
    throw new UserError(
      'bad-setting',
      `The objective bake shows the prompt to its teacher as a system turn, and ${settings.raw ? 'without the chat template (--raw)' : 'this model, which has no chat template,'} there are no turns. Nothing was changed. ${settings.raw ? 'Leave --raw out' : 'Choose a chat template (--chat-template)'}, or another objective.`,
    );
  const { dataset, rows, heldOut } = planned;
  const refused: BadRow[] = [];
  const read = { longest: 0, added: 0, supervised: 0 };
  const most = config.learnedPositions ? config.maxPositions : Number.POSITIVE_INFINITY;
  const total = rows.length + (heldOut?.rows.length ?? 0);
  const lessonOf = async (of: RemoteDataset, indices: Uint32Array, before: number) => {
    const seen = new Map<number, TaughtRow>();
    for (let at = 0; at < indices.length; at += AT_ONCE) {
      for (const row of await of.prompted([...indices.subarray(at, at + AT_ONCE)], prompt)) {
        const { index, line } = row;
        if ('reason' in row) refused.push({ line, reason: row.reason });
        else if (row.ids.length > most)
          refused.push({
            line,
            reason: `With the prompt it has ${row.ids.length} tokens, and the model knows ${most} positions.`,
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
        what: 'Putting the prompt before the rows',
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
      `None of the rows can be had with the prompt before it. ${refused[0]?.reason ?? ''} Nothing was changed. Choose other rows, or a chat template that writes a system turn (--chat-template).`,
    );
  if (refused.length > 0)
    emit({
      type: 'warning',
      text: `${refused.length} of ${total} rows cannot be had with the prompt before them and were left out; the first, in line ${refused[0].line}: ${refused[0].reason}`,
    });
  const same = heldOut?.dataset === dataset;
  const kept = (indices: Uint32Array, seen: ReadonlyMap<number, TaughtRow>) =>
    indices.filter((index) => seen.has(index));
  const top = Math.min(soft.top, config.vocab);
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
      top,
      bytes: lessonBytes(read.supervised, top),
      ...{ longest: read.longest, added: read.added / count, refused },
    },
  };
}

/** The engine that a teacher reads with: a row at a time, nothing is trained. */
export function needOfTeacher(student: EngineNeed, { longest }: Pick<TeacherPlan, 'longest'>): EngineNeed {
  const { soft: _, ...need } = student;
  return {
    ...need,
    shape: { maxRows: 1, maxLength: 16 * Math.ceil(longest / 16) },
    checkpointing: true,
    packing: false,
  };
}

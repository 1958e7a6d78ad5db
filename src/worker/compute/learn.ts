import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { Engine } from '../../engine/engine.ts';
import { heldOutLoss } from '../../run/held-out.ts';
import { taughtDataset, teach } from '../../run/lesson.ts';
import { Wishes } from '../../run/pause-and-stop.ts';
import type { TeacherMeasure } from '../../run/record.ts';
import type { EngineNeed } from './engine-need.ts';
import { EngineHost } from './engines.ts';
import type { RunPlan } from './run-plan.ts';
import { needOfTeacher, type TeacherPlan } from './teacher.ts';
import type { Listener } from './workspace.ts';

/** What a teacher does in a run: it reads the rows before the first step, and says at the end how near the model came. */

type OpenEngine = (need: EngineNeed) => Promise<Engine>;

/** What is asked of a run while its teacher reads. */
export function readingWishes(emit: Listener): Wishes {
  const wishes: Wishes = new Wishes(async () => {
    emit({ type: 'state', state: 'paused', detail: '' });
    await wishes.resumed;
    emit({ type: 'state', state: 'teaching', detail: '' });
  });
  return wishes;
}

/** The teacher, whose engine this is, reads the rows that it has not read yet, or as many as `wishes` let it. */
async function readRows(
  engine: Engine,
  { lessons, asked, bytes }: TeacherPlan,
  wishes: Wishes,
  emit: Listener,
): Promise<void> {
  const all = lessonsOf(lessons);
  const total = all.reduce((sum, { rows }) => sum + rows.size, 0);
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  emit({
    type: 'state',
    state: 'teaching',
    detail: `The teacher reads ${total} rows; what it gives takes ${size}`,
  });
  const what = 'The teacher reads the rows';
  const progress = () =>
    emit({ type: 'progress', what, done: all.reduce((sum, { soft }) => sum + soft.size, 0), total });
  for (const lesson of all) if (!(await teach(engine, lesson, asked, { watch: wishes, progress }))) return;
}

/**
 * Has the teacher read what is left, on an engine that is gone afterwards. Another model comes in turn: the student's lets
 * go of its memory before.
 *
 * @param own an engine of the model that is trained
 * @returns the kernels that it computed with: a run that goes on is to have the same teacher, to the bit
 */
export async function askTeacher(
  teacher: TeacherPlan,
  student: EngineNeed,
  { own, free, wishes, emit }: { own: OpenEngine; free: () => Promise<void>; wishes: Wishes; emit: Listener },
): Promise<Readonly<Record<string, string>>> {
  const need = needOfTeacher(student, teacher);
  const { other } = teacher;
  if (!other) {
    const engine = await own(need);
    await readRows(engine, teacher, wishes, emit);
    return engine.info().kernels;
  }
  await free();
  const host = new EngineHost(other.source, other.config);
  try {
    return await host.unlessLost(
      (async () => {
        const engine = await host.ensure(need, emit);
        if (other.adapter) await engine.setAdapter(other.adapter);
        await readRows(engine, teacher, wishes, emit);
        return engine.info().kernels;
      })(),
    );
  } finally {
    await host.dispose();
  }
}

export function hasRead({ lessons }: TeacherPlan): boolean {
  return lessonsOf(lessons).every(({ rows, soft }) => soft.size === rows.size);
}

function lessonsOf({ train, heldOut }: TeacherPlan['lessons']) {
  return heldOut ? [train, heldOut] : [train];
}

/** The rows of a run with what its teacher gave to them; without a teacher as they are. */
export function taughtRows({
  dataset,
  heldOut,
  teacher,
}: Pick<RunPlan, 'dataset' | 'heldOut' | 'teacher'>): Pick<RunPlan, 'dataset' | 'heldOut'> {
  if (!teacher) return { dataset, heldOut };
  const { train, heldOut: other } = teacher.lessons;
  return {
    dataset: taughtDataset(dataset, train),
    heldOut: heldOut && { ...heldOut, dataset: taughtDataset(heldOut.dataset, other ?? train) },
  };
}

/** Mean KL to the teacher, of the base and with the adapter, over the held-out rows, else the first that were trained on. */
export async function measureByTeacher(
  engine: Engine,
  run: Pick<RunPlan, 'dataset' | 'heldOut' | 'rows' | 'settings' | 'objective'>,
  { added, bytes, other }: TeacherPlan,
  progress: (done: number, total: number) => void,
): Promise<TeacherMeasure> {
  const { dataset, rows } = run.heldOut ?? {
    dataset: run.dataset,
    rows: run.rows.subarray(0, MAX_HELD_OUT_ROWS),
  };
  const klAt = async (strength: number, before: number) => {
    const { settings, objective } = run;
    const { divergence } = await heldOutLoss(engine, {
      ...{ dataset, rows, settings, objective, strength },
      progress: (done) => progress(before + done, 2 * rows.length),
    });
    return divergence ?? Number.NaN;
  };
  return {
    rows: rows.length,
    held_out: run.heldOut !== null,
    kl_before: await klAt(0, 0),
    kl_after: await klAt(1, rows.length),
    tokens_saved: added,
    bytes,
    ...(other && { name: other.source.name }),
  };
}

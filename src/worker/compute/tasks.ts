import { heldOutSplit } from '../../data/batches.ts';
import type { Question } from '../../data/forms/questions.ts';
import { metricOf } from '../../data/metric.ts';
import type { DataReport } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { Criterion } from '../../lab/criterion.ts';
import { askingsOf } from '../../lab/ladder/leaks.ts';
import { measureRung } from '../../lab/ladder/measure.ts';
import { rungOf } from '../../lab/ladder/rungs.ts';
import { type Sources, sourcesOf } from '../../lab/ladder/sources.ts';
import { drawnRows, type Part } from '../../lab/tasks/mix.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type { TaskAnswers, TasksPlan, TasksRequest } from '../api/tasks.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Answers } from './answers.ts';
import { askingOf, questionsOf } from './asking.ts';
import type { Measures } from './measures.ts';
import { generalRows, opened, replayRows, type Trainable, without } from './replay.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

interface Prepared {
  tasks: (Trainable & { name: string; heldOut: Question[]; metric: Criterion })[];
  replay: Trainable | null;
  options: TasksRequest['options'];
  longest: number;
}

/** Training rows of each task that something is chosen by. */
const CHOOSING = 20;
/** Nothing is shown beside a question. */
const ALONE: Sources = sourcesOf({ rows: [], instruction: null, passages: [], seed: 0 });

/** Several tasks of `lab/tasks`: their rows, held out and to train on, mixtures of those, and answers to the held-out ones. */
export class Tasks {
  #prepared: Prepared | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
    readonly measures: Measures,
  ) {}

  /**
   * Reads the rows of all tasks, splits rows off where a task has none that are held out, and leaves out of what is trained on
   * whatever asks what a held-out row of any task asks.
   * @throws UserError `no-task-rows`, `no-task-held-out`, `other-rows`, `bad-replay`
   */
  async prepare(request: TasksRequest, listener: Listener): Promise<TasksPlan> {
    this.#prepared = null;
    const { fraction, seed, metric } = request;
    const read = await this.#read(request, listener);
    const held = new Set(
      (await Promise.all(read.map(({ heldIn, held: rows }) => askingsOf(heldIn, rows)))).flat(),
    );
    const tasks: Prepared['tasks'] = [];
    const plans: TasksPlan['tasks'] = [];
    for (const { name, dataset, rows: given, heldIn, held: heldRows } of read) {
      const heldOut = await questionsOf(heldIn, heldRows);
      if (heldOut.length === 0)
        throw new UserError(
          'no-task-held-out',
          `${name}: no held-out row has a question and an answer, which strategies are compared on. Nothing was changed. Hold out rows with prompts and completions${heldIn === dataset ? `, or a larger share than ${fraction}` : ''}.`,
        );
      const rows = await without({ dataset, rows: given }, held);
      if (rows.length === 0)
        throw new UserError(
          'no-task-rows',
          `${name}: no row is left to train on that does not ask what a held-out row asks. Nothing was changed. Hold out other rows.`,
        );
      const judged = metric ?? metricOf(heldOut.map(({ reference }) => reference));
      tasks.push({ name, dataset, rows, heldOut, metric: judged });
      plans.push({
        ...{ name, report: dataset.report, heldOutReport: heldIn === dataset ? null : heldIn.report },
        ...{ rows: rows.length, removed: given.length - rows.length, metric: judged },
        ...{ heldOut: heldOut.length, withoutQuestion: heldRows.length - heldOut.length },
      });
    }
    const { rowKind } = read[0].dataset.report;
    const options = { ...request.options, rowKind };
    const replay =
      request.replay && (await replayRows(this, { replay: request.replay, options }, held, listener));
    const longest = Math.max(...read.map(({ heldIn }) => heldIn.report.longest));
    this.#prepared = { tasks, replay, options, longest };
    const { measured } = await generalRows(this.measures);
    const replayed = replay && {
      ...{ name: replay.dataset.report.name, sha256: replay.dataset.report.sha256 },
      ...{ rows: replay.rows.length, removed: replay.removed },
    };
    return { tasks: plans, replay: replayed, elsewhere: measured.length, seed };
  }

  /** The rows of each task, and which of which file are held out. */
  async #read({ tasks, options, fraction, seed }: TasksRequest, listener: Listener) {
    const read: {
      name: string;
      dataset: RemoteDataset;
      rows: number[];
      heldIn: RemoteDataset;
      held: number[];
    }[] = [];
    for (const { name, file, heldOut: heldFile } of tasks) {
      const rowKind = read[0]?.dataset.report.rowKind ?? options.rowKind;
      const dataset = await opened(this.workspace, file, options, listener);
      needRows(dataset.report, 'no-task-rows');
      if (rowKind !== undefined && dataset.report.rowKind !== rowKind)
        throw new UserError(
          'other-rows',
          `The rows of ${read[0].name} call for ${KINDS[rowKind]}, those of ${name} for ${KINDS[dataset.report.rowKind]}, and one adapter learns from one kind. Nothing was changed. Name an objective for both (--objective), or take other rows.`,
        );
      if (heldFile) {
        const heldIn = await opened(
          this.workspace,
          heldFile,
          { ...options, rowKind: dataset.report.rowKind },
          listener,
        );
        needRows(heldIn.report, 'no-task-held-out');
        read.push({ name, dataset, rows: [...everyRow(dataset)], heldIn, held: [...everyRow(heldIn)] });
        continue;
      }
      const { train, heldOut } = heldOutSplit(dataset.rows, fraction, seed);
      read.push({ name, dataset, rows: [...train], heldIn: dataset, held: [...heldOut] });
    }
    return read;
  }

  /**
   * Opens rows of some tasks as what is trained on next.
   * @throws UserError `other-rows` where some of them cannot be read beside the others
   */
  async openMixture(parts: readonly Part[], listener: Listener): Promise<DataReport> {
    const { tasks, replay, options } = this.#whole();
    const blobs = await Promise.all(
      parts.map(({ of, rows }) => {
        const from = of === 'replay' ? replay! : tasks[of];
        return from.dataset.jsonLinesOf(rows.map((i) => from.rows[i]));
      }),
    );
    const name = parts.flatMap(({ of }) => (of === 'replay' ? [] : [tasks[of].name])).join('-');
    const { report } = await opened(this.workspace, new File(blobs, `${name}.jsonl`), options, listener);
    const total = parts.reduce((sum, { rows }) => sum + rows.length, 0);
    // Rows are there as often as they are to be seen; what else is to be said of them was said of their own files.
    report.warnings = [];
    if (report.used === total) return report;
    const why = report.bad[0]?.reason ?? report.droppedRows[0]?.reason ?? report.formatReason;
    throw new UserError(
      'other-rows',
      `${total - report.used} of ${total} rows cannot be trained on beside the others: ${why} Nothing was changed. Give rows of one form.`,
    );
  }

  /** Answers to a task’s held-out rows, and the loss of their references. */
  async answer(task: number, adapter: AdapterUse | null, listener: Listener): Promise<TaskAnswers> {
    const { tasks, options, longest } = this.#whole();
    const { name, heldOut, metric } = tasks[task];
    const { rows, seconds } = await measureRung({
      ...{ rung: rungOf('tuned'), sources: ALONE, heldOut, metric },
      asking: await askingOf(this.answers, adapter, { raw: options.raw, longest }),
      onAnswer: (_, done, total) => listener({ type: 'progress', what: `${name}: answering`, done, total }),
    });
    return { rows, seconds };
  }

  /** Mean over the tasks of the loss of a reference’s token, on some training rows of each: to choose by, not to report. */
  async lossOnTraining(adapter: AdapterUse | null): Promise<number> {
    const { tasks, options, longest } = this.#whole();
    const asking = await askingOf(this.answers, adapter, { raw: options.raw, longest });
    let sum = 0;
    for (const { dataset, rows } of tasks) {
      const chosen = drawnRows(Math.min(CHOOSING, rows.length), rows.length, 0).map((i) => rows[i]);
      const losses = await asking.losses(await questionsOf(dataset, chosen));
      const total = losses.reduce((all, { lossSum }) => all + lossSum, 0);
      sum += total / losses.reduce((all, { tokens }) => all + tokens, 0);
    }
    return sum / tasks.length;
  }

  /** Mean loss of a token on the general rows that are never replayed; null where none can be read. */
  async elsewhere(adapter: AdapterUse | null): Promise<number | null> {
    const { measured } = await generalRows(this.measures);
    if (measured.length === 0) return null;
    const { lossSum, tokens } = await this.measures.generalLoss(
      adapter,
      measured[0],
      measured[measured.length - 1] + 1,
    );
    return tokens > 0 ? lossSum / tokens : null;
  }

  #whole(): Prepared {
    if (!this.#prepared) throw new RangeError('no tasks were prepared');
    return this.#prepared;
  }
}

/** What rows call for, in words. */
const KINDS: Record<DataReport['rowKind'], string> = {
  answers: 'supervised training',
  pairs: 'preference pairs',
  verdicts: 'answers with a verdict',
};

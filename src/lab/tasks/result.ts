import { type Judged, shareOf } from '../../data/metric.ts';
import type { RungRow } from '../ladder/measure.ts';
import { bootstrapDifference, bootstrapInterval, pairedTest, seedInterval } from '../statistics.ts';
import type { Experiment, Measured } from './experiment.ts';
import {
  type Asked,
  chainName,
  endsOf,
  isReduced,
  type Job,
  madeOf,
  orderOf,
  reducedName,
  STRATEGIES,
} from './jobs.ts';

/** From what was measured to what is reported. Figures are means over the seeds, in [0, 1]. */

/** A difference of two figures on the same rows. */
export interface Difference {
  difference: number;
  /** 95 %, a paired bootstrap over the rows, each the mean over the seeds. */
  interval: [number, number];
  /** 95 %, Student’s t over the seeds; null of one seed. */
  seed_interval: [number, number] | null;
}

export interface TaskFigure {
  name: string;
  metric: number;
  interval: [number, number];
  seed_interval: [number, number] | null;
  by_seed: number[];
  /** Mean −log p of a reference’s token. */
  loss: number | null;
  /** The figure right after the task was learned, and what it lost until the end; null where there is no sequence. */
  learned: number | null;
  forgetting: number | null;
  forgetting_interval: [number, number] | null;
  forgetting_seed_interval: [number, number] | null;
  /** How far the figure is above that of the sequence, and the p of a paired sign-flip test; null where there is none. */
  beside_sequence: (Difference & { p_value: number }) | null;
}

export interface StrategyResult {
  name: string;
  tasks: TaskFigure[];
  /** Over the tasks, each counting the same. */
  mean: { metric: number; seed_interval: [number, number] | null; beside_sequence: Difference | null };
  elsewhere: number | null;
  /** Of everything that the strategy trains and merges. */
  seconds: number;
  memory_bytes: number | null;
  steps: number;
  merge_error?: number | null;
  /** λ of each seed. */
  merge_scales?: number[];
  intruders?: number;
}

export interface TasksResult {
  base: { tasks: Pick<TaskFigure, 'name' | 'metric' | 'interval' | 'loss'>[]; elsewhere: number | null };
  strategies: StrategyResult[];
}

/** What of an experiment was asked, and by which seed rows are drawn for intervals. */
export interface About extends Asked {
  jobs: readonly Job[];
  seed: number;
}

/** One figure of all seeds: each seed’s rows. */
type Rows = readonly (readonly RungRow[])[];

/** Of one strategy, each task’s rows at its end. */
interface End {
  name: string;
  /** By task, the job whose adapter answers it. */
  jobs: readonly string[];
  order: readonly string[] | null;
}

export function tasksResult(experiment: Experiment, about: About): TasksResult {
  const { tasks, seed } = about;
  const rowsOf = (job: string, task: number): Rows =>
    experiment.seeds.map(({ jobs }) => jobs.get(job)!.measured.tasks[task].rows);
  const sequence = about.strategies.includes('sequence') ? chainName(tasks) : null;
  const besideOf = (job: string, task: number): TaskFigure['beside_sequence'] => {
    if (sequence === null || sequence === job) return null;
    const [own, other] = [rowsOf(job, task), rowsOf(sequence, task)];
    return {
      ...differenceOf([[own, other]], seed),
      p_value: pairedTest(meanRows(own), meanRows(other), seed),
    };
  };
  const figureOf = ({ name, jobs, order }: End, task: number): TaskFigure => {
    const rows = rowsOf(jobs[task], task);
    const place = order?.indexOf(tasks[task]) ?? -1;
    const learned = order ? rowsOf(chainName(order.slice(0, place + 1)), task) : null;
    const forgotten = learned && differenceOf([[learned, rows]], seed);
    const compared = name === 'apart' ? null : besideOf(jobs[task], task);
    return {
      ...{ name: tasks[task], ...plainFigure(rows, seed) },
      learned: learned && mean(learned.map(shareOf)),
      forgetting: forgotten?.difference ?? null,
      forgetting_interval: forgotten?.interval ?? null,
      forgetting_seed_interval: forgotten?.seed_interval ?? null,
      beside_sequence: compared,
    };
  };
  const strategyOf = (end: End): StrategyResult => {
    const figures = tasks.map((_, task) => figureOf(end, task));
    const each = experiment.seeds.map((_, i) => mean(figures.map(({ by_seed }) => by_seed[i])));
    const comparable = sequence !== null && figures.every(({ beside_sequence }) => beside_sequence);
    const pairs = tasks.map((_, task): [Rows, Rows] => [
      rowsOf(end.jobs[task], task),
      comparable ? rowsOf(sequence, task) : [],
    ]);
    return {
      name: end.name,
      tasks: figures,
      mean: {
        metric: mean(each),
        seed_interval: within(seedInterval(each), 0),
        beside_sequence: comparable ? differenceOf(pairs, seed) : null,
      },
      ...costOf(experiment, end, about),
    };
  };
  return {
    base: {
      tasks: tasks.map((name, task) => {
        const { metric, interval, loss } = plainFigure([experiment.base.tasks[task].rows], seed);
        return { name, metric, interval, loss };
      }),
      elsewhere: experiment.base.elsewhere,
    },
    strategies: endsIn(about).map(strategyOf),
  };
}

/** The lines that a table will have, by name. */
export function linesOf(about: Asked): string[] {
  return endsIn(about).map(({ name }) => name);
}

/** The job that a strategy ends with, whose adapter answers every task; null of adapters apart, of which each has its own. */
export function endOf(line: string, about: Asked): string | null {
  const end = endsIn(about).find(({ name }) => name === line);
  return end && end.name !== 'apart' ? end.jobs[0] : null;
}

/** Everything that is a line of the table: the strategies, adapters apart before they are merged, and what is reduced. */
function endsIn(about: Asked): End[] {
  const { tasks, reduce } = about;
  const ends = STRATEGIES.filter((name) => about.strategies.includes(name)).flatMap((strategy): End[] => {
    const order = orderOf(strategy, tasks);
    const jobs = endsOf(strategy, about);
    const apart: End[] = strategy === 'merge' ? [{ name: 'apart', jobs: tasks, order: null }] : [];
    return [
      ...apart,
      ...jobs.map((job) => ({
        name: strategy === 'merge' ? job : strategy,
        jobs: tasks.map(() => job),
        order,
      })),
    ];
  });
  return [
    ...ends,
    ...ends
      .filter(({ name, jobs }) => name !== 'apart' && isReduced(jobs[0], reduce))
      .map(({ name, jobs, order }) => ({ name: reducedName(name), jobs: jobs.map(reducedName), order })),
  ];
}

function costOf(
  { seeds }: Experiment,
  { name, jobs }: End,
  { jobs: all }: About,
): Omit<StrategyResult, 'name' | 'tasks' | 'mean'> {
  const parts = new Set([...new Set(jobs)].flatMap((job) => madeOf(job, all).map((one) => one.name)));
  const made = seeds.map(({ jobs: done }) => [...parts].map((part) => done.get(part)!.made));
  const last = seeds.map(({ jobs: done }) => done.get(jobs[0])!);
  const memory = made.flat().flatMap(({ memory_bytes }) => memory_bytes ?? []);
  const { merge_error: error, intruders } = last[0].made;
  return {
    // Adapters apart are several models: none of them is that of all tasks.
    elsewhere: name === 'apart' ? null : meanOrNull(last.map(({ measured }) => measured.elsewhere)),
    seconds: mean(made.map((each) => sum(each.map(({ seconds }) => seconds)))),
    memory_bytes: memory.length > 0 ? Math.max(...memory) : null,
    steps: sum(made[0].map(({ steps }) => steps)),
    ...(error !== undefined && {
      merge_error: meanOrNull(last.map((one) => one.made.merge_error ?? null)),
      merge_scales: last.map((one) => one.made.merge_scale ?? 1),
    }),
    ...(intruders !== undefined && { intruders: mean(last.map((one) => one.made.intruders ?? 0)) }),
  };
}

function plainFigure(
  rows: Rows,
  seed: number,
): Pick<TaskFigure, 'metric' | 'interval' | 'seed_interval' | 'by_seed' | 'loss'> {
  const bySeed = rows.map(shareOf);
  const tokens = sum(rows.flat().map(({ loss_tokens }) => loss_tokens));
  return {
    metric: mean(bySeed),
    interval: bootstrapInterval(meanRows(rows), seed),
    seed_interval: within(seedInterval(bySeed), 0),
    by_seed: bySeed,
    loss: tokens > 0 ? sum(rows.flat().map(({ loss_sum }) => loss_sum)) / tokens : null,
  };
}

/** The mean over tasks of how far the first of each pair is above the second. */
function differenceOf(pairs: readonly (readonly [Rows, Rows])[], seed: number): Difference {
  const bySeed = pairs[0][0].map((_, i) => mean(pairs.map(([a, b]) => shareOf(a[i]) - shareOf(b[i]))));
  return {
    difference: mean(bySeed),
    interval: bootstrapDifference(
      pairs.map(([a, b]) => ({ a: meanRows(a), b: meanRows(b) })),
      seed,
    ),
    seed_interval: within(seedInterval(bySeed), -1),
  };
}

/** Student’s interval knows nothing of the ends of the scale, beyond which no share and no difference of shares is. */
function within(interval: [number, number] | null, low: 0 | -1): [number, number] | null {
  return interval && [Math.max(low, interval[0]), Math.min(1, interval[1])];
}

/** Each row with what it counts in the mean over the seeds. */
function meanRows(rows: Rows): Judged[] {
  return rows[0].map((_, i) => ({
    right: mean(rows.map((each) => each[i].right)),
    of: mean(rows.map((each) => each[i].of)),
  }));
}

/** Rows that had no room for an answer and count as wrong, over all tasks; the same of every adapter. */
export function unansweredIn({ tasks }: Measured): number {
  return sum(tasks.map(({ rows }) => rows.filter(({ answer }) => answer === null).length));
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? mean(known) : null;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** What several tasks are trained by, and which trainings and merges each strategy takes. */

export const STRATEGIES = ['together', 'sequence', 'reverse', 'merge'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** One adapter that is made, and measured on every task. */
export type Job = { name: string } & (
  | {
      kind: 'train';
      /** Names of tasks: of several, mixed. */
      on: readonly string[];
      /** The job whose adapter is trained further; null: a fresh one. */
      from: string | null;
    }
  | {
      kind: 'merge';
      way: string;
      /** Jobs whose adapters are merged. */
      of: readonly string[];
    }
  | {
      kind: 'reduce';
      /** The job whose adapter’s intruder dimensions are made smaller. */
      of: string;
    }
);

/** What is asked of an experiment. */
export interface Asked {
  /** Names of the tasks, in the order in which they are learned. */
  tasks: readonly string[];
  strategies: readonly StrategyName[];
  /** Ways to merge. */
  ways: readonly string[];
  /** Whether intruder dimensions of what each strategy ends with are reduced, or of which of them. */
  reduce: boolean | readonly string[];
}

export const TOGETHER = 'together';

/** The job of tasks that were learned one after another. */
export const chainName = (tasks: readonly string[]) => tasks.join(',');
export const mergeName = (way: string) => `merge-${way}`;
export const reducedName = (name: string) => `${name}+reduced`;

/**
 * λ of θ₀ + λ·ΔW that a merge may have, of which training rows choose (Ilharco et al., arXiv 2212.04089; Yadav et al., arXiv
 * 2306.01708): of adapters that were trained apart the whole sum mostly goes too far.
 */
export const MERGE_SCALES = [1, 0.7, 0.5, 0.35, 0.25] as const;

/** Names that jobs have, which a task cannot have, too. */
export function isReserved(task: string): boolean {
  return task === TOGETHER || task === 'base' || task.startsWith('merge-');
}

/** The tasks in the order in which a strategy learns them; null where it does not learn them one after another. */
export function orderOf(strategy: StrategyName, tasks: readonly string[]): readonly string[] | null {
  if (strategy === 'sequence') return tasks;
  return strategy === 'reverse' ? [...tasks].reverse() : null;
}

/** The jobs that a strategy ends with. */
export function endsOf(strategy: StrategyName, { tasks, ways }: Pick<Asked, 'tasks' | 'ways'>): string[] {
  if (strategy === 'together') return [TOGETHER];
  if (strategy === 'merge') return ways.map(mergeName);
  return [chainName(orderOf(strategy, tasks)!)];
}

/**
 * Every adapter that the strategies take, each once, after those that it is made of. The first of a sequence is the task’s
 * own adapter, which the merge takes too.
 */
export function jobsOf(asked: Asked): Job[] {
  const { tasks, ways, reduce } = asked;
  const jobs = new Map<string, Job>();
  const add = (job: Job) => {
    if (!jobs.has(job.name)) jobs.set(job.name, job);
  };
  const strategies = STRATEGIES.filter((name) => asked.strategies.includes(name));
  for (const strategy of strategies) {
    if (strategy === 'together') add({ name: TOGETHER, kind: 'train', on: tasks, from: null });
    const order = orderOf(strategy, tasks) ?? [];
    for (const [i, task] of order.entries())
      add({
        ...{ name: chainName(order.slice(0, i + 1)), kind: 'train', on: [task] },
        from: i === 0 ? null : chainName(order.slice(0, i)),
      });
    if (strategy !== 'merge') continue;
    for (const task of tasks) add({ name: task, kind: 'train', on: [task], from: null });
    for (const way of ways) add({ name: mergeName(way), kind: 'merge', way, of: tasks });
  }
  for (const strategy of strategies)
    for (const of of endsOf(strategy, asked))
      if (isReduced(of, reduce)) add({ name: reducedName(of), kind: 'reduce', of });
  return [...jobs.values()];
}

/** Whether a reduction of a job is asked for. */
export function isReduced(job: string, reduce: Asked['reduce']): boolean {
  return typeof reduce === 'boolean' ? reduce : reduce.includes(job);
}

/**
 * Of what is asked, that of which every job is done: strategies, ways, reductions. Adapters apart that are not merged yet are
 * done as such.
 */
export function doneOf(asked: Asked, isDone: (job: string) => boolean): Asked {
  const { tasks } = asked;
  const isWhole = (strategy: StrategyName) => {
    if (strategy === 'together') return isDone(TOGETHER);
    const order = orderOf(strategy, tasks);
    return order ? order.every((_, i) => isDone(chainName(order.slice(0, i + 1)))) : tasks.every(isDone);
  };
  const strategies = asked.strategies.filter(isWhole);
  const ways = asked.ways.filter((way) => isDone(mergeName(way)));
  const ends = strategies.flatMap((strategy) => endsOf(strategy, { tasks, ways }));
  const reduce = ends.filter((end) => isReduced(end, asked.reduce) && isDone(reducedName(end)));
  return { tasks, strategies, ways, reduce };
}

/** Jobs that one is made of, itself the last, each after those that it is made of. */
export function madeOf(name: string, jobs: readonly Job[]): Job[] {
  const job = jobs.find((one) => one.name === name)!;
  const before =
    job.kind === 'train' ? (job.from === null ? [] : [job.from]) : job.kind === 'merge' ? job.of : [job.of];
  return [...before.flatMap((one) => madeOf(one, jobs)), job];
}

/** A job in words. */
export function jobWords(job: Job): string {
  if (job.kind === 'merge') return `the adapters of ${listed(job.of)}, merged by ${job.way}`;
  if (job.kind === 'reduce') return `${job.of.replaceAll(',', ', then ')}, its intruder dimensions reduced`;
  if (job.on.length > 1) return `${listed(job.on)} together`;
  return job.from === null
    ? `${job.on[0]} alone`
    : `${job.from.replaceAll(',', ', then ')}, then ${job.on[0]}`;
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

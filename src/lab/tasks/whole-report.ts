import type { SiteCosines } from '../../merging/cosine.ts';
import type { IntruderOptions } from '../../merging/intruders.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { type Criterion, criterionKey } from '../criterion.ts';
import type { LabReport } from '../report.ts';
import type { TasksAbout } from './about.ts';
import type { Measured } from './experiment.ts';
import type { Mix } from './mix.ts';
import { tasksSections } from './report.ts';
import { type TasksResult, unansweredIn } from './result.ts';
import type { Budget } from './steps.ts';
import { isVirtual } from './usual.ts';

/** What an experiment with several tasks came to, wherever it was done. */

/** What was found when the rows were read. */
export interface ReadRows {
  tasks: readonly ReadTask[];
  replay: { name: string; sha256: string; rows: number; removed: number } | null;
  /** General rows that measure what training cost elsewhere. */
  elsewhere: number;
}

interface ReadTask {
  name: string;
  report: ReadFile;
  /** Null: split off its rows. */
  heldOutReport: ReadFile | null;
  rows: number;
  removed: number;
  heldOut: number;
  withoutQuestion: number;
  metric: Criterion;
}

interface ReadFile {
  name: string;
  sha256: string;
}

/** What the report says beside the figures. @param of of what was planned and measured */
export function tasksAbout(of: {
  plan: ReadRows;
  budget: Budget;
  seeds: readonly number[];
  base: Measured;
  replayShare: number;
  cosines: readonly SiteCosines[] | null;
  method: RunSettings['method'];
}): TasksAbout {
  const { plan, budget, seeds, base, replayShare, cosines, method } = of;
  return {
    tasks: plan.tasks.map((task, i) => ({
      ...{ name: task.name, metric: task.metric, rows: task.rows, held_out: task.heldOut },
      ...{ removed: task.removed, without_question: task.withoutQuestion },
      ...{ steps: budget.each[i], share: budget.shares[i] },
    })),
    ...{ seeds, steps: budget.total, elsewhere_rows: plan.elsewhere, cosines },
    replay: plan.replay && {
      ...{ name: plan.replay.name, share: replayShare },
      ...{ rows: plan.replay.rows, removed: plan.replay.removed },
    },
    unanswered: unansweredIn(base),
    why_no_cosines: isVirtual(method)
      ? 'Virtual tokens change no weight: there is nothing to compare.'
      : 'Not every task was trained by itself, which the strategy merge does.',
  };
}

/** What decides an experiment, by what a person would call it; what is kept of another is not gone on with. */
export function tasksIdentity(of: {
  plan: ReadRows;
  model: string;
  fingerprint: string | null;
  /** Of held-out rows that are split off: what share, by which seed. */
  split: readonly [fraction: number, seed: number];
  mix: { mix: Mix; temperature: number };
  density: number | null;
  scale: number | null;
  replayShare: number | null;
  intruders: IntruderOptions;
  steps: number;
  /** Without seed and steps, which are told apart. */
  settings: Record<string, unknown>;
}): Record<string, unknown> {
  const { plan, split } = of;
  return {
    'the model': [of.model, of.fingerprint],
    '--task': plan.tasks.map(({ name, report }) => [name, report.sha256]),
    '--task-eval': plan.tasks.map(({ heldOutReport }) => heldOutReport?.sha256 ?? [...split]),
    '--metric': plan.tasks.map((task) => criterionKey(task.metric)),
    '--mix': of.mix,
    '--merge-density': of.density,
    '--merge-scale': of.scale,
    '--replay': plan.replay && [plan.replay.sha256, of.replayShare ?? undefined],
    '--reduce-intruders': of.intruders,
    'the number of steps': of.steps,
    ...of.settings,
  };
}

export interface TasksReported {
  result: TasksResult;
  about: TasksAbout;
  plan: ReadRows;
  model: string;
  device: string;
  /** Of a task’s rows that is held out where it has none of its own. */
  fraction: number;
  strategies: readonly string[];
  mix: { mix: Mix; temperature: number };
  /** Ways to merge, in words. */
  ways: readonly string[];
  /** Null where none are reduced. */
  intruders: IntruderOptions | null;
  /** Without seed and steps, which are told apart. */
  settings: Record<string, unknown>;
  /** By which rows are split off. */
  seed: number;
  /** What else a reader has to know, a sentence or a few each. */
  notes?: readonly string[];
  versions: LabReport['versions'];
  command: string;
  created: string;
}

/** The report for people. */
export function tasksReport(of: TasksReported): LabReport {
  const { result, about, plan, strategies, mix, ways, intruders, settings, notes = [] } = of;
  const { sections, ...found } = tasksSections(result, about);
  return {
    ...found,
    sections: [...sections, ...(notes.length > 0 ? [{ title: 'Notes', text: notes }] : [])],
    settings: [
      ['Model', of.model],
      ['Device', of.device],
      ...plan.tasks.flatMap(({ name, report, heldOutReport }) => [
        [`Rows of ${name}`, `${report.name}, SHA-256 ${report.sha256}`] as const,
        [
          `Held-out rows of ${name}`,
          heldOutReport
            ? `${heldOutReport.name}, SHA-256 ${heldOutReport.sha256}`
            : `${of.fraction} of its rows`,
        ] as const,
      ]),
      ['Strategies', strategies.join(', ')],
      ['Mix', mix.mix === 'temperature' ? `temperature ${mix.temperature}` : mix.mix],
      ...(ways.length > 0 ? [['Ways to merge', ways.join(', ')] as const] : []),
      ...(intruders
        ? [
            [
              'Intruder dimensions',
              `${intruders.top} looked at, ε ${intruders.epsilon}, λ ${intruders.lambda}`,
            ] as const,
          ]
        : []),
      ...Object.entries({ ...settings, steps: about.steps }).map(
        ([name, value]) => [name, String(value ?? '–')] as const,
      ),
    ],
    seeds: { split: of.seed, ...Object.fromEntries(about.seeds.map((one, i) => [`run_${i + 1}`, one])) },
    versions: of.versions,
    command: of.command,
    created: of.created,
  };
}

import { percent } from '../figures.ts';
import type { TasksAbout } from './about.ts';
import type { Difference, StrategyResult, TaskFigure, TasksResult } from './result.ts';

/** What an experiment with several tasks found, in sentences; what does not hold is said as well. */

/** A strategy as a person reads it. */
export function strategyLabel(name: string): string {
  const [own, reduced] = name.split('+');
  const label =
    LABELS[own] ?? (own.startsWith('merge-') ? `Apart, then merged by ${own.slice('merge-'.length)}` : own);
  return reduced ? `${label}, intruders reduced` : label;
}

const LABELS: Record<string, string> = {
  together: 'Together',
  sequence: 'One after another',
  reverse: 'One after another, in reverse',
  apart: 'Apart, each task its own adapter',
};

export function findingsOf(result: TasksResult, about: TasksAbout): string[] {
  const { strategies } = result;
  return [
    bestFinding(strategies),
    ...strategies.filter(({ name }) => name === 'sequence' || name === 'reverse').flatMap(forgettingFindings),
    ...strategies.flatMap(besideFinding),
    ...reductionFindings(strategies),
    elsewhereFinding(result),
    ...cosineFinding(about),
  ].filter((sentence) => sentence !== null);
}

/** Adapters apart are the measure of the others, and no model of all tasks. */
function bestFinding(strategies: readonly StrategyResult[]): string | null {
  const one = strategies.filter(({ name }) => name !== 'apart');
  if (one.length === 0) return null;
  const best = one.reduce((top, other) => (other.mean.metric > top.mean.metric ? other : top));
  const each = best.tasks.map(({ name, metric }) => `${name} ${percent(metric)}`).join(', ');
  const apart = strategies.find(({ name }) => name === 'apart');
  const beside = apart ? ` Adapters apart, each on its own task, come to ${percent(apart.mean.metric)}.` : '';
  return `The best mean over the tasks is ${percent(best.mean.metric)}: ${lower(strategyLabel(best.name))} (${each}).${beside}`;
}

/** Every interval that there is leaves out 0. */
function isMeasurable(interval: [number, number], seedInterval: [number, number] | null): boolean {
  return [interval, seedInterval].every((one) => one === null || one[0] > 0 || one[1] < 0);
}

function forgettingFindings({ name, tasks }: StrategyResult): string[] {
  const order = name === 'sequence' ? tasks : [...tasks].reverse();
  return order.slice(0, -1).map((task) => forgettingFinding(name, task));
}

function forgettingFinding(strategy: string, task: TaskFigure): string {
  const { name, learned, metric, forgetting, forgetting_interval, forgetting_seed_interval } = task;
  const intervals = intervalsOf(forgetting_interval!, forgetting_seed_interval);
  const path = `${strategyLabel(strategy)}: ${name} stood at ${percent(learned!)} right after it was learned and at ${percent(metric)} at the end`;
  if (!isMeasurable(forgetting_interval!, forgetting_seed_interval))
    return `${path}, a difference of ${points(forgetting!)} (${intervals}), which is not measurable here.`;
  return forgetting! > 0
    ? `${path}: it forgot ${points(forgetting!)} (${intervals}).`
    : `${path}: what came after made it better by ${points(-forgetting!)} (${intervals}).`;
}

function besideFinding({ name, mean }: StrategyResult): string[] {
  const beside = mean.beside_sequence;
  if (!beside || name.endsWith('+reduced') || name === 'reverse') return [];
  const how = differenceWords(beside, 'above one after another', 'below one after another');
  return [`${strategyLabel(name)}: in the mean over the tasks ${how}.`];
}

function differenceWords(beside: Difference, above: string, below: string): string {
  const { difference, interval, seed_interval } = beside;
  const intervals = intervalsOf(interval, seed_interval);
  const way = difference >= 0 ? above : below;
  return isMeasurable(interval, seed_interval)
    ? `${points(Math.abs(difference))} ${way} (${intervals})`
    : `${points(Math.abs(difference))} ${way} (${intervals}), which is not measurable here`;
}

function reductionFindings(strategies: readonly StrategyResult[]): string[] {
  return strategies.flatMap((one) => {
    const before = strategies.find(({ name }) => one.name === `${name}+reduced`);
    if (!before) return [];
    const found = Math.round(one.intruders ?? 0);
    const what = `${strategyLabel(before.name)}, with ${found} intruder ${found === 1 ? 'dimension' : 'dimensions'} reduced`;
    if (found === 0) return [`${strategyLabel(before.name)}: no intruder dimension was found.`];
    const each = one.tasks
      .map(({ name, metric }, i) => `${name} ${percent(before.tasks[i].metric)} → ${percent(metric)}`)
      .join(', ');
    const elsewhere =
      before.elsewhere === null || one.elsewhere === null
        ? ''
        : `; general loss ${before.elsewhere.toFixed(3)} → ${one.elsewhere.toFixed(3)}`;
    return [`${what}: ${each}${elsewhere}.`];
  });
}

function elsewhereFinding({ base, strategies }: TasksResult): string | null {
  const known = strategies.filter(({ elsewhere }) => elsewhere !== null);
  if (base.elsewhere === null || known.length === 0) return null;
  const sorted = [...known].sort((a, b) => a.elsewhere! - b.elsewhere!);
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  const words = ({ name, elsewhere }: StrategyResult) =>
    `${elsewhere!.toFixed(3)} (${lower(strategyLabel(name))})`;
  return `The loss on general rows was ${base.elsewhere.toFixed(3)} before training; after it, from ${words(least)} to ${words(most)}.`;
}

function cosineFinding({ cosines, tasks }: TasksAbout): string[] {
  if (!cosines) return [];
  const pairs = tasks.flatMap((one, i) => tasks.slice(i + 1).map((other) => [one.name, other.name]));
  return pairs.flatMap(([one, other], pair) => {
    const known = cosines.flatMap(({ cosines: all }) => all[pair] ?? []);
    if (known.length === 0) return [];
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const [low, high] = [Math.min(...known), Math.max(...known)];
    return [
      `The changes of ${one} and ${other} have a cosine of ${decimals(mean)} in the mean over the weights (${decimals(low)} to ${decimals(high)}).`,
    ];
  });
}

function intervalsOf(interval: [number, number], seedInterval: [number, number] | null): string {
  const rows = `${range(interval)} over rows`;
  return seedInterval ? `${rows}, ${range(seedInterval)} over seeds` : rows;
}

/** A difference of two shares. */
export function points(difference: number): string {
  return `${signed((100 * difference).toFixed(1))} points`;
}

/** An interval of shares, or of differences of shares, in percent. */
export function range([low, high]: readonly [number, number]): string {
  return `${signed((100 * low).toFixed(1))} to ${signed((100 * high).toFixed(1))}`;
}

const decimals = (value: number) => signed(value.toFixed(2));
const signed = (text: string) => text.replace(/^-(0\.?0*)$/, '$1').replace('-', '−');
const lower = (text: string) => text[0].toLowerCase() + text.slice(1);

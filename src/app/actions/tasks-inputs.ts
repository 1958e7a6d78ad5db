import { pageFile } from '../../files/page-file.ts';
import { isReserved, type StrategyName } from '../../lab/tasks/jobs.ts';
import { HELD_OUT_SHARE, isTaskName, unfitting } from '../../lab/tasks/usual.ts';
import { wayOf } from '../../merging/list.ts';
import type { TaskInput, TasksInputs } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import type { SampleInfo } from '../state/samples.ts';
import { getApp } from '../state/store.ts';
import { type TasksView, useTasks } from '../state/tasks.ts';
import type { Dropped } from './adapter.ts';
import { modelFlag } from './ladder-record.ts';

/** What a person gives to an experiment with several tasks, and why it cannot begin. */

/** Rows, and nothing that a model or an adapter may be. */
const ROWS = /\.(jsonl|ndjson|json|csv|tsv|tab|txt|parquet)(\.gz)?$/i;
const HELD_OUT = /-held-out$/;
/** Student’s t tells little more of more of them. */
const MOST_SEEDS = 20;

/** Takes files of rows as tasks; what lies in a folder is a model’s, or an adapter’s. */
export async function takeTasks(files: readonly Dropped[]): Promise<boolean> {
  if (files.length === 0 || !files.every(({ path }) => ROWS.test(path) && !path.includes('/'))) return false;
  addTasks(files.map(({ path, file }) => new File([file], path)));
  return true;
}

/**
 * Each file is a task, `x-held-out.jsonl` the held-out rows of `x.jsonl`. One of a name that is there takes its place; of two
 * that come together neither takes the other's.
 */
export function addTasks(files: readonly File[]): void {
  if (getApp().underWay) {
    useTasks.setState({
      error: {
        code: 'busy',
        title: 'Not while an experiment is under way.',
        text: 'Nothing was changed. Stop it, then give it other files.',
      },
    });
    return;
  }
  let { tasks } = useTasks.getState();
  const named: { file: File; name: string }[] = [];
  for (const file of files) named.push({ file, name: otherThan(named, nameOf(file)) });
  const held = named.filter(({ name }) => HELD_OUT.test(name));
  for (const { name, file } of named)
    if (!HELD_OUT.test(name)) tasks = withTask(tasks, { name, file, heldOut: null, from: file.name });
  for (const { name, file } of held) {
    const of = name.replace(HELD_OUT, '');
    if (tasks.some((task) => task.name === of))
      tasks = tasks.map((task) => (task.name === of ? { ...task, heldOut: file } : task));
    else tasks = withTask(tasks, { name, file, heldOut: null, from: file.name });
  }
  show({ tasks });
}

/** The name, with a number behind it where one of these has it. */
function otherThan(named: readonly { name: string }[], own: string): string {
  let name = own;
  for (let i = 2; named.some((one) => one.name === name); i++) name = `${own}-${i}`;
  return name;
}

function withTask(tasks: readonly TaskInput[], task: TaskInput): TaskInput[] {
  return tasks.some(({ name }) => name === task.name)
    ? tasks.map((one) => (one.name === task.name ? task : one))
    : [...tasks, task];
}

/** `My rows.jsonl` gives `My-rows`, which may be the name of a folder. */
function nameOf(file: File): string {
  const bare = file.name.replace(/(\.[a-z]+){1,2}$/i, '');
  return bare.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'task';
}

/** Takes a sample of the page as a task. */
export async function addSample({ file }: Pick<SampleInfo, 'file'>): Promise<void> {
  try {
    const sample = await pageFile(new URL(`samples/${file}`, document.baseURI));
    if (!sample) throw new TypeError('Failed to fetch');
    const rows = new File([sample], file);
    const { tasks } = useTasks.getState();
    const task = { name: nameOf(rows), file: rows, heldOut: null, from: `public/samples/${file}` };
    changeTasks({ tasks: withTask(tasks, task) });
  } catch (error) {
    useTasks.setState({ error: { ...pageError(error), title: 'The sample did not arrive.' } });
  }
}

export function changeTasks(change: Partial<TasksView>): void {
  if (!getApp().underWay) show(change);
}

function show(change: Partial<TasksView>): void {
  useTasks.setState(({ kept, changing }) => ({
    error: null,
    changing: changing && kept !== null,
    ...change,
  }));
}

export function changeTask(place: number, change: Partial<TaskInput>): void {
  const { tasks } = useTasks.getState();
  changeTasks({ tasks: tasks.map((task, i) => (i === place ? { ...task, ...change } : task)) });
}

export function removeTask(place: number): void {
  changeTasks({ tasks: useTasks.getState().tasks.filter((_, i) => i !== place) });
}

/** Ticks one of a list, or takes the tick away; the list stays in the order of `all`. */
export function ticked<T extends string>(all: readonly T[], chosen: readonly T[], one: T, on: boolean): T[] {
  return all.filter((other) => (other === one ? on : chosen.includes(other)));
}

/** Why an experiment of what is given cannot begin, as a sentence; null: it can. */
export function tasksProblem(view: TasksView): string | null {
  const { tasks, strategies, ways, mix, temperature, replayShare, steps } = view;
  if (tasks.length < 2) return 'Give two tasks or more: drop their files here, or take samples.';
  return (
    namesProblem(tasks) ??
    (strategies.length === 0 ? 'Tick a strategy.' : null) ??
    (strategies.includes('merge') ? waysProblem(ways, tasks.length) : null) ??
    settingsProblem(strategies) ??
    (mix === 'temperature' && !(number(temperature) >= 1) ? 'Temperature: a number from 1 on.' : null) ??
    (replayShare.trim() !== '' && !(number(replayShare) > 0 && number(replayShare) < 100)
      ? 'Replay: a share above 0 and below 100 %, or nothing.'
      : null) ??
    stepsProblem(steps, tasks.length) ??
    (seedsOf(view) === null
      ? `Seeds: up to ${MOST_SEEDS} different whole numbers with commas between, as in 0, 1, 2.`
      : null)
  );
}

function namesProblem(tasks: readonly TaskInput[]): string | null {
  const names = tasks.map(({ name }) => name);
  for (const name of names) {
    if (!isTaskName(name))
      return `The name “${name}” of a task may have letters, digits, _ and - alone: files are called by it.`;
    if (isReserved(name)) return `“${name}” is the name of a strategy here. Call the task otherwise.`;
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? null : `Two tasks are called “${twice}”. Call one of them otherwise.`;
}

function waysProblem(ways: readonly string[], tasks: number): string | null {
  if (ways.length === 0) return 'Tick a way to merge, or leave merging out.';
  const few = ways.map(wayOf).find(({ count }) => tasks > (count?.most ?? Number.POSITIVE_INFINITY));
  return few ? `${few.label} merges ${few.count?.most} adapters, and there are ${tasks} tasks.` : null;
}

function settingsProblem(strategies: readonly StrategyName[]): string | null {
  const { settings } = getApp();
  if (settings.objective === 'distil')
    return 'The objective distil needs a teacher, which this experiment does not open. Choose another objective.';
  switch (unfitting(settings, { merges: strategies.includes('merge'), reduces: false })) {
    case 'virtual':
      return 'Virtual tokens cannot be merged. Leave merging out, or choose another method.';
    case 'loftq':
      return 'An adapter that begins with LoftQ cannot be merged. Leave merging out, or choose another start.';
    default:
      return null;
  }
}

function stepsProblem(steps: string, tasks: number): string | null {
  const given = steps.trim() === '' ? getApp().settings.steps : number(steps);
  if (given === null || (Number.isInteger(given) && given >= tasks)) return null;
  return `Steps: a whole number, and at least ${tasks}, one for each task.`;
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** The seeds that are typed, or that of the settings; null where they cannot be read. */
export function seedsOf({ seeds }: Pick<TasksView, 'seeds'>): number[] | null {
  if (seeds.trim() === '') return [getApp().settings.seed];
  const given = seeds.split(',').map((text) => (/^\s*\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN));
  const fits = given.every((one) => one <= 0xffffffff) && new Set(given).size === given.length;
  return fits && given.length <= MOST_SEEDS ? given : null;
}

/** What is given, as it is kept; nothing hinders it. */
export function inputsOf(view: TasksView): TasksInputs {
  const { settings, model, modelChoice } = getApp();
  const { tasks, strategies, ways, mix, temperature, replayShare, replayFile, steps } = view;
  const { name, parameters } = model!;
  return {
    ...{ tasks, strategies: [...strategies], seeds: seedsOf(view)! },
    ways: strategies.includes('merge') ? [...ways] : [],
    mix: { mix, temperature: mix === 'temperature' ? number(temperature) : 1 },
    replay: replayShare.trim() === '' ? null : { file: replayFile, share: number(replayShare) / 100 },
    settings: { ...settings, steps: steps.trim() === '' ? settings.steps : number(steps) },
    fraction: settings.evalFraction || HELD_OUT_SHARE,
    model: { name, parameters, flag: modelFlag(modelChoice, name) },
    device: '',
  };
}

/** The fields that would give this again. */
export function viewOf(inputs: TasksInputs): Partial<TasksView> {
  const { tasks, strategies, ways, mix, replay, seeds, settings } = inputs;
  return {
    ...{ tasks, strategies, mix: mix.mix, seeds: seeds.join(', ') },
    ...(ways.length > 0 && { ways }),
    ...(mix.mix === 'temperature' && { temperature: String(mix.temperature) }),
    ...{ replayShare: replay ? String(Number((100 * replay.share).toPrecision(6))) : '' },
    ...{ replayFile: replay?.file ?? null, steps: settings.steps === null ? '' : String(settings.steps) },
  };
}

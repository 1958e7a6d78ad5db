import { fileName } from '../../files/file-name.ts';
import { runExperiment } from '../../lab/tasks/experiment.ts';
import { type Job, jobsOf, jobWords, listed } from '../../lab/tasks/jobs.ts';
import { meanCosines } from '../../lab/tasks/mean-cosines.ts';
import { endOf, linesOf } from '../../lab/tasks/result.ts';
import { budgetOf } from '../../lab/tasks/steps.ts';
import { isVirtual } from '../../lab/tasks/usual.ts';
import { tasksIdentity } from '../../lab/tasks/whole-report.ts';
import { USUAL_INTRUDERS } from '../../merging/intruders.ts';
import type { KeptJob, KeptTasks, TasksInputs } from '../../worker/api/api.ts';
import { plural } from '../shared/format.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { nowAt } from '../state/lab.ts';
import { shelve } from '../state/shelf.ts';
import { getApp, setApp } from '../state/store.ts';
import { NO_TASKS, useTasks } from '../state/tasks.ts';
import { openAdapters } from './adapter.ts';
import { canExperiment, forgetRecord, hearPiece, underWay, unlessStopped, warningsIn } from './experiment.ts';
import { inSession, openPicked, type Session } from './experiment-session.ts';
import { keptRecord } from './kept-record.ts';
import { modelOf } from './model-pick.ts';
import { readingOf } from './open-data.ts';
import { inputsOf, tasksProblem, viewOf } from './tasks-inputs.ts';
import { handsOf, requestOf } from './tasks-jobs.ts';
import { askedOf, change, jobOf, keep, keptNow, reckon, reductionOf, warn } from './tasks-record.ts';

/** An experiment with several tasks on the page: adapter after adapter, each kept as soon as it is made, and measured. */

/** Reads the experiment that an earlier visit kept. */
export async function loadTasks(): Promise<void> {
  if (useTasks.getState().loaded) return;
  useTasks.setState({ loaded: true });
  const kept = await keptRecord('tasks');
  if (kept && !useTasks.getState().kept) useTasks.setState({ ...viewOf(kept.given), kept, restored: true });
}

/** Begins with what is given; what an experiment before has measured of the same stays. */
export async function beginTasks(): Promise<void> {
  const view = useTasks.getState();
  if (!canExperiment() || tasksProblem(view) !== null) return;
  await carryOut((session) => experiment(session, inputsOf(view)));
}

/** Goes on with the experiment that is shown, to its end. */
export async function continueTasks(): Promise<void> {
  const { kept } = useTasks.getState();
  if (!kept || !canExperiment() || !isOpenModel(kept)) return;
  await carryOut((session) => experiment(session, kept.given));
}

async function carryOut(work: (session: Session) => Promise<void>): Promise<void> {
  useTasks.setState({ error: null, warnings: [], restored: false, changing: false, now: null });
  const error = await underWay('tasks', 'Starting', () => inSession(work));
  useTasks.setState({ error, now: null });
  const { kept } = useTasks.getState();
  if (kept?.done) await putOnShelf(kept);
}

/** Whether the model that is open is that of an experiment. */
export function isOpenModel({ given }: Pick<KeptTasks, 'given'>): boolean {
  const { model } = getApp();
  return model?.name === given.model.name && model.parameters === given.model.parameters;
}

async function experiment(session: Session, inputs: TasksInputs): Promise<void> {
  const jobs = await prepare(session, inputs);
  const { given, cosines } = keptNow();
  const { seeds, settings } = given;
  const hands = handsOf(session);
  await reckon();
  await runExperiment({
    ...{ seeds, jobs, kept: hands.kept, make: hands.make, take: hands.take },
    async measure(of) {
      const measured = await hands.measure(of);
      await reckon();
      return measured;
    },
    onJob({ seed, job, number, of, done }) {
      if (done) return;
      const bySeed = seeds.length > 1 ? `, seed ${seed}` : '';
      useTasks.setState({ now: `${number} of ${of}: ${jobWords(job)}${bySeed}` });
    },
  });
  const names = given.tasks.map(({ name }) => name);
  const apart = names.every((name) => jobs.some((job) => job.name === name));
  if (apart && !isVirtual(settings.method) && !cosines) {
    useTasks.setState({ now: 'How alike the changes are' });
    const compared = [];
    for (const seed of seeds) compared.push(await hands.compare(seed, names));
    await change({ cosines: meanCosines(compared) });
  }
  await change({ done: true });
}

/** Opens the model and the rows, and takes over what is still true. @returns what is to be made, reductions apart */
async function prepare(session: Session, inputs: TasksInputs): Promise<Job[]> {
  const { api, request, hardware } = session;
  const { tasks, strategies, ways, mix, replay, settings, fraction } = inputs;
  const open = { ...modelOf({ kind: 'open' })!, called: inputs.model.name };
  await openPicked(session, open, { at: 'Opening the model', dtype: settings.baseDtype });
  nowAt('Reading the rows');
  const { seed } = settings;
  const plan = await request.events(hearPiece(), (worker, listener) =>
    worker.prepareTasks(
      {
        ...{ fraction, seed, metric: null, tasks },
        replay: replay && (replay.file ?? 'general'),
        options: readingOf(settings),
      },
      listener,
    ),
  );
  unlessStopped();
  // There are as many steps as tasks at least: whoever gives fewer is told so before.
  const budget = budgetOf(
    plan.tasks.map(({ rows }) => rows),
    settings,
    mix,
  )!;
  const run = await api.identity(requestOf({ given: inputs, budget }));
  const { seed: _seed, steps: _steps, ...resolved } = run.settings;
  const identity = tasksIdentity({
    ...{ plan, model: run.model, fingerprint: run.fingerprint, split: [fraction, seed] as const, mix },
    ...{ density: null, scale: null, replayShare: replay?.share ?? null, intruders: USUAL_INTRUDERS },
    ...{ steps: budget.total, settings: resolved },
  });
  const { kept: before } = useTasks.getState();
  const other = before ? differing(before.identity, identity) : [];
  const same = before !== null && other.length === 0;
  if (before?.base && !same) warn(otherWords(other));
  const sameSeeds = same && before.given.seeds.join() === inputs.seeds.join();
  const names = tasks.map(({ name }) => name);
  await keep({
    ...{ version: 1, title: listed(names), began: new Date().toISOString(), done: false },
    given: { ...inputs, device: hardware.name },
    ...{ identity, plan, budget, base: same ? before.base : null, jobs: same ? before.jobs : [] },
    ...{ cosines: sameSeeds ? before.cosines : null, lambda: before?.lambda ?? USUAL_INTRUDERS.lambda },
    ...{ figures: null, notes: notesOf(plan) },
  });
  return jobsOf({ tasks: names, strategies, ways, reduce: false });
}

/** Names of what two identities differ in. */
function differing(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
}

const CALLED: Record<string, string> = {
  '--task': 'the tasks',
  '--task-eval': 'the held-out rows',
  '--metric': 'the metric',
  '--mix': 'the mix',
  '--replay': 'what is replayed',
};

function otherWords(names: readonly string[]): string {
  const called = names.map((name) => CALLED[name] ?? name);
  return `Everything is measured again: ${listed(called)} ${called.length === 1 ? 'is' : 'are'} not as before.`;
}

/** What was found of the rows, a sentence each. */
function notesOf({ tasks }: KeptTasks['plan']): string[] {
  return tasks.flatMap(({ name, report, heldOutReport, removed, withoutQuestion }) => [
    ...[report, heldOutReport].flatMap((one) => (one ? warningsIn(one) : [])),
    ...(removed > 0
      ? [
          `${name}: ${plural(removed, 'training row asks', 'training rows ask')} what a held-out row of a task asks. ${removed === 1 ? 'It is' : 'They are'} left out.`,
        ]
      : []),
    ...(withoutQuestion > 0
      ? [
          `${name}: ${plural(withoutQuestion, 'held-out row has', 'held-out rows have')} no question and answer, and ${withoutQuestion === 1 ? 'is' : 'are'} not asked.`,
        ]
      : []),
  ]);
}

/** What can be reduced: a line of the table whose adapter answers every task. */
export function reducible({ given, figures }: KeptTasks): string[] {
  const shown = figures?.result.strategies.map(({ name }) => name) ?? [];
  const method = given.settings.method;
  return method === 'lora' ? shown.filter((name) => name !== 'apart' && !name.endsWith('+reduced')) : [];
}

/** Reduces the intruder dimensions of what a strategy ends with, and measures what comes of it. */
export async function reduceLine(line: string): Promise<void> {
  const { kept } = useTasks.getState();
  if (!kept || !canExperiment() || !isOpenModel(kept)) return;
  const of = endOf(line, askedOf(kept));
  if (of === null) return;
  await carryOut(async (session) => {
    const { done } = keptNow();
    await prepare(session, keptNow().given);
    // Of another model or other rows there is nothing to reduce yet.
    if (!keptNow().base) return;
    await change({ done });
    await reckon();
    const hands = handsOf(session);
    const job = reductionOf(of);
    useTasks.setState({ now: jobWords(job) });
    for (const seed of keptNow().given.seeds) {
      if (hands.kept.measured(seed, job)) continue;
      if (hands.kept.made(seed, job)) await hands.take(seed, job);
      else await hands.make(seed, job);
      await hands.measure({ seed, job });
    }
    await reckon();
  });
}

/** Which reductions are shown, of those that were measured. */
export async function changeLambda(lambda: number): Promise<void> {
  if (getApp().underWay) return;
  await change({ lambda });
  await reckon();
}

/** Forgets the experiment that is shown; what was given stays for the next. */
export async function discardTasks(): Promise<void> {
  if (getApp().underWay) return;
  const { kept, restored, changing, error, warnings } = NO_TASKS;
  useTasks.setState({ kept, restored, changing, error, warnings });
  await forgetRecord('tasks');
}

export interface EndAdapter {
  name: string;
  files: KeptJob['files'];
}

/** Adapters that strategies end with, and those of each task, of the first seed. */
export function endAdapters(kept: KeptTasks): EndAdapter[] {
  const [seed] = kept.given.seeds;
  const asked = askedOf(kept);
  const jobs = jobsOf(asked);
  const apart = asked.strategies.includes('merge') ? asked.tasks : [];
  const ends = [...apart, ...linesOf(asked).flatMap((line) => endOf(line, asked) ?? [])];
  return ends.flatMap((name) => {
    const job = jobOf(kept, seed, name);
    return job?.measured
      ? [{ name: jobWords(jobs.find((one) => one.name === name)!), files: job.files }]
      : [];
  });
}

/** Beside the other adapters at hand, where its model is open. */
async function putOnShelf(kept: KeptTasks): Promise<void> {
  if (!isOpenModel(kept)) return;
  try {
    const api = await worker();
    for (const { name, files } of endAdapters(kept))
      if (files && !onShelf.has(files)) {
        onShelf.add(files);
        shelve((await api.addAdapter(files)).id, name);
      }
  } catch (error) {
    useTasks.setState({ error: pageError(error) });
  }
}

/** Files that are there already. */
const onShelf = new WeakSet<object>();

/** Opens an adapter on the page’s model, as if it had been dropped. */
export async function openEnd({ name, files }: EndAdapter): Promise<void> {
  if (!files || !canExperiment()) return;
  const folder = fileName(name);
  await openAdapters([
    files.map(({ path, bytes }) => ({
      path: `${folder}/${path}`,
      file: new Blob([bytes as BlobPart]),
    })),
  ]);
  setApp({ tab: 'compare' });
}

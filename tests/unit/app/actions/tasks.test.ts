import { beforeEach, expect, test, vi } from 'vitest';
import { stopExperiment } from '../../../../src/app/actions/experiment.ts';
import {
  beginTasks,
  changeLambda,
  continueTasks,
  discardTasks,
  endAdapters,
  isOpenModel,
  loadTasks,
  openEnd,
  reduceLine,
  reducible,
} from '../../../../src/app/actions/tasks.ts';
import { viewOf } from '../../../../src/app/actions/tasks-inputs.ts';
import { tasksReportOf } from '../../../../src/app/actions/tasks-report.ts';
import { useLab } from '../../../../src/app/state/lab.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useShelf } from '../../../../src/app/state/shelf.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { NO_TASKS, useTasks } from '../../../../src/app/state/tasks.ts';
import { UserError } from '../../../../src/errors.ts';
import type { Part } from '../../../../src/lab/tasks/mix.ts';
import type {
  KeptTasks,
  ModelInfo,
  RunEvent,
  TasksFiguresRequest,
  TasksRequest,
  TrainRequest,
} from '../../../../src/worker/api/api.ts';
import { tasksFigures } from '../../../../src/worker/compute/tasks-figures.ts';
import { rows } from '../../lab/tasks/measured.ts';

/**
 * A page's worker and one beside it. An adapter is a text: the tasks that it was trained on, what it was merged of; what is
 * right of a task follows from it.
 */
const done: string[] = [];
const trained: TrainRequest[] = [];
let prepared: TasksRequest | null = null;
let before: (what: string) => Promise<void> | void = () => {};
let kept: KeptTasks | null = null;
let full = false;
let savedRequest: TrainRequest | null = null;
let interrupted = false;
let fingerprint = 'f';
let mixture = '';
const RIGHT: Record<string, [number, number]> = {
  a: [18, 0],
  b: [0, 17],
  'a then b': [2, 19],
  'b then a': [18, 3],
  ab: [17, 16],
};

const shelf = new Map<string, string>();
let ids = 0;
const put = (text: string) => {
  const id = `id-${++ids}`;
  shelf.set(id, text);
  return id;
};
const said = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const aside = {
  setAway: async () => {},
  hardware: async () => ({ name: 'here' }),
  async openModel(choice: { kind: string }) {
    await before('model');
    done.push(`model ${choice.kind}`);
  },
  setBaseDtype: async () => {},
  async prepareTasks(request: TasksRequest, listener: (event: RunEvent) => void) {
    prepared = request;
    listener({ type: 'progress', what: 'Reading', done: 1, total: 2 });
    const report = (file: File) => ({
      name: file.name,
      sha256: `hash of ${file.name}`,
      warnings: [`${file.size} B`],
    });
    return {
      tasks: request.tasks.map(({ name, file, heldOut }, i) => ({
        ...{ name, report: report(file), heldOutReport: heldOut && report(heldOut), rows: 40, removed: i },
        ...{ heldOut: 20, withoutQuestion: i, metric: 'answers' },
      })),
      replay: request.replay && { name: 'general', sha256: 'g', rows: 30, removed: 0 },
      ...{ elsewhere: 25, seed: 0 },
    };
  },
  identity: async ({ settings }: TrainRequest) => ({ model: 'tiny', fingerprint, settings }),
  async openMixture(parts: Part[]) {
    mixture = parts.map(({ of }) => (of === 'replay' ? '+' : 'ab'[of])).join('');
  },
  async train(request: TrainRequest) {
    trained.push(request);
    await before('train');
    const from = request.initAdapter ? `${said(request.initAdapter[0].bytes)} then ` : '';
    done.push(`train ${from}${mixture}`);
    if (interrupted) savedRequest = structuredClone(request);
    return {
      ...{ adapter: put(from + mixture), seconds: 12, memory: { peak_bytes: 0, plan_bytes: 5e6 } },
      ...{ interrupted, stopped: false },
    };
  },
  savedRun: async () => savedRequest && { request: savedRequest, name: 'tasks', step: 1 },
  adapterFiles: async (id: string) => [
    { path: 'adapter_model.safetensors', bytes: new TextEncoder().encode(shelf.get(id)) },
  ],
  addAdapter: async (files: { bytes: Uint8Array }[]) => ({ id: put(said(files[0].bytes)), notes: [] }),
  removeAdapter: async (id: string) => void shelf.delete(id),
  async mergeAdapters({
    way,
    adapters,
    seed,
  }: {
    way: string;
    adapters: { id: string; weight: number }[];
    seed?: number;
  }) {
    const text = adapters
      .map(({ id, weight }) => (weight === 1 ? shelf.get(id) : `${weight}·${shelf.get(id)}`))
      .join('&');
    done.push(`${way} of ${text}${seed === undefined ? '' : `, seed ${seed}`}`);
    return { adapter: put(text), errors: [{ relative: 0.3 }, { relative: null }] };
  },
  lossOnTraining: async ({ strength }: { strength: number }) => Math.abs(strength - 0.5),
  async reduceIntruders({ adapter, lambda }: { adapter: string; lambda: number }) {
    done.push(`reduce ${shelf.get(adapter)} to ${lambda}`);
    return { adapter: put(`${shelf.get(adapter)}, less`), sites: [{ intruders: 2 }, { intruders: 1 }] };
  },
  async answerTask(task: number, adapter: { id: string } | null) {
    await before('answer');
    if (useLab.getState().stopping) throw new UserError('stopped', 'Stopped.');
    const text = adapter ? shelf.get(adapter.id)! : 'base';
    if (task === 0) done.push(`ask ${text}`);
    return { rows: rows((RIGHT[text] ?? [1, 1])[task]), seconds: 1 };
  },
  lossElsewhere: async (adapter: object | null) => (adapter ? 0.2 : 0.1),
  async compareAdapters(compared: string[]) {
    done.push(`compare ${compared.map((id) => shelf.get(id)).join(' and ')}`);
    return [{ module: 'm', layer: 0, target: 'q_proj', cosines: [0.25] }];
  },
  async interrupt() {
    interrupted = true;
  },
  cancelGenerate: async () => {},
  cancelModel: async () => {},
  cancelData: async () => {},
  stopWork: async () => {},
};
const api = {
  tasksFigures: async (request: TasksFiguresRequest) => tasksFigures(structuredClone(request)),
  keptExperiment: async () => kept,
  async keepExperiment(_id: string, record: KeptTasks) {
    if (full) throw new UserError('storage-full', 'no room');
    // What Node clones of a file has no name.
    const { given, ...rest } = record;
    kept = { ...structuredClone(rest), given };
  },
  async forgetExperiment() {
    kept = null;
  },
  savedRun: async () => savedRequest && { request: savedRequest },
  async forgetSavedRun() {
    savedRequest = null;
  },
  interrupt: async () => false,
  cancelGenerate: async () => {},
  generate: async () => ({ text: '' }),
  addAdapter: aside.addAdapter,
  adapterFiles: aside.adapterFiles,
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.mock('../../../../src/app/state/another-worker.ts', () => ({
  anotherWorker: async () => ({ api: aside, end: () => done.push('end') }),
}));
vi.stubGlobal('navigator', {});
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });
vi.stubGlobal('document', { hidden: false, addEventListener() {}, removeEventListener() {} });

const shown = () => useTasks.getState().kept!;
const error = () => useTasks.getState().error;
const strategies = () => shown().figures!.result.strategies.map(({ name }) => name);
const task = (name: string) => ({
  ...{ name, file: new File(['{}\n'], `${name}.jsonl`), from: `${name}.jsonl` },
  heldOut: name === 'a' ? new File(['{}\n'], 'a-held-out.jsonl') : null,
});

beforeEach(() => {
  for (const list of [done, trained]) list.length = 0;
  before = () => {};
  kept = null;
  full = false;
  savedRequest = null;
  interrupted = false;
  fingerprint = 'f';
  shelf.clear();
  useShelf.setState({ named: {} });
  useTasks.setState(
    {
      ...{ ...NO_TASKS, loaded: true, tasks: [task('a'), task('b')] },
      ...{ strategies: ['together', 'sequence', 'merge'], ways: ['ties'], steps: '8' },
    },
    true,
  );
  setApp({
    model: { name: 'tiny', id: 'bundled', parameters: 5 } as ModelInfo,
    ...{ modelChoice: { kind: 'bundled' }, modelWork: null, dataWork: null },
    ...{ run: EMPTY_RUN, runName: '', starting: false, underWay: null, saved: null, adapter: null },
    ...{ tuned: null, settings: { ...PAGE_DEFAULTS, evalFraction: 0.25 }, tab: 'lab' },
  });
});

test('every strategy takes the same steps, and what is made, measured and found is kept', async () => {
  useTasks.setState({ replayShare: '10' });
  await beginTasks();
  expect(error()).toBeNull();
  expect(done).toEqual([
    ...['model bundled', 'ask base', 'train ab+', 'ask ab+', 'train a+', 'ask a+'],
    ...[
      'train a+ then b+',
      'ask a+ then b+',
      'train b+',
      'ask b+',
      'ties of a+&b+',
      'sum of 0.5·a+&b+',
      'ask 0.5·a+&b+',
    ],
    ...['compare a+ and b+', 'end'],
  ]);
  expect(prepared).toMatchObject({ fraction: 0.25, replay: 'general', metric: null });
  expect(trained.map(({ settings }) => settings.steps)).toEqual([8, 4, 4, 4]);
  expect(trained[0]).toMatchObject({ leaveOut: [], evalData: false, settings: { evalFraction: 0 } });
  expect(kept).toEqual(shown());
  expect(shown()).toMatchObject({ done: true, title: 'a and b', cosines: [{ cosines: [0.25] }] });
  expect(strategies()).toEqual(['together', 'sequence', 'apart', 'merge-ties']);
  expect(shown().notes).toEqual([
    ...['a.jsonl: 3 B', 'a-held-out.jsonl: 3 B', 'b.jsonl: 3 B'],
    'b: 1 training row asks what a held-out row of a task asks. It is left out.',
    'b: 1 held-out row has no question and answer, and is not asked.',
  ]);
  // Nothing is left on the shelf of the session but what was in place last; on the page's, each end.
  expect(Object.values(useShelf.getState().named).map(({ name }) => name)).toEqual([
    ...['a alone', 'b alone', 'a and b together', 'a, then b', 'the adapters of a and b, merged by ties'],
  ]);
});

test('the report is that of the command, with the command that repeats it', async () => {
  useTasks.setState({ mix: 'temperature', temperature: '3', seeds: '1, 2' });
  await beginTasks();
  expect(error()).toBeNull();
  const { figures } = shown();
  expect(figures!.seeds).toEqual([1, 2]);
  const report = tasksReportOf(shown(), figures!, '2026-12-01T10:00:00Z');
  expect(report.title).toBe('Several tasks: a and b');
  expect(report.findings.join(' ')).toContain(
    'One after another: a stood at 90.0 % right after it was learned and at 10.0 % at the end: it forgot 80.0 points',
  );
  expect(report.seeds).toEqual({ split: 0, run_1: 1, run_2: 2 });
  expect(report.settings).toContainEqual(['Ways to merge', 'ties (density 0.5)']);
  expect(report.command).toBe(
    "npm run --silent tasks -- --model bundled --task 'a=a.jsonl' 'b=b.jsonl' --task-eval 'a=a-held-out.jsonl' --eval-fraction 0.25 --strategies 'together,sequence,merge' --merge-ways ties --mix temperature --mix-temperature 3 --seeds '1,2' --steps 8 --out tasks",
  );
  expect(viewOf(shown().given)).toMatchObject({
    seeds: '1, 2',
    temperature: '3',
    steps: '8',
    replayShare: '',
  });
});

test('Stop ends what is under way; the next visit goes on from what was measured', async () => {
  before = async (what) => {
    if (what === 'train' && trained.length === 2) await stopExperiment();
  };
  await beginTasks();
  expect(error()).toBeNull();
  expect(shown().done).toBe(false);
  expect(strategies()).toEqual(['together']);
  expect(Object.keys(useShelf.getState().named)).toEqual([]);
  expect(getApp().underWay).toBeNull();

  useTasks.setState(NO_TASKS, true);
  before = () => {};
  interrupted = false;
  done.length = 0;
  await loadTasks();
  await loadTasks();
  expect(useTasks.getState()).toMatchObject({
    restored: true,
    steps: '8',
    tasks: [{ name: 'a' }, { name: 'b' }],
  });
  await continueTasks();
  expect(error()).toBeNull();
  expect(done.slice(0, 3)).toEqual(['model bundled', 'train a', 'ask a']);
  expect(trained[2]).toMatchObject({ resume: 'saved' });
  expect(shown().done).toBe(true);
});

test('an adapter that is made and not measured is measured; one that was not kept is made again', async () => {
  let answers = 0;
  before = async (what) => {
    // The second adapter, once it is made.
    if (what === 'answer' && ++answers === 5) await stopExperiment();
  };
  await beginTasks();
  expect(shown().jobs.map(({ name, measured }) => [name, measured !== null])).toEqual([
    ['together', true],
    ['a', false],
  ]);
  before = () => {};
  interrupted = false;
  done.length = 0;
  useTasks.setState({ kept: { ...shown(), jobs: shown().jobs.map((job) => ({ ...job, files: null })) } });
  await continueTasks();
  expect(error()).toBeNull();
  // Not measured and not kept: that of a; together has its figures and is not needed.
  expect(done.slice(0, 5)).toEqual(['model bundled', 'train a', 'ask a', 'train a then b', 'ask a then b']);

  useTasks.setState({
    kept: { ...shown(), jobs: shown().jobs.map((job) => (job.name === 'a' ? { ...job, files: null } : job)) },
    ways: ['ties', 'dare'],
  });
  done.length = 0;
  await beginTasks();
  expect(done.slice(0, 3)).toEqual(['model bundled', 'train a', 'dare of a&b, seed 0']);
  expect(useTasks.getState().warnings).toEqual([
    'A alone is made again: its adapter was too large to be kept in this browser.',
  ]);
  expect(shown().jobs.find(({ name }) => name === 'a')!.measured).not.toBeNull();
});

test('what changes a figure has everything measured again, and the page says what it was', async () => {
  await beginTasks();
  done.length = 0;
  fingerprint = 'other';
  await continueTasks();
  expect(useTasks.getState().warnings).toEqual(['Everything is measured again: the model is not as before.']);
  expect(done.filter((what) => what.startsWith('train'))).toHaveLength(4);
  setApp({ settings: { ...getApp().settings, rank: 4 } });
  useTasks.setState({ mix: 'even' });
  await beginTasks();
  expect(useTasks.getState().warnings).toEqual([
    'Everything is measured again: the mix and rank are not as before.',
  ]);
  // A seed more is measured beside the one that is there.
  done.length = 0;
  useTasks.setState({ seeds: '0, 7' });
  await beginTasks();
  expect(useTasks.getState().warnings).toEqual([]);
  expect(done.filter((what) => what.startsWith('train'))).toHaveLength(4);
  expect(shown().figures!.seeds).toEqual([0, 7]);
});

test('intruder dimensions are reduced by as much as the slider says, each strength kept for itself', async () => {
  await beginTasks();
  expect(reducible(shown())).toEqual(['together', 'sequence', 'merge-ties']);
  done.length = 0;
  await reduceLine('sequence');
  expect(error()).toBeNull();
  expect(done).toEqual(['model bundled', 'reduce a then b to 0.75', 'ask a then b, less', 'end']);
  expect(strategies()).toContain('sequence+reduced');
  expect(shown().figures!.result.strategies.at(-1)).toMatchObject({ intruders: 3 });
  await changeLambda(0.5);
  expect(strategies()).not.toContain('sequence+reduced');
  done.length = 0;
  await reduceLine('sequence');
  expect(done).toContain('reduce a then b to 0.5');
  await changeLambda(0.75);
  expect(strategies()).toContain('sequence+reduced');
  // Asked for again, it is there.
  done.length = 0;
  await reduceLine('sequence');
  expect(done).toEqual(['model bundled', 'end']);
  expect(shown().done).toBe(true);
  const report = tasksReportOf(shown(), shown().figures!, '2026-12-01T10:00:00Z');
  expect(report.command).toContain('--reduce-intruders --intruder-lambda 0.75');
  expect(report.sections.at(-1)!.text!.at(-1)).toMatch('of what every strategy ends with');
  await reduceLine('apart');
  setApp({ underWay: 'ladder' });
  await changeLambda(0);
  expect(shown().lambda).toBe(0.75);
});

test('of weights that are not as before nothing is reduced until all is measured again', async () => {
  await beginTasks();
  fingerprint = 'other';
  done.length = 0;
  await reduceLine('together');
  expect(done).toEqual(['model bundled', 'end']);
  expect(useTasks.getState().warnings[0]).toMatch('the model is not as before');
  expect(shown()).toMatchObject({ done: false, jobs: [] });
});

test('only LoRA is reduced, and virtual tokens are not compared', async () => {
  setApp({ settings: { ...getApp().settings, method: 'prompt' } });
  await beginTasks();
  expect(shown()).toBeNull();
  useTasks.setState({ strategies: ['together'] });
  await beginTasks();
  expect(shown()).toMatchObject({ done: true, cosines: null });
  expect(reducible(shown())).toEqual([]);
});

test('another model goes on with nothing, and a failure is said in its place', async () => {
  await beginTasks();
  setApp({ model: { name: 'other', parameters: 5 } as ModelInfo });
  expect(isOpenModel(shown())).toBe(false);
  done.length = 0;
  await continueTasks();
  await reduceLine('together');
  expect(done).toEqual([]);
  setApp({ model: { name: 'tiny', parameters: 5 } as ModelInfo, modelChoice: { kind: 'hub', id: 'a/b' } });
  before = () => {
    throw new UserError('no-model', 'The model did not come.');
  };
  await continueTasks();
  expect(error()).toMatchObject({ code: 'no-model' });
  expect(shown().done).toBe(true);
});

test('where the browser has no room the experiment goes on, and says so; what is discarded is gone', async () => {
  full = true;
  await beginTasks();
  expect(shown().done).toBe(true);
  expect(useTasks.getState().warnings[0]).toMatch('This cannot be kept in this browser (no room)');
  full = false;
  setApp({ underWay: 'ladder' });
  await discardTasks();
  expect(shown()).not.toBeNull();
  setApp({ underWay: null });
  await discardTasks();
  expect(shown()).toBeNull();
  expect(kept).toBeNull();
  expect(useTasks.getState().tasks).toHaveLength(2);
});

test('an adapter that was made is opened on the page, unless it was too large to be kept', async () => {
  await beginTasks();
  const [first] = endAdapters(shown());
  await openEnd({ ...first, files: null });
  expect(getApp().tab).toBe('lab');
  await openEnd(first);
  expect(getApp().tab).toBe('compare');
});

import { beforeEach, expect, test, vi } from 'vitest';
import { stopExperiment } from '../../../../src/app/actions/experiment.ts';
import {
  continueFrontier,
  discardFrontier,
  loadFrontier,
  measureFrontier,
  missingModels,
} from '../../../../src/app/actions/frontier.ts';
import {
  addModel,
  changeFrontier,
  changeGiven,
  changeModel,
  enoughProblem,
  frontierProblem,
  removeModel,
} from '../../../../src/app/actions/frontier-inputs.ts';
import { splitLines } from '../../../../src/app/actions/frontier-record.ts';
import { chosenAdapter, frontierReportOf } from '../../../../src/app/actions/frontier-report.ts';
import { NO_FRONTIER, useFrontier } from '../../../../src/app/state/frontier.ts';
import { useLab } from '../../../../src/app/state/lab.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { UserError } from '../../../../src/errors.ts';
import type { AdapterUse } from '../../../../src/worker/api/adapter-use.ts';
import type {
  FrontierFigures,
  KeptFrontier,
  ModelChoice,
  ModelInfo,
  TrainRequest,
} from '../../../../src/worker/api/api.ts';
import { frontierFigures } from '../../../../src/worker/compute/progression.ts';
import { rung } from '../../lab/ladder/measured.ts';

/** A page's worker and those beside it, which write down what they are asked; `before` runs before an answer. */
const done: string[] = [];
const trained: TrainRequest[] = [];
let before: (what: string) => Promise<void> | void = () => {};
let kept: KeptFrontier | null = null;
let savedRequest: TrainRequest | null = null;
let interrupted = false;
/** Of the folder that is opened. */
let weights = 'weights of half';
/** What cannot be opened, by its kind, or trained, by its precision. */
let failing: Record<string, UserError> = {};
/** Held-out rows that the folder can be asked. */
let room = 24;
/** Rows right of 24, by model and precision, tuned. */
const RIGHT: Record<string, number> = { f16: 22, q8: 21, q4: 9, nf4: 22 };
const BITS: Record<string, number> = { f16: 16, q8: 8, q4: 4, nf4: 4.5 };

function anotherWorker() {
  let choice: ModelChoice = { kind: 'bundled' };
  let dtype = 'auto';
  const size = () => (choice.kind === 'bundled' ? 5e6 : 2e6);
  return {
    setAway: async () => {},
    hardware: async () => ({ name: 'here' }),
    async openModel(given: ModelChoice) {
      await before('open');
      choice = given;
      done.push(`model ${choice.kind}`);
      if (failing[choice.kind]) throw failing[choice.kind];
      return { name: choice.kind, parameters: size(), bytes: 2 * size() };
    },
    async setBaseDtype(given: string) {
      dtype = given;
    },
    estimate: async ({ baseDtype }: { baseDtype: string }) => ({
      memory: { base: (size() * BITS[baseDtype]) / 8, adapter: 1, optimizer: 2, activation: 3 },
    }),
    async openData(data: { file: File }, _options: object, role: string) {
      await before(role);
      const text = await data.file.text();
      const warnings = choice.kind === 'folder' && role === 'eval' ? ['2 rows are bad and left out.'] : [];
      return { name: data.file.name, used: text.trimEnd().split('\n').length, warnings };
    },
    identity: async ({ settings }: TrainRequest) => ({
      ...{ model: choice.kind, fingerprint: choice.kind === 'folder' ? weights : null },
      settings: { 'learning rate': settings.learningRate, rank: settings.rank },
    }),
    async prepareLadder({ metric }: { metric: string | null }) {
      done.push(`judged by ${metric}`);
      return { metric: metric ?? 'answers', removed: { rows: 1 } };
    },
    generalLoss: async (use: AdapterUse | null, begin: number) => ({
      ...{ lossSum: use ? 30 : 20, tokens: 10, rows: 12, begin },
    }),
    async train(request: TrainRequest) {
      trained.push(request);
      await before('train');
      done.push(`train ${choice.kind} ${request.settings.baseDtype}`);
      if (failing[dtype]) throw failing[dtype];
      if (interrupted) savedRequest = JSON.parse(JSON.stringify(request));
      return {
        ...{ adapter: `of ${dtype}`, seconds: 12, memory: { peak_bytes: size() * 4 } },
        ...{ interrupted, stopped: false },
      };
    },
    savedRun: async () => savedRequest && { request: savedRequest },
    adapterFiles: async (id: string) => [
      { path: 'adapter_model.safetensors', bytes: new TextEncoder().encode(id) },
    ],
    async addAdapter(files: { bytes: Uint8Array }[]) {
      done.push(`add ${new TextDecoder().decode(files[0].bytes)}`);
      return { id: new TextDecoder().decode(files[0].bytes) };
    },
    async measureRung(_name: string, adapter: AdapterUse | null) {
      await before('measure');
      done.push(`${choice.kind} ${dtype} by ${adapter ? adapter.id : 'the base'}`);
      const measured = rung('tuned', adapter ? RIGHT[dtype] : 3);
      return { ...measured, rows: measured.rows.slice(0, choice.kind === 'folder' ? room : 24) };
    },
    async interrupt() {
      interrupted = true;
    },
    ...{ cancelGenerate: async () => {}, cancelModel: async () => {}, cancelData: async () => {} },
    stopWork: async () => {},
  };
}
const LINES = Array.from({ length: 12 }, (_, i) => `{"prompt":"q${i}","completion":"a"}`);
const api = {
  dataAsJsonLines: async () => new Blob([`${LINES.join('\n')}\n\n`]),
  frontierFigures: async (request: FrontierFigures) => frontierFigures(request),
  keptExperiment: async () => kept,
  async keepExperiment(_id: string, record: KeptFrontier) {
    kept = record;
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
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.mock('../../../../src/app/state/another-worker.ts', () => ({
  anotherWorker: async () => ({ api: anotherWorker(), end: () => {} }),
}));
vi.stubGlobal('navigator', {});
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });
vi.stubGlobal('document', { hidden: false, addEventListener() {}, removeEventListener() {} });

const shown = () => useFrontier.getState().kept!;
const folder: ModelChoice = { kind: 'folder', files: [] };
const addFolder = () => addModel({ kind: 'files', choice: folder, name: 'half' });
const names = () => shown().result!.points.map(({ model, dtype }) => `${model} ${dtype}`);

beforeEach(() => {
  for (const list of [done, trained]) list.length = 0;
  before = () => {};
  kept = null;
  savedRequest = null;
  interrupted = false;
  weights = 'weights of half';
  failing = {};
  room = 24;
  useFrontier.setState(structuredClone({ ...NO_FRONTIER, loaded: true }), true);
  setApp({
    model: { name: 'tiny', id: 'bundled' } as ModelInfo,
    ...{ modelChoice: { kind: 'bundled' }, modelWork: null, dataWork: null },
    data: { name: 'rows.jsonl', used: 12, sha256: 'ab' } as never,
    ...{ dataChoice: { kind: 'sample', file: 'rows.jsonl' }, dataTitle: 'Sample: rows' },
    ...{ run: EMPTY_RUN, starting: false, underWay: null, saved: null },
    ...{ settings: { ...PAGE_DEFAULTS, epochs: 2, evalFraction: 0 }, tab: 'lab' },
  });
});

test('each model in each precision is trained and answers, the cheapest first; one is chosen', async () => {
  addFolder();
  changeModel(1, { dtypes: ['f16'], work: 'both' });
  await measureFrontier();
  expect(useFrontier.getState()).toMatchObject({ error: null, now: null });
  expect(useFrontier.getState().warnings).toEqual(['half: held-out.jsonl: 2 rows are bad and left out.']);
  // Both are weighed first; the folder's base takes 4 MB, its training a little more, the bundled one 2.5, 5 and 10 MB.
  expect(done.filter((what) => what.startsWith('model'))).toEqual([
    ...[
      'model bundled',
      'model folder',
      'model bundled',
      'model folder',
      'model folder',
      'model bundled',
      'model bundled',
    ],
  ]);
  expect(trained.map(({ settings }) => settings.baseDtype)).toEqual(['q4', 'f16', 'q8', 'f16']);
  expect(trained[0]).toMatchObject({ evalData: false, maxEvalRows: null, leaveOut: [] });
  expect(done.filter((what) => what.startsWith('judged'))).toEqual([
    ...['judged by null', 'judged by answers', 'judged by answers', 'judged by answers', 'judged by answers'],
  ]);
  expect(names()).toEqual(['bundled q4', 'half f16', 'half f16', 'bundled q8', 'bundled f16']);
  expect(shown()).toMatchObject({ done: true, left: 0, skipped: [], device: 'here' });
  expect(kept).toEqual(shown());
  const [, untrained, tuned] = shown().result!.points;
  expect(untrained).toMatchObject({ untrained: true, seconds: 0, memory_bytes: 4e6, metric: 3 / 24 });
  expect(tuned).toMatchObject({ seconds: 12, memory_bytes: 8e6, elsewhere_before: 2, elsewhere_after: 3 });
  expect(shown().result!.choice).toEqual({ model: 'half', dtype: 'f16' });
  expect(new TextDecoder().decode(chosenAdapter(shown())![0].bytes)).toBe('of f16');
  const report = frontierReportOf(
    { ...shown(), about: shown().about! },
    shown().result!,
    '2026-12-01T10:00:00Z',
  );
  expect(report.command).toBe(
    "npm run --silent frontier -- --models 'bundled,half' --dtypes 'f16,q8,q4' --data rows.jsonl --eval-data held-out.jsonl --epochs 2 --out frontier",
  );
  const notes = report.sections.at(-1)!.text!.join(' ');
  expect(notes).toMatch('The held-out rows are a quarter');
  expect(notes).toMatch('not all were asked for');
  expect(notes).toMatch('some answered as they are');
});

test('it stops after the first that suffices; another requirement asks no model again', async () => {
  changeFrontier({ enough: 'metric >= 0.8', stopAtFirst: true });
  await measureFrontier();
  expect(names()).toEqual(['bundled q4', 'bundled q8']);
  expect(shown()).toMatchObject({ done: true, left: 1, result: { choice: { dtype: 'q8' } } });
  trained.length = 0;
  // Other rows were opened meanwhile; those of before are measured on.
  setApp({ data: null, dataTitle: 'others' });
  changeGiven();
  expect(useFrontier.getState()).toMatchObject({
    changing: true,
    enough: 'metric >= 0.8',
    stopAtFirst: true,
  });
  changeFrontier({ enough: '' });
  await measureFrontier();
  expect(useFrontier.getState().changing).toBe(false);
  expect(trained.map(({ settings }) => settings.baseDtype)).toEqual(['f16']);
  expect(names()).toHaveLength(3);
  expect(shown()).toMatchObject({ notes: [], title: 'Sample: rows' });
});

test('Stop keeps what is measured, on the next visit too, and the training goes on from its checkpoint', async () => {
  before = async (what) => {
    if (what === 'train' && trained.length === 2) await stopExperiment();
  };
  await measureFrontier();
  expect(useFrontier.getState().error).toBeNull();
  expect({ ...useLab.getState(), underWay: getApp().underWay }).toEqual({
    ...{ work: null, left: null, stopping: false, underWay: null },
  });
  expect(shown().done).toBe(false);
  expect(names()).toEqual(['bundled q4']);
  before = () => {};
  interrupted = false;
  useFrontier.setState({ ...NO_FRONTIER }, true);
  await loadFrontier();
  expect(useFrontier.getState()).toMatchObject({ restored: true, kept: { done: false } });
  expect(missingModels(shown())).toEqual([]);
  await continueFrontier();
  expect(trained.map(({ settings, resume }) => [settings.baseDtype, resume])).toEqual([
    ...[
      ['q4', undefined],
      ['q8', undefined],
      ['q8', 'saved'],
      ['f16', undefined],
    ],
  ]);
  expect(shown().done).toBe(true);
  await discardFrontier();
  expect([kept, useFrontier.getState().kept, savedRequest]).toEqual([null, null, null]);
});

test('what was trained and has not answered yet is not trained again', async () => {
  changeModel(0, { dtypes: ['q4'] });
  before = async (what) => {
    if (what === 'measure') await stopExperiment();
    if (what === 'measure') throw new UserError('stopped', 'Stopped.');
  };
  await measureFrontier();
  expect(shown()).toMatchObject({ done: false, result: null, points: [{ point: null }] });
  before = () => {};
  await continueFrontier();
  expect(trained).toHaveLength(1);
  expect(done).toContain('add of q4');
  expect(shown()).toMatchObject({ done: true, result: { points: [{ elsewhere_after: 3 }] } });
});

test('of other settings or rows a point is measured again, which is said; untrained ones stay', async () => {
  changeModel(0, { dtypes: ['q4'], work: 'both' });
  await measureFrontier();
  setApp({ settings: { ...getApp().settings, learningRate: 0.5, rank: 2 } });
  changeGiven();
  trained.length = 0;
  done.length = 0;
  await measureFrontier();
  expect(trained).toHaveLength(1);
  expect(done).not.toContain('bundled q4 by the base');
  expect(shown().notes).toEqual([
    'bundled in q4 is measured again: learning rate and rank differ from before.',
  ]);
  changeGiven();
  changeFrontier({ rows: 'open', heldOut: new File(['{"prompt":"x","completion":"y"}\n'], 'other.jsonl') });
  await measureFrontier();
  expect(shown().notes).toEqual([
    'bundled in q4, untrained is measured again: the held-out rows differ from before.',
    'bundled in q4 is measured again: the held-out rows and the training rows differ from before.',
  ]);
  expect(shown().given.rows).toMatchObject({ split: false, flag: 'public/samples/rows.jsonl' });
  expect(done).toContain('judged by null');
});

test('a model that cannot be opened, and a point that fails, are told; the others go on', async () => {
  failing = {
    folder: new UserError('no-model', 'config.json is missing.'),
    q8: new UserError('does-not-fit', 'It does not fit.'),
  };
  addFolder();
  changeModel(1, { dtypes: ['q4', 'f16'] });
  await measureFrontier();
  expect(useFrontier.getState().error).toBeNull();
  expect(shown().refused).toEqual([
    { model: 'half', dtype: 'q4', reason: 'config.json is missing.' },
    { model: 'half', dtype: 'f16', reason: 'config.json is missing.' },
  ]);
  expect(shown().skipped).toEqual([{ model: 'bundled', dtype: 'q8', reason: 'It does not fit.' }]);
  expect(names()).toEqual(['bundled q4', 'bundled f16']);
  expect(shown().result!.skipped).toHaveLength(3);
  expect(shown().done).toBe(true);
  // What failed is tried again once it is asked for again.
  failing = {};
  trained.length = 0;
  changeGiven();
  await measureFrontier();
  expect(trained).toHaveLength(3);
  expect(names()).toHaveLength(5);
});

test('without a model that can be opened it ends with why', async () => {
  failing = { bundled: new UserError('wrong-file', 'It is not here.') };
  await measureFrontier();
  expect(useFrontier.getState().error).toMatchObject({
    code: 'no-model',
    text: 'None of the models could be opened. It is not here.',
  });
  expect(shown().done).toBe(false);
});

test('models that are asked different rows are compared on those of all', async () => {
  room = 20;
  addFolder();
  changeModel(0, { dtypes: ['q4'] });
  changeModel(1, { dtypes: ['q4'] });
  await measureFrontier();
  expect(shown().result).toMatchObject({ compared: 20, left_out: [21, 22, 23, 24] });
});

test('a folder is chosen again on the next visit; one with other weights is refused', async () => {
  removeModel(0);
  addFolder();
  changeModel(0, { dtypes: ['q4', 'f16'] });
  before = async (what) => {
    if (what === 'train' && trained.length === 2) await stopExperiment();
  };
  await measureFrontier();
  before = () => {};
  interrupted = false;
  const [model] = shown().given.models;
  kept = {
    ...shown(),
    given: { ...shown().given, models: [{ ...model, model: { ...model.model, choice: null } }] },
  };
  useFrontier.setState({ ...NO_FRONTIER }, true);
  await loadFrontier();
  expect(missingModels(shown())).toEqual([0]);
  await continueFrontier();
  expect(shown().skipped[0].reason).toMatch('The files of half are not kept in this browser.');
  useFrontier.setState({ again: { 0: folder }, kept, restored: true });
  expect(missingModels(shown())).toEqual([]);
  weights = 'others';
  await continueFrontier();
  expect(shown().skipped[0].reason).toMatch('half is another model than the one that was weighed.');
  useFrontier.setState({ kept });
  changeGiven();
  expect(useFrontier.getState().models).toMatchObject([
    { pick: { kind: 'files', choice: folder, name: 'half' }, dtypes: ['q4', 'f16'], work: 'train' },
  ]);
});

test('a quarter of the lines is held out, by the seed', () => {
  const { train, heldOut } = splitLines(`${LINES.join('\n')}\n\n`, 0);
  const [some, others] = [train, heldOut].map((text) => text.trimEnd().split('\n'));
  expect([some.length, others.length]).toEqual([9, 3]);
  expect([...some, ...others].sort()).toEqual([...LINES].sort());
  expect(splitLines(LINES.join('\n'), 0)).toEqual({ train, heldOut });
  expect(splitLines(LINES.join('\n'), 1).heldOut).not.toBe(heldOut);
});

test('what cannot be measured says why', () => {
  const problem = (more: object = {}) => frontierProblem({ ...useFrontier.getState(), ...more });
  expect(problem()).toBeNull();
  expect(problem({ models: [] })).toBe('Add a model.');
  expect(problem({ enough: 'metric >' })).toMatch('so that it can be read');
  expect(enoughProblem('metric >= best')).toMatch('best is not known');
  expect(enoughProblem(' ')).toBeNull();
  addModel({ kind: 'bundled' });
  expect(problem()).toBe('the bundled model is in the list twice. Remove one of them.');
  changeModel(1, { pick: { kind: 'hub', text: 'nothing' } });
  expect(problem()).toBe('Choose model 2.');
  changeModel(1, { pick: { kind: 'hub', text: 'some/model' }, dtypes: [] });
  expect(problem()).toBe('Tick a precision of some/model.');
  removeModel(1);
  setApp({ settings: { ...PAGE_DEFAULTS, objective: 'distil' } });
  expect(problem()).toMatch('needs a teacher');
  setApp({ data: { used: 1 } as never });
  expect(problem()).toMatch('Open rows');
  setApp({ underWay: 'ladder' });
  removeModel(0);
  expect(useFrontier.getState().models).toHaveLength(1);
});

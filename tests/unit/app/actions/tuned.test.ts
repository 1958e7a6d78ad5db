import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bring, openAdapters, removeAdapter } from '../../../../src/app/actions/adapter.ts';
import { ask } from '../../../../src/app/actions/answers.ts';
import { openModel } from '../../../../src/app/actions/open.ts';
import { carryOut, newRun } from '../../../../src/app/actions/run.ts';
import { startFromHere } from '../../../../src/app/actions/start-from.ts';
import { useHistory } from '../../../../src/app/state/history.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useShelf } from '../../../../src/app/state/shelf.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { useThen } from '../../../../src/app/state/then.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import type { AdapterWeights } from '../../../../src/methods/types.ts';
import type { GenerateRequest, ModelInfo, TrainRequest } from '../../../../src/worker/api/api.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { Shelf } from '../../../../src/worker/compute/shelf.ts';

/** The adapter that the page names is always one that the worker's shelf has. */

const shelf = new Shelf();
const WEIGHTS = { values: new Map() } as unknown as AdapterWeights;
/** Steps of the next run; it fails after them where `failing`. */
let steps = 4;
/** Whether the run says nothing of its end. */
let silent = false;
let failing: 'before it begins' | 'under way' | null = null;
/** Adapters that were asked, the base as null. */
const asked: (string | null)[] = [];

const api = {
  addAdapter: async () => ({
    ...{ id: shelf.putFile(WEIGHTS, null) },
    ...{ rank: 8, alpha: 16, targets: ['q_proj'], rsLora: false },
  }),
  shelf: async () => shelf.all.map(({ id, merged = null }) => ({ id, settings: {}, notes: [], merged })),
  removeAdapter: async (id: string) => shelf.remove(id),
  holdAdapter: async () => {},
  adapterFiles: async (id: string) => {
    shelf.whole(id);
    return [];
  },
  adapterSteps: async (id: string) => shelf.steps(id),
  async generate({ adapter }: GenerateRequest) {
    if (adapter) shelf.whole(adapter.id);
    asked.push(adapter?.id ?? null);
    return { text: '' };
  },
  async askRows() {
    return [];
  },
  async openModel() {
    shelf.clear();
    return { name: 'other', exports: [] };
  },
  async train(_: TrainRequest, listener: (event: unknown) => void) {
    if (failing === 'before it begins') throw new Error('no-rows: There are no rows.');
    const id = shelf.beginRun({} as EngineNeed);
    listener({ type: 'adapter', id });
    listener({ type: 'step', step: steps, steps, loss: 1, figures: {}, tokens: 1 });
    if (failing) {
      shelf.remove(id);
      throw new Error('engine: The run failed.');
    }
    shelf.endRun(id, WEIGHTS, {} as never);
    listener({ type: 'state', state: silent ? 'loading' : 'finished', detail: '' });
    return { steps, stopped: steps === 0, adapter: id, rows: { bad: [] } };
  },
  keepRun: async () => ({ adapterBytes: 0 }),
  heldOutRows: async () => ({ heldOut: [], trained: [], shots: [] }),
  generalLoss: async () => ({ rows: 0, tokens: 0, lossSum: 0 }),
  estimate: async () => Promise.reject(new Error('no estimate')),
  cancelGenerate: async () => undefined,
  hardware: async () => ({ device: 'wasm' }),
  setBaseDtype: async () => undefined,
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });
vi.stubGlobal('navigator', {});
vi.stubGlobal('window', { addEventListener: () => {}, removeEventListener: () => {} });

const run = () => carryOut({ settings: PAGE_DEFAULTS } as TrainRequest, 'run');

/** What the shelf has under the page's name; throws where it has nothing. */
const tuned = () => {
  const id = getApp().tuned;
  return id === null ? null : shelf.whole(id).origin;
};

async function answers(): Promise<(string | null)[]> {
  asked.length = 0;
  await ask('What is a cup?');
  expect(getApp().askError).toBeNull();
  return [...asked];
}

beforeEach(() => {
  shelf.clear();
  useShelf.setState({ named: {} });
  steps = 4;
  failing = null;
  silent = false;
  useHistory.setState({ runs: [], shown: [], current: null });
  setApp({
    ...{ model: { name: 'tiny' } as ModelInfo, data: { sha256: 'a', used: 9 } as DataReport },
    ...{ run: EMPTY_RUN, adapter: null, tuned: null, exchanges: [], askError: null, starting: false },
  });
});

test('after a run its own adapter answers, also where the one that it began from is removed', async () => {
  await bring('pirate', []);
  expect(tuned()).toBe('file');
  await run();
  expect(getApp().run.state).toBe('finished');
  expect(tuned()).toBe('run');
  const { tuned: id } = getApp();
  await removeAdapter();
  expect(getApp()).toMatchObject({ adapter: null, tuned: id });
  expect(await answers()).toEqual([null, id]);
  expect(getApp().exchanges.at(-1)).toMatchObject({ step: 4, by: undefined });
});

test('a new run leaves what was brought, or nothing', async () => {
  await run();
  newRun();
  expect(tuned()).toBeNull();
  await bring('pirate', []);
  await run();
  newRun();
  expect(tuned()).toBe('file');
  expect(await answers()).toEqual([null, getApp().adapter?.info.id]);
  expect(getApp().exchanges.at(-1)).toMatchObject({ by: 'pirate' });
  await removeAdapter();
  expect(tuned()).toBeNull();
  expect(await answers()).toEqual([null]);
});

test.each(['before it begins', 'under way'] as const)(
  'a run that fails %s leaves no adapter that is gone',
  async (when) => {
    await run();
    failing = when;
    await run();
    expect(getApp().run.state).toBe('failed');
    expect(tuned()).toBeNull();
    // Never the base in the tuned model's place.
    expect(await answers()).toEqual([null]);
    await bring('pirate', []);
    await run();
    expect(tuned()).toBe('file');
    expect(await answers()).toEqual([null, getApp().adapter?.info.id]);
    expect(getApp().exchanges.at(-1)).toMatchObject({ by: 'pirate' });
  },
);

test('a run that is stopped before its first step leaves what was there', async () => {
  await bring('pirate', []);
  steps = 0;
  await run();
  expect(getApp().run.state).toBe('idle');
  expect(tuned()).toBe('file');
});

test('another adapter, or a start from the run, takes the place of what was brought', async () => {
  await bring('pirate', []);
  const first = getApp().tuned as string;
  await bring('cook', []);
  // It stays at hand, to be merged.
  expect(shelf.whole(first).origin).toBe('file');
  expect(tuned()).toBe('file');
  await run();
  await startFromHere();
  expect(getApp()).toMatchObject({ takeError: null, adapter: { name: 'run' }, run: { state: 'idle' } });
  expect(tuned()).toBe('run');
});

test('an adapter that is opened beside a run that has ended is at hand, and the run stays in sight', async () => {
  await run();
  const { tuned: id } = getApp();
  await openAdapters([[{ path: 'a/adapter_config.json', file: new Blob() }]]);
  expect(getApp()).toMatchObject({
    adapter: null,
    adapterError: null,
    tuned: id,
    run: { state: 'finished' },
  });
  expect(getApp().place).toEqual({ kind: 'merging' });
  expect(Object.values(useShelf.getState().named)).toContainEqual({ name: 'a', past: null });
  expect(shelf.all.map(({ origin }) => origin)).toEqual(['run', 'file']);
});

test('of several adapters one that cannot be read costs none of the others, and is named', async () => {
  const folder = (name: string) => [{ path: `${name}/adapter_config.json`, file: new Blob() }];
  const read = vi
    .spyOn(api, 'addAdapter')
    .mockImplementationOnce(api.addAdapter)
    .mockRejectedValueOnce(new Error('cut'))
    .mockRejectedValueOnce(new Error('cut'));
  await openAdapters([folder('a'), folder('b'), folder('c'), folder('d')]);
  read.mockRestore();
  const { adapterError, adapter, place } = getApp();
  expect(adapterError?.title).toContain('b');
  expect(adapterError?.text).toContain('c');
  expect(adapter?.name).toBe('d');
  expect(place).toEqual({ kind: 'merging' });
});

test('another model is not opened while short runs are compared', async () => {
  setApp({ underWay: 'sweep' });
  await openModel({ kind: 'bundled' });
  expect(getApp().modelError?.text).toMatch(/^A comparison of short runs is using the model/);
  setApp({ underWay: null, modelError: null });
});

test('a merged adapter that lies nowhere else does not go with its model unasked', async () => {
  await bring('pirate', []);
  const merged = { way: 'sum', sources: [], rank: 1, density: null, seed: null };
  setApp(({ adapter }) => ({ adapter: adapter && { ...adapter, merged } }));
  await openModel({ kind: 'bundled' });
  expect(getApp().modelError?.text).toMatch(/^The merged adapter .* remove it from the set-up, then open/);
  expect(tuned()).toBe('file');
  await removeAdapter();
  await openModel({ kind: 'bundled' });
  expect(getApp().modelError).toBeNull();
  expect(useShelf.getState().named).toEqual({});
});

test('another model has no adapter, and none of a step', async () => {
  await bring('pirate', []);
  useThen.setState({ steps: [2, 4], step: 2 });
  await openModel({ kind: 'bundled' });
  expect(getApp().tuned).toBeNull();
  expect(useThen.getState()).toMatchObject({ steps: [], step: null, known: {} });
  expect(await answers()).toEqual([null]);
});

describe('another model after a run', () => {
  const entry = (adapterBytes: number) =>
    useHistory.setState(({ runs, current }) => ({
      runs: runs.map((past) => (past.id === current ? { ...past, adapterBytes } : past)),
    }));

  test('puts its result away where the adapter is kept with the run', async () => {
    await run();
    entry(1000);
    await openModel({ kind: 'bundled' });
    expect(getApp()).toMatchObject({ run: { state: 'idle' }, modelError: null, tab: 'samples' });
    expect(useHistory.getState()).toMatchObject({ current: null, shown: [] });
  });

  test('is refused where the adapter lies nowhere else, until the person has put it away', async () => {
    await run();
    const before = getApp();
    await openModel({ kind: 'bundled' });
    expect(getApp()).toMatchObject({ run: before.run, tuned: before.tuned, model: before.model });
    expect(getApp().modelError?.text).toContain('is stored nowhere else. Nothing was changed.');
    expect(tuned()).toBe('run');
    newRun();
    await openModel({ kind: 'bundled' });
    expect(getApp()).toMatchObject({ modelError: null, model: { name: 'other' } });
  });
});

test('a run that was stopped before its first step is gone even where its last state comes late or never', async () => {
  steps = 0;
  silent = true;
  await run();
  expect(getApp().run.state).toBe('idle');
});

import { afterEach, expect, test, vi } from 'vitest';
import { FOR_FEW, teachByHand, teaches } from '../../../../src/app/actions/by-hand.ts';
import { trainAction } from '../../../../src/app/actions/registry.ts';
import { isWritten } from '../../../../src/app/state/pairs.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import type { DataChoice, ModelInfo, TrainRequest } from '../../../../src/worker/api/api.ts';

const trained: TrainRequest[] = [];
let opens = true;
const api = {
  openData: async (choice: DataChoice) => {
    if (!opens) throw new Error('no');
    return { used: choice.kind === 'sample' ? 283 : 5 } as DataReport;
  },
  previewRows: async () => [],
  estimate: async ({ steps }: { steps: number | null }) => ({ steps: steps ?? 192 }),
  heldOutLeaks: async () => 0,
  setBaseDtype: async () => {},
  train: async (request: TrainRequest) => {
    trained.push(request);
    return { stopped: true, steps: 0 };
  },
  pastRuns: async () => [],
  generate: async () => ({ text: '' }),
  cancelGenerate: async () => {},
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('window', { addEventListener: () => {}, removeEventListener: () => {} });
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });
vi.stubGlobal('navigator', {});

const PAIRS = [1, 2, 3].map((n) => ({ prompt: `question ${n}`, completion: `answer ${n}` }));
const own = { ...PAGE_DEFAULTS, rank: 4, evalFraction: 0.2 };
const sample = { kind: 'sample', file: 'pirate.jsonl' } as const;

function before() {
  trained.length = 0;
  opens = true;
  setApp({
    model: { name: 'tiny' } as ModelInfo,
    ...{ data: { used: 283 } as DataReport, dataChoice: sample, dataTitle: 'Sample: pirate' },
    ...{ run: EMPTY_RUN, settings: own, pairs: PAIRS, byHand: true, modelWork: null, dataWork: null },
    ...{ starting: false, saved: null, recipeNote: null },
  });
}
afterEach(() => setApp({ dataChoice: null, byHand: false, pairs: [], settings: PAGE_DEFAULTS }));

test('Train is meant for what is typed once there are three of it, and the table is open', () => {
  expect(teaches({ byHand: true, pairs: PAIRS })).toBe(true);
  expect(teaches({ byHand: true, pairs: PAIRS.slice(1) })).toBe(false);
  expect(teaches({ byHand: false, pairs: PAIRS })).toBe(false);
});

test('the rows are opened as data and trained on with settings fit for few, and the person’s own come back', async () => {
  before();
  await trainAction.run();
  expect(trained).toHaveLength(1);
  expect(trained[0].settings).toMatchObject({ ...FOR_FEW, rank: 4 });
  expect(trained[0].keepAs).toBe('My examples');
  expect(isWritten(getApp().dataChoice)).toBe(true);
  expect(getApp().settings).toMatchObject(FOR_FEW);
  expect(getApp().recipeNote).toMatch(/^For a few examples: 100 steps of 5 rows/);
  // Other data are no few rows.
  setApp({ dataChoice: sample });
  expect(getApp().settings).toEqual(own);
  expect(getApp().recipeNote).toBeNull();
});

test('settings that the person has changed since stay as they are', async () => {
  before();
  await teachByHand();
  const changed = { ...getApp().settings, steps: 40 };
  setApp({ settings: changed });
  expect(getApp().recipeNote).toBeNull();
  setApp({ dataChoice: sample });
  expect(getApp().settings).toBe(changed);
});

test('rows that do not open change nothing', async () => {
  before();
  opens = false;
  await teachByHand();
  expect(trained).toEqual([]);
  expect(getApp().settings).toEqual(own);
  expect(getApp().dataChoice).toBe(sample);
});

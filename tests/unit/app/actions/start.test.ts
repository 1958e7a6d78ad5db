import { beforeEach, expect, test, vi } from 'vitest';
import { followHash } from '../../../../src/app/actions/start.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { DataChoice, ModelInfo } from '../../../../src/worker/api/api.ts';

/** Titles of what the worker was asked to open, behind the real actions of the page. */
const opened: string[] = [];
const api = {
  async openData(choice: DataChoice) {
    opened.push(choice.kind === 'sample' ? choice.file : choice.kind);
    return { used: 0 };
  },
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));

const place = { hash: '', pathname: '/', search: '', reload: vi.fn() };
vi.stubGlobal('location', place);
vi.stubGlobal('history', {
  replaceState(_: unknown, __: string, url: string) {
    place.hash = url.startsWith('#') ? url : '';
  },
});

const samples = ['pirate.jsonl', 'classify.jsonl'].map((file) => ({
  file,
  title: file,
  description: '',
  rows: 200,
  format: 'chat',
  prompts: ['Hello?'],
}));

function go(hash: string): void {
  place.hash = hash;
  followHash();
}

/** The sample that is open. */
const openIn = () => {
  const { dataChoice } = getApp();
  return dataChoice?.kind === 'sample' ? dataChoice.file : null;
};

beforeEach(() => {
  vi.clearAllMocks();
  opened.length = 0;
  setApp({
    samples,
    model: { name: 'tiny' } as ModelInfo,
    dataChoice: { kind: 'sample', file: 'pirate.jsonl' },
    dataPending: null,
    settings: PAGE_DEFAULTS,
    run: EMPTY_RUN,
    starting: false,
  });
});

test('another address changes the settings as the fields do, and opens its sample', async () => {
  go('#sample=classify.jsonl&rank=16');
  expect(getApp().settings).toEqual({ ...PAGE_DEFAULTS, rank: 16 });
  await expect.poll(openIn).toBe('classify.jsonl');
  expect(opened).toEqual(['classify.jsonl']);
  expect(place.hash).toBe('#sample=classify.jsonl&rank=16');
  expect(place.reload).not.toHaveBeenCalled();
});

test('back at an address without a sample the first one is open; a person’s own file stays', async () => {
  setApp({ dataChoice: { kind: 'sample', file: 'classify.jsonl' } });
  go('');
  await expect.poll(openIn).toBe('pirate.jsonl');
  setApp({ dataChoice: { kind: 'text', name: 'mine', text: '' } });
  go('#rank=4');
  await new Promise(setImmediate);
  expect(opened).toEqual(['pirate.jsonl']);
  expect(getApp().settings.rank).toBe(4);
});

test('what cannot be is not in the address either', () => {
  go('#rank=9999&lr=0.01');
  expect(place.hash).toBe('#lr=0.01');
});

test('another device is one of the page as it begins', () => {
  go('#device=wasm&rank=16');
  expect(place.reload).toHaveBeenCalledOnce();
  expect(getApp().settings).toEqual(PAGE_DEFAULTS);
});

test('while a run is going nothing changes, and the address says what it was begun with', async () => {
  setApp({ run: { ...EMPTY_RUN, state: 'training' }, settings: { ...PAGE_DEFAULTS, rank: 4 } });
  go('#sample=classify.jsonl&rank=16&device=wasm');
  expect(getApp().settings.rank).toBe(4);
  expect(place.hash).toBe('#rank=4');
  await new Promise(setImmediate);
  expect(opened).toEqual([]);
  expect(place.reload).not.toHaveBeenCalled();
});

import { beforeEach, expect, test, vi } from 'vitest';
import { openSample } from '../../../../src/app/actions/open-data.ts';
import { followHash } from '../../../../src/app/actions/start.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';

vi.mock('../../../../src/app/actions/open-data.ts', () => ({
  openSample: vi.fn(async () => {}),
  reopenData: vi.fn(async () => {}),
}));

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

beforeEach(() => {
  vi.clearAllMocks();
  setApp({
    samples,
    dataChoice: { kind: 'sample', file: 'pirate.jsonl' },
    dataPending: null,
    settings: PAGE_DEFAULTS,
    run: EMPTY_RUN,
    starting: false,
  });
});

test('another address changes the settings as the fields do, and opens its sample', () => {
  go('#sample=classify.jsonl&rank=16');
  expect(getApp().settings).toEqual({ ...PAGE_DEFAULTS, rank: 16 });
  expect(openSample).toHaveBeenCalledExactlyOnceWith(samples[1]);
  expect(place.reload).not.toHaveBeenCalled();
});

test('back at an address without a sample the first one is open; a person’s own file stays', () => {
  setApp({ dataChoice: { kind: 'sample', file: 'classify.jsonl' } });
  go('');
  expect(openSample).toHaveBeenCalledExactlyOnceWith(samples[0]);
  setApp({ dataChoice: { kind: 'text', name: 'mine', text: '' } });
  go('#rank=4');
  expect(openSample).toHaveBeenCalledOnce();
  expect(getApp().settings.rank).toBe(4);
});

test('what cannot be is not in the address either', () => {
  go('#rank=9999&lr=0.01');
  expect(place.hash).toBe('#lr=0.01');
});

test('while a run is going nothing changes, and the address says what it was begun with', () => {
  setApp({ run: { ...EMPTY_RUN, state: 'training' }, settings: { ...PAGE_DEFAULTS, rank: 4 } });
  go('#sample=classify.jsonl&rank=16&device=wasm');
  expect(getApp().settings.rank).toBe(4);
  expect(place.hash).toBe('#rank=4');
  expect(openSample).not.toHaveBeenCalled();
  expect(place.reload).not.toHaveBeenCalled();
});

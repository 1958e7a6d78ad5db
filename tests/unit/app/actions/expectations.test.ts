import { beforeEach, expect, test, vi } from 'vitest';
import {
  addExpectation,
  BASE,
  checkExpectations,
  expectedOf,
  openExpectations,
  removeExpectation,
  stopChecking,
  subjectsOf,
} from '../../../../src/app/actions/expectations.ts';
import { found } from '../../../../src/app/expectations/check-controls.tsx';
import { useExpecting } from '../../../../src/app/state/expecting.ts';
import { useHistory } from '../../../../src/app/state/history.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { shelve, useShelf } from '../../../../src/app/state/shelf.ts';
import { setApp } from '../../../../src/app/state/store.ts';
import type { GenerateRequest, ModelInfo, PastRun, ShelfEntry } from '../../../../src/worker/api/api.ts';

/** What is expected is kept with a run, held against whoever is chosen, and kept no matter how far a check came. */

/** What was kept last. */
let kept: PastRun | null = null;
const asked: (string | null)[] = [];
/** Whether each of them was asked without the chat template. */
const forms: (boolean | undefined)[] = [];
let cuts = 0;
/** Called before each answer. */
let before = async () => {};

const api = {
  keepRun: async (run: PastRun) => {
    kept = run;
    return run;
  },
  async generate({ prompt, adapter, raw }: GenerateRequest) {
    asked.push(adapter?.id ?? null);
    forms.push(raw);
    await before();
    if (cuts > 0) {
      cuts--;
      return { text: 'Ar', given_up: true };
    }
    return { text: adapter ? `Arr, ${prompt}` : prompt };
  },
  cancelGenerate: async () => undefined,
  pastAdapter: async () => ({ name: 'old.zip', blob: new Blob(['zip']) }),
  addAdapter: async () => ({ id: 'file-7', settings: {}, notes: [] }),
  shelf: async () => [
    { id: 'run-1', raw: false },
    { id: 'file-7', raw: true },
  ],
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));

const past = (id: string, more: Partial<PastRun> = {}) =>
  ({ id, name: id, model: 'tiny', adapterBytes: 0, ...more }) as PastRun;
const met = () => expectedOf('r').checks.map(({ of, met: all }) => [of, ...Object.values(all)]);

beforeEach(async () => {
  asked.length = 0;
  forms.length = 0;
  cuts = 0;
  before = async () => {};
  useShelf.setState({ named: {} });
  shelve('run-1', 'pirate', 'r');
  useHistory.setState({ runs: [past('r')], error: null });
  useExpecting.setState({ work: null, error: null, repeats: null, answers: {} });
  setApp({ run: EMPTY_RUN, starting: false, model: { name: 'tiny' } as ModelInfo });
  await addExpectation('r', { prompt: ' Hi ', kind: 'contains', wanted: 'Arr' });
  await addExpectation('r', { prompt: 'Hi', kind: 'equals', wanted: 'Hi' });
});

test('what is expected is kept with its run, once, and what cannot be read is refused', async () => {
  expect(kept?.expected?.list).toEqual([
    { prompt: 'Hi', kind: 'contains', wanted: 'Arr' },
    { prompt: 'Hi', kind: 'equals', wanted: 'Hi' },
  ]);
  expect(await addExpectation('r', { prompt: 'Hi', kind: 'contains', wanted: 'Arr' })).toBe(true);
  expect(expectedOf('r').list).toHaveLength(2);
  expect(useExpecting.getState().repeats).toBe('This is expected already.');
  expect(await addExpectation('r', { prompt: 'Hi', kind: 'pattern', wanted: '(' })).toBe(false);
  expect(useExpecting.getState().error).toMatchObject({ code: 'bad-expectation' });
  expect(await addExpectation('r', { prompt: 'Hi', kind: 'json', wanted: 'left over' })).toBe(true);
  expect(expectedOf('r').list.at(-1)).toEqual({ prompt: 'Hi', kind: 'json', wanted: '' });
  expect(useExpecting.getState().error).toBeNull();
});

test('a file is taken whole or not at all', async () => {
  const file = (...lines: string[]) => new File([lines.join('\n')], 'expected.jsonl');
  expect(await openExpectations('r', file('{"prompt":"A","label":"b"}', '{"prompt":"A"}'))).toBe(false);
  expect(useExpecting.getState().error?.text).toMatch(/^Line 2: /);
  expect(expectedOf('r').list).toHaveLength(2);
  expect(
    await openExpectations('r', file('{"prompt":"A","label":"b"}', '{"prompt":"Hi","equals":"Hi"}')),
  ).toBe(true);
  expect(expectedOf('r').list).toHaveLength(3);
  expect(useExpecting.getState().repeats).toBe('1 of 2 expectations is a repeat and was not added again.');
  const many = Array.from({ length: 198 }, (_, i) => `{"prompt":"${i}","label":"b"}`);
  expect(await openExpectations('r', file(...many))).toBe(false);
  expect(useExpecting.getState().error?.text).toMatch(/200 expectations at most, and this would make 201/);
  expect(useExpecting.getState().repeats).toBeNull();
});

test('base and adapter are held against it, and what changed is told', async () => {
  await checkExpectations('r', BASE);
  await checkExpectations('r', { key: 'run-1', name: 'pirate' });
  expect(asked).toEqual([null, null, 'run-1', 'run-1']);
  expect(met()).toEqual([
    ['Base', false, true],
    ['pirate', true, false],
  ]);
  const { list, checks } = expectedOf('r');
  expect(found(list, checks[1], checks[0])).toBe('pirate: 1 of 2 met. Beside Base: 1 got better, 1 broke.');
  expect(found(list, checks[0], null)).toBe('Base: 1 of 2 met.');
  expect(kept?.expected?.checks).toEqual(checks);
  expect(JSON.stringify(kept), 'no answer is kept').not.toContain('Arr, Hi');
  expect(Object.values(useExpecting.getState().answers[checks[1].at])).toEqual(['Arr, Hi', 'Arr, Hi']);
  // One that is added since was not asked then, and one that is gone is in no check.
  await addExpectation('r', { prompt: 'Ho', kind: 'json', wanted: '' });
  expect(found(expectedOf('r').list, checks[1], checks[0])).toContain('1 of 2 met');
  await removeExpectation('r', list[0]);
  expect(met()).toEqual([
    ['Base', true],
    ['pirate', false],
  ]);
});

test('an answer that was cut short is asked again, and a stop keeps what was asked', async () => {
  cuts = 1;
  await checkExpectations('r', { key: 'run-1', name: 'pirate' });
  expect(met()).toEqual([['pirate', true, false]]);
  expect(asked).toHaveLength(3);
  before = async () => {
    if (asked.length === 5) void stopChecking();
  };
  await checkExpectations('r', { key: 'run-1', name: 'pirate' });
  expect(met().at(-1)).toEqual(['pirate', true]);
  expect(useExpecting.getState().work).toBeNull();
});

test('the oldest checks are dropped, and nothing is asked where nothing is expected', async () => {
  for (let i = 0; i < 9; i++) await checkExpectations('r', BASE);
  expect(expectedOf('r').checks).toHaveLength(8);
  useHistory.setState({ runs: [past('r')] });
  asked.length = 0;
  await checkExpectations('r', BASE);
  expect(asked).toEqual([]);
});

test('a past run whose adapter is kept is brought first', async () => {
  const old = past('old', { adapterBytes: 9 });
  const entries = [{ id: 'run-1' }, { id: 'merge-4' }] as ShelfEntry[];
  const subjects = subjectsOf(entries, [past('r', { adapterBytes: 9 }), old]);
  expect(subjects.map(({ key }) => key)).toEqual(['base', 'run-1', 'past old']);
  await checkExpectations('r', subjects[2]);
  expect(asked).toEqual(['file-7', 'file-7']);
  expect(met()).toEqual([['old', true, false]]);
});

test('each is asked in the form of prompts that it was trained on, the base in that of the run', async () => {
  await checkExpectations('r', { key: 'run-1', name: 'pirate' });
  await checkExpectations('r', { key: 'past old', name: 'old', past: past('old') });
  expect(asked).toEqual(['run-1', 'run-1', 'file-7', 'file-7']);
  expect(forms).toEqual([false, false, true, true]);
  await checkExpectations('r', BASE);
  useHistory.setState({
    runs: [{ ...past('r', { expected: expectedOf('r') }), settings: { raw: true } as PastRun['settings'] }],
  });
  await checkExpectations('r', BASE);
  expect(forms.slice(4)).toEqual([false, false, true, true]);
});

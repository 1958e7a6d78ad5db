import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  addQuestion,
  changeMerge,
  keepMerge,
  leaveMerging,
  pastAtHand,
  readShelf,
  removeFromShelf,
  sourcesOf,
} from '../../../../src/app/actions/merging.ts';
import { NO_MERGING, useMerging } from '../../../../src/app/state/merging.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { shelve, useShelf } from '../../../../src/app/state/shelf.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type {
  GenerateRequest,
  MergeRequest,
  ModelInfo,
  PastRun,
  ShelfEntry,
} from '../../../../src/worker/api/api.ts';

/** What the sliders ask for last is what is merged, asked and kept; nothing else stays on the worker's shelf. */

const shelf = new Map<string, ShelfEntry>();
const requests: MergeRequest[] = [];
const asked: (string | null)[] = [];
/** Whether each of them was asked without the chat template. */
const forms: boolean[] = [];
/** Adapters that were trained so. */
const raws = new Set<string>();
let refusal: string | null = null;
/** Merges wait for this. */
let held: Promise<void> = Promise.resolve();
/** Answers wait for this, or for being cancelled. */
let answersHeld: Promise<void> = Promise.resolve();
let cancel = () => {};
let merges = 0;
/** Answers that another part of the page ends. */
let cuts = 0;

function entry(id: string, origin: ShelfEntry['origin'], method: 'lora' | 'prompt' = 'lora'): void {
  shelf.set(id, {
    ...{ id, origin, notes: [], bytes: 100, merged: null, raw: raws.has(id) },
    settings: { method, rank: 8, alpha: 16, targets: ['q_proj'] },
  });
}

const api = {
  shelf: async () => [...shelf.values()],
  removeAdapter: async (id: string) => void shelf.delete(id),
  holdAdapter: async () => {},
  adapterFiles: async () => [],
  async mergeAdapters(request: MergeRequest, listener: (event: unknown) => void) {
    requests.push(request);
    listener({ type: 'progress', what: 'Merging', done: 0, total: 2 });
    await held;
    if (refusal) throw new Error(refusal);
    const adapter = `merge-${++merges}`;
    entry(adapter, 'merge');
    return { adapter, rank: 8, errors: [], parameters: 10, bytes: 40, seed: null };
  },
  async generate({ adapter, prompt, raw = false }: GenerateRequest) {
    asked.push(adapter?.id ?? null);
    forms.push(raw);
    await Promise.race([answersHeld, new Promise<void>((resolve) => (cancel = resolve))]);
    if (cuts > 0) {
      cuts--;
      return { text: 'cut', given_up: true };
    }
    return { text: `${prompt} by ${adapter?.id ?? 'base'}` };
  },
  cancelGenerate: async () => cancel(),
  estimate: async () => Promise.reject(new Error('no estimate')),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });

const made = () => useMerging.getState().made?.adapter ?? null;
const settled = () => expect.poll(() => useMerging.getState().pending).toBe(false);
const answered = (id: string | null) =>
  expect.poll(() => Object.values(useMerging.getState().answers).map(({ by }) => by)).toEqual([id]);
const weights = () => requests.at(-1)?.adapters.map(({ name, weight }) => `${name} ${weight}`);

beforeEach(() => {
  shelf.clear();
  requests.length = 0;
  asked.length = 0;
  forms.length = 0;
  raws.clear();
  refusal = null;
  held = Promise.resolve();
  answersHeld = Promise.resolve();
  useShelf.setState({ named: {} });
  useMerging.setState({ ...NO_MERGING, questions: ['Hi?'] }, true);
  setApp({
    run: EMPTY_RUN,
    starting: false,
    adapter: null,
    tuned: null,
    model: { name: 'tiny' } as ModelInfo,
  });
  for (const [id, name] of [
    ['file-1', 'poems'],
    ['run-1', 'bills'],
  ]) {
    entry(id, id.startsWith('run') ? 'run' : 'file');
    shelve(id, name);
  }
});
afterEach(() => leaveMerging());

test('the adapters that are named are merged, and the question is asked of base and merge', async () => {
  entry('run-2', 'run');
  await readShelf();
  expect(useMerging.getState().entries?.map(({ id }) => id)).toEqual(['file-1', 'run-1']);
  await settled();
  expect(requests).toEqual([
    {
      adapters: [
        { id: 'file-1', name: 'poems', weight: 1 },
        { id: 'run-1', name: 'bills', weight: 1 },
      ],
      way: 'sum',
    },
  ]);
  await answered(made());
  expect(useMerging.getState().answers['Hi?']).toMatchObject({
    base: 'Hi? by base',
    merged: `Hi? by ${made()}`,
  });
});

test('of several moves the last is followed, and one merge is on the shelf', async () => {
  await readShelf();
  for (const weight of [0.9, 0.5, 0.25]) changeMerge({ weights: { 'file-1': weight } });
  await settled();
  expect(requests).toHaveLength(1);
  expect(weights()).toEqual(['poems 0.25', 'bills 1']);
  await answered(made());
  const first = made();
  changeMerge({ weights: { 'file-1': -1 } });
  await settled();
  await answered(made());
  expect(made()).not.toBe(first);
  expect([...shelf.keys()].filter((id) => id.startsWith('merge'))).toEqual([made()]);
  // The base says the same whatever is merged.
  expect(asked.filter((id) => id === null)).toHaveLength(1);
});

test('a move while a merge is made puts that merge away; one while it answers ends the answer', async () => {
  let goOn = () => {};
  held = new Promise((resolve) => {
    goOn = resolve;
  });
  await readShelf();
  await expect.poll(() => requests.length).toBe(1);
  changeMerge({ weights: { 'run-1': 0.5 } });
  goOn();
  await settled();
  await answered(made());
  expect(weights()).toEqual(['poems 1', 'bills 0.5']);
  expect([...shelf.keys()].filter((id) => id.startsWith('merge'))).toEqual([made()]);

  answersHeld = new Promise(() => {});
  changeMerge({ weights: { 'run-1': 0.75 } });
  await settled();
  const under = made();
  await expect.poll(() => asked.at(-1)).toBe(under);
  answersHeld = Promise.resolve();
  changeMerge({ weights: { 'run-1': 1.5 } });
  await expect.poll(made).not.toBe(under);
  await settled();
  await answered(made());
});

test('only what the way takes is told, and what it refuses is said with no merge left', async () => {
  await readShelf();
  changeMerge({ way: 'dare', density: 0.3, seed: 7, rank: 4 });
  await settled();
  expect(requests.at(-1)).toMatchObject({ way: 'dare', density: 0.3, seed: 7, rank: 4 });
  changeMerge({ way: 'cat' });
  await settled();
  expect(Object.keys(requests.at(-1)!).sort()).toEqual(['adapters', 'way']);
  refusal = 'unmergeable: poems is a soft prompt. Nothing was written.';
  changeMerge({ way: 'sum' });
  await settled();
  expect(useMerging.getState().error).toEqual({
    code: 'unmergeable',
    text: 'poems is a soft prompt. Nothing was written.',
  });
  expect([...shelf.keys()]).toEqual(['file-1', 'run-1']);
});

test('what is there at first, what comes later, and what is left out', async () => {
  for (const [id, method] of [
    ['run-3', 'lora'],
    ['file-9', 'prompt'],
  ] as const) {
    entry(id, 'run', method);
    shelve(id, id);
  }
  await readShelf();
  const names = () => sourcesOf(useMerging.getState()).map(({ name }) => name);
  // The latest two that change weights.
  expect(names()).toEqual(['bills', 'run-3']);
  entry('file-10', 'file');
  shelve('file-10', 'letters');
  await readShelf();
  expect(names()).toEqual(['bills', 'run-3', 'letters']);
  changeMerge({ chosen: {} });
  await settled();
  expect(made()).toBeNull();
  expect(useMerging.getState().error).toBeNull();
});

test('a kept merge is an adapter in place; what is left without keeping is put away', async () => {
  setApp({ place: { kind: 'merging' } });
  await readShelf();
  await settled();
  const kept = made()!;
  await keepMerge('both');
  expect(getApp()).toMatchObject({ tuned: kept, place: null, tab: 'compare', adapter: { name: 'both' } });
  expect(shelf.has(kept)).toBe(true);
  leaveMerging();
  await readShelf();
  await settled();
  const other = made()!;
  leaveMerging();
  await expect.poll(() => shelf.has(other)).toBe(false);
  expect(shelf.has(kept)).toBe(true);
  await removeFromShelf(kept);
  expect(getApp()).toMatchObject({ tuned: null, adapter: null });
  expect(shelf.has(kept)).toBe(false);
});

test('a question that is added later is asked of the merge that there is', async () => {
  await readShelf();
  await settled();
  await answered(made());
  addQuestion(' And you? ');
  await expect.poll(() => useMerging.getState().answers['And you?']?.by).toBe(made());
  expect(requests).toHaveLength(1);
  addQuestion('And you?');
  expect(useMerging.getState().questions).toEqual(['Hi?', 'And you?']);
});

test('an answer that another part of the page ended is asked again', async () => {
  cuts = 1;
  await readShelf();
  await settled();
  await answered(made());
  expect(asked).toEqual([null, null, made()]);
  cuts = 1;
  changeMerge({ weights: { 'run-1': 2 } });
  await settled();
  await answered(made());
  expect(asked.slice(3)).toEqual([made(), made()]);
  expect(useMerging.getState().answers['Hi?']).toMatchObject({
    base: 'Hi? by base',
    merged: `Hi? by ${made()}`,
  });
});

test('adapters that are called the same are told apart by a number', () => {
  for (const id of ['a', 'b', 'c', 'b']) shelve(id, 'bills');
  const { named } = useShelf.getState();
  expect(['run-1', 'a', 'b', 'c'].map((id) => named[id].name)).toEqual([
    'bills',
    'bills 2',
    'bills 3',
    'bills 4',
  ]);
});

test('past runs are offered where they are of this model, are kept and are not at hand', () => {
  const past = (id: string, model: string, adapterBytes: number) => ({ id, model, adapterBytes }) as PastRun;
  shelve('run-1', 'bills', 'here');
  const runs = [
    past('here', 'tiny', 9),
    past('there', 'tiny', 9),
    past('other', 'large', 9),
    past('none', 'tiny', 0),
  ];
  expect(pastAtHand(runs, [...shelf.values()]).map(({ id }) => id)).toEqual(['there']);
  // It has been put away by now.
  expect(pastAtHand(runs, []).map(({ id }) => id)).toEqual(['here', 'there']);
});

test('base and merge are asked in the form of prompts that most sources were trained on', async () => {
  raws.add('file-1').add('file-2');
  entry('file-1', 'file');
  await readShelf();
  await settled();
  await answered(made());
  // One each way: as the first.
  expect(forms).toEqual([true, true]);
  changeMerge({ chosen: { 'file-1': false, 'run-1': true } });
  await settled();
  await answered(made());
  // In the other form the base answers otherwise, and is asked again.
  expect(asked.slice(2)).toEqual([null, made()]);
  expect(forms.slice(2)).toEqual([false, false]);
  changeMerge({ weights: { 'run-1': 0.5 } });
  await settled();
  await answered(made());
  expect(asked.slice(4)).toEqual([made()]);
});

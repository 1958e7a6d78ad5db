import { beforeEach, expect, test, vi } from 'vitest';
import {
  addSample,
  addTasks,
  changeTask,
  changeTasks,
  inputsOf,
  removeTask,
  seedsOf,
  takeTasks,
  tasksProblem,
  ticked,
} from '../../../../src/app/actions/tasks-inputs.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { setApp, useApp } from '../../../../src/app/state/store.ts';
import { NO_TASKS, type TasksView, useTasks } from '../../../../src/app/state/tasks.ts';
import type { ModelInfo } from '../../../../src/worker/api/api.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp, useTasks);

const file = (name: string) => new File(['{}\n'], name);
const dropped = (path: string) => ({ path, file: file(path) });
const tasks = () => useTasks.getState().tasks;
const problem = (view: Partial<TasksView>) => tasksProblem({ ...useTasks.getState(), ...view });

beforeEach(() => {
  useTasks.setState(NO_TASKS, true);
  setApp({
    model: { name: 'tiny', parameters: 5 } as ModelInfo,
    ...{ modelChoice: { kind: 'bundled' }, underWay: null, starting: false },
    settings: { ...PAGE_DEFAULTS, evalFraction: 0 },
  });
});

test('files of rows are tasks, held-out rows go to the task that they are of; what may be a model is for the page', async () => {
  expect(await takeTasks([dropped('model/config.json')])).toBe(false);
  expect(await takeTasks([dropped('model.gguf')])).toBe(false);
  expect(await takeTasks([])).toBe(false);
  expect(
    await takeTasks([dropped('a-held-out.jsonl'), dropped('a.jsonl'), dropped('My rows (2).csv.gz')]),
  ).toBe(true);
  expect(tasks()).toMatchObject([
    { name: 'a', heldOut: { name: 'a-held-out.jsonl' } },
    { name: 'My-rows-2', heldOut: null },
  ]);
  // Of a task that is not there they are one of their own.
  addTasks([file('c-held-out.jsonl')]);
  expect(tasks()[2]).toMatchObject({ name: 'c-held-out' });
  addTasks([file('a.csv')]);
  expect(tasks()[0]).toMatchObject({ name: 'a', from: 'a.csv', heldOut: null });
  removeTask(1);
  changeTask(0, { name: 'first' });
  expect(tasks().map(({ name }) => name)).toEqual(['first', 'c-held-out']);
  setApp({ underWay: 'tasks' });
  expect(await takeTasks([dropped('d.jsonl')])).toBe(true);
  changeTasks({ steps: '3' });
  expect(useTasks.getState()).toMatchObject({ steps: '', error: { code: 'busy' } });
  expect(tasks()).toHaveLength(2);
});

test('of two files of one name that are dropped together neither takes the place of the other', () => {
  addTasks([file('a.jsonl'), file('a.csv'), file('a-held-out.jsonl')]);
  expect(tasks()).toMatchObject([
    { name: 'a', from: 'a.jsonl', heldOut: { name: 'a-held-out.jsonl' } },
    { name: 'a-2', from: 'a.csv', heldOut: null },
  ]);
});

test('a sample is taken with its file, and where it does not come that is said', async () => {
  // A browser has its own.
  if (typeof document === 'undefined') vi.stubGlobal('document', { baseURI: 'https://page/' });
  vi.stubGlobal('fetch', async () => ({ ok: true, blob: async () => new Blob(['{}\n']) }));
  await addSample({ file: 'pirate.jsonl' });
  expect(tasks()).toMatchObject([{ name: 'pirate', from: 'public/samples/pirate.jsonl' }]);
  vi.stubGlobal('fetch', async () => ({ ok: false }));
  await addSample({ file: 'extract.jsonl' });
  expect(useTasks.getState().error).toMatchObject({ title: 'The sample did not arrive.' });
  expect(tasks()).toHaveLength(1);
});

test('what hinders a comparison is said in a sentence', () => {
  expect(problem({})).toMatch('Give two tasks or more');
  addTasks([file('a.jsonl'), file('b.jsonl')]);
  expect(problem({})).toBeNull();
  const named = (name: string) => problem({ tasks: [{ ...tasks()[0], name }, tasks()[1]] });
  expect(named('a b')).toMatch('The name “a b”');
  expect(named('together')).toMatch('is the name of a strategy');
  expect(named('b')).toMatch('Two tasks are called “b”');
  expect(problem({ strategies: [] })).toBe('Tick a strategy.');
  expect(problem({ ways: [] })).toMatch('Tick a way to merge');
  expect(problem({ ways: [], strategies: ['reverse'] })).toBeNull();
  expect(problem({ ways: ['slerp'], tasks: [...tasks(), { ...tasks()[0], name: 'c' }] })).toMatch(
    'merges 2 adapters, and there are 3 tasks',
  );
  expect(problem({ mix: 'temperature', temperature: '0.5' })).toMatch('Temperature: a number from 1 on');
  expect(problem({ temperature: '' })).toBeNull();
  for (const bad of ['0', '100', 'x']) expect(problem({ replayShare: bad }), bad).toMatch('Replay: a share');
  for (const bad of ['1', '2.5', 'x']) expect(problem({ steps: bad }), bad).toMatch('Steps: a whole');
  for (const bad of ['1,1', '-1', '1.5', '4294967296', [...Array(21).keys()].join()])
    expect(problem({ seeds: bad }), bad).toMatch('Seeds: up to 20');
  const setting = (settings: object) => {
    setApp({ settings: { ...PAGE_DEFAULTS, ...settings } });
    return problem({});
  };
  expect(setting({ objective: 'distil' })).toMatch('needs a teacher');
  expect(setting({ method: 'prefix' })).toMatch('Virtual tokens cannot be merged');
  expect(setting({ init: 'loftq' })).toMatch('LoftQ cannot be merged');
  expect(setting({ steps: 1 })).toMatch('Steps: a whole');
});

test('what is typed is what is given', () => {
  addTasks([file('a.jsonl'), file('b.jsonl')]);
  const view = { ...useTasks.getState(), seeds: '3, 1', replayShare: '5', steps: '20' };
  expect(inputsOf(view)).toMatchObject({
    ...{ seeds: [3, 1], replay: { file: null, share: 0.05 }, mix: { mix: 'rows' }, fraction: 0.2 },
    ...{ settings: { steps: 20 }, model: { name: 'tiny', parameters: 5, flag: 'bundled' } },
  });
  expect(inputsOf({ ...view, strategies: ['together'], replayShare: '' })).toMatchObject({
    ways: [],
    replay: null,
  });
  expect(seedsOf({ seeds: '' })).toEqual([PAGE_DEFAULTS.seed]);
  expect(ticked(['a', 'b', 'c'], ['c'], 'a', true)).toEqual(['a', 'c']);
  expect(ticked(['a', 'b', 'c'], ['a', 'c'], 'a', false)).toEqual(['c']);
});

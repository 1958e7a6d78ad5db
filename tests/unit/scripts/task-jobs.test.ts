import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { keptTasks } from '../../../scripts/headless/kept-tasks.mjs';
import { taskJobs } from '../../../scripts/headless/tasks-jobs.mjs';
import * as making from '../../../src/lab/tasks/making.ts';
import { USUAL_INTRUDERS } from '../../../src/merging/intruders.ts';
import { wayOf } from '../../../src/merging/list.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';

/** A page that writes down what it is asked, and has a loss for each scale of a merge. */
function page(losses: Record<number, number> = {}, interrupted = false) {
  const out = mkdtempSync(join(tmpdir(), 'lowrank-jobs-'));
  const kept = keptTasks(out);
  const asked: unknown[][] = [];
  const received = new Map<string, Buffer>();
  let sources = 0;
  const lowrank = {
    openMixture: async (parts: unknown) => void asked.push(['mixture', parts]),
    async train({ settings }: { settings: { seed: number; steps: number } }) {
      asked.push(['train', settings.seed, settings.steps]);
      return { interrupted, steps: settings.steps, seconds: 2, memory: { peak_bytes: 0, plan_bytes: 7 } };
    },
    async sendAdapterFiles() {
      const names = ['adapter_config.json', 'adapter_model.safetensors'];
      for (const name of names) received.set(`adapter/${name}`, Buffer.from(name));
      return names;
    },
    addSource: async () => ({ id: `file-${++sources}`, notes: [] }),
    async merge(request: unknown) {
      asked.push(['merge', request]);
      return { errors: [{ relative: 0.3 }, { relative: null }, { relative: 0.1 }, { relative: 0.2 }] };
    },
    removeSources: async (ids: string[]) => void asked.push(['remove', ids]),
    lossOnTraining: async (strength: number) => losses[strength],
    scaleAdapter: async (factor: number, name: string) => void asked.push(['scale', factor, name]),
    setAdapter: async () => void asked.push(['set']),
    async reduceIntruders(request: unknown) {
      asked.push(['reduce', request]);
      return [{ intruders: 2 }, { intruders: 3 }];
    },
    answerTask: async (task: number, strength: number) => ({ rows: [{ task, strength }] }),
    lossElsewhere: async (strength: number) => strength,
    compareSources: async (ids: string[]) => [{ cosines: ids }],
  };
  const headless = {
    page: {
      async setInputFiles(input: string, files: string[]) {
        asked.push([input, ...files.map((file) => relative(out, file))]);
      },
    },
    bridge: {
      evaluate: (work: (own: typeof lowrank, given: unknown) => unknown, given: unknown) =>
        work(lowrank, given),
    },
    inbox: { path: (name: string) => name, received },
  };
  const running = taskJobs();
  const work = running.of(headless as never, {
    ...{
      kept,
      making,
      ways: [
        { way: wayOf('ties'), density: 0.5 },
        { way: wayOf('dare'), density: 0.5 },
      ],
    },
    ...{ scales: [1, 0.5, 0.25], intruders: USUAL_INTRUDERS, tasks: 2, resume: true, say: () => {} },
    request: { settings: defaultSettings({ rank: 4 }) } as never,
    trainingOf: () => ({ steps: 5, parts: [] }),
  });
  return { out, kept, asked, work, running };
}

const FILES = ['adapter_config.json', 'adapter_model.safetensors'];
const alone = { name: 'a', kind: 'train', on: ['a'], from: null } as const;
const after = { name: 'a,b', kind: 'train', on: ['b'], from: 'a' } as const;

test('a training begins afresh, or goes on from the adapter before, and is kept whole', async () => {
  const { out, kept, asked, work, running } = page();
  expect(await work.make(3, alone)).toEqual({ seconds: 2, memory_bytes: 7, steps: 5 });
  expect(asked).toEqual([['mixture', []], ['#adapter'], ['#checkpoint'], ['train', 3, 5]]);
  expect(readdirSync(join(out, 'seed-3/a')).sort()).toEqual([...FILES, 'made.json']);
  expect(kept.made(3, 'a')).toMatchObject({ steps: 5 });
  asked.length = 0;
  await work.make(3, after);
  expect(asked[1]).toEqual(['#adapter', ...FILES.map((name) => `seed-3/a/${name}`)]);
  expect(running.checkpoints).toBeNull();
});

test('one that is interrupted keeps nothing but its checkpoints, and says how to go on', async () => {
  const { out, work } = page({}, true);
  await expect(work.make(0, alone)).rejects.toThrow(
    'Interrupted after step 5 of a training. What was trained and measured is in --out. The same command with --resume continues from there.',
  );
  expect(existsSync(join(out, 'seed-0/a/made.json'))).toBe(false);
});

test('a merge is scaled by what has the least loss on training rows, and its sources go', async () => {
  const { work, asked } = page({ 1: 3, 0.5: 1, 0.25: 2 });
  const job = { name: 'merge-ties', kind: 'merge', way: 'ties', of: ['a', 'b'] } as const;
  for (const one of [alone, { ...alone, name: 'b', on: ['b'] }]) await work.make(0, one);
  asked.length = 0;
  expect(await work.make(0, job)).toEqual({
    ...{ seconds: expect.any(Number), memory_bytes: null, steps: 0, merge_error: 0.2, merge_scale: 0.5 },
  });
  expect(asked.filter(([what]: unknown[]) => !String(what).startsWith('#'))).toEqual([
    [
      'merge',
      {
        ...{ way: 'ties', density: 0.5 },
        adapters: [
          { id: 'file-1', name: 'a', weight: 1 },
          { id: 'file-2', name: 'b', weight: 1 },
        ],
      },
    ],
    ['scale', 0.5, 'ties of a, b'],
    ['remove', ['file-1', 'file-2']],
  ]);
  // A way that drops at random does it by the seed of the run; of equal losses the larger scale is taken.
  const other = page({ 1: 1, 0.5: 1, 0.25: 1 });
  expect(await other.work.make(7, { ...job, way: 'dare' })).toMatchObject({ merge_scale: 1 });
  expect(other.asked.find(([what]: unknown[]) => what === 'merge')).toMatchObject([
    'merge',
    { way: 'dare', seed: 7 },
  ]);
  expect(other.asked.some(([what]: unknown[]) => what === 'scale')).toBe(false);
});

test('a reduction is of the adapter that was kept, and counts the intruders of all matrices', async () => {
  const { work, asked } = page();
  await work.make(0, alone);
  asked.length = 0;
  const job = { name: 'a+reduced', kind: 'reduce', of: 'a' } as const;
  expect(await work.make(0, job)).toMatchObject({ intruders: 5, steps: 0 });
  expect(asked).toEqual([
    ['#adapter', ...FILES.map((name) => `seed-0/a/${name}`)],
    ['set'],
    ['reduce', { ...USUAL_INTRUDERS, name: 'a' }],
  ]);
});

test('the base is measured without an adapter, everything else with it, and both are kept', async () => {
  const { work, kept } = page();
  const base = await work.measure(null);
  expect(base).toEqual({ tasks: [0, 1].map((task) => ({ rows: [{ task, strength: 0 }] })), elsewhere: 0 });
  expect(kept.base()).toEqual(base);
  await work.make(0, alone);
  const measured = await work.measure({ seed: 0, job: alone });
  expect(measured.elsewhere).toBe(1);
  expect(kept.measured(0, 'a')).toEqual(measured);
});

test('adapters are compared in the order of their tasks and go off the shelf again', async () => {
  const { work, asked } = page();
  for (const one of [alone, { ...alone, name: 'b', on: ['b'] }]) await work.make(0, one);
  expect(await work.compare(0, ['b', 'a'])).toEqual([{ cosines: ['file-1', 'file-2'] }]);
  expect(asked.at(-1)).toEqual(['remove', ['file-1', 'file-2']]);
  expect(asked.at(-2)).toEqual(['#adapter', ...FILES.map((name) => `seed-0/a/${name}`)]);
});

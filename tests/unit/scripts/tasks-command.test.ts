import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { tasks } from '../../../scripts/headless/tasks.mjs';
import { rows } from '../lab/tasks/measured.ts';

/**
 * The command as it goes through a page, which here answers by itself: what is right of a task follows from the adapter that
 * is in place, so that what is kept, resumed and reported can be told apart.
 */

const folder = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
const file = (name: string) => {
  writeFileSync(join(folder, name), '{}\n');
  return join(folder, name);
};
const report = (name: string, sha256 = name) => ({
  ...{
    name,
    sha256,
    formatReason: 'Rows.',
    guessed: false,
    waiting: 0,
    proposed: null,
    bad: [],
    format: 'chat',
  },
  ...{ warnings: [], calledFor: 'answers' },
});
/** Right rows of a and b by the last tasks that an adapter was trained on. */
const RIGHT: Record<string, [number, number]> = {
  base: [0, 0],
  a: [18, 0],
  b: [0, 17],
  ab: [17, 16],
  merged: [5, 6],
};

/** A page whose adapter files say what the adapter is. `killedAt` names the training, by its count, in which it ends. */
function fakePage(killedAt = Number.POSITIVE_INFINITY) {
  const inputs: Record<string, string[]> = {};
  const received = new Map<string, Buffer>();
  const said: string[] = [];
  let place = 'base';
  let mixture = '';
  let trainings = 0;
  const given = () => readFileSync(inputs['#adapter'][1], 'utf8');
  const right = (strength: number) => RIGHT[strength === 0 ? 'base' : place];
  const lowrank = {
    hardware: async () => ({ name: 'nothing', problem: null, threads: 1 }),
    openModel: async () => ({ id: 'bundled', notes: [], layers: 1 }),
    setBaseDtype: async () => {},
    prepareTasks: async ({ tasks: named }: { tasks: { name: string; heldOut: number | null }[] }) => ({
      tasks: named.map(({ name, heldOut }, i) => ({
        ...{ name, report: report(basename(inputs['#tasks'][i])), rows: 40, removed: 0, heldOut: 20 },
        heldOutReport: heldOut === null ? null : report(basename(inputs['#task-evals'][heldOut])),
        ...{ withoutQuestion: 0, metric: 'answers' },
      })),
      ...{ replay: null, elsewhere: 25, seed: 0 },
    }),
    identity: async ({ settings }: { settings: object }) => ({
      ...{ model: 'bundled', fingerprint: 'f', settings },
    }),
    async openMixture(parts: { of: number }[]) {
      mixture = parts.map(({ of }) => 'ab'[of]).join('');
    },
    async train() {
      if (trainings++ === killedAt) throw new Error('killed');
      place = mixture;
      return { interrupted: false, steps: 4, seconds: 1, memory: { peak_bytes: 9, plan_bytes: 0 } };
    },
    async sendAdapterFiles() {
      for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
        received.set(`adapter/${name}`, Buffer.from(place));
      return ['adapter_config.json', 'adapter_model.safetensors'];
    },
    answerTask: async (task: number, strength: number) => ({ rows: rows(right(strength)[task]), seconds: 1 }),
    lossElsewhere: async (strength: number) => (strength === 0 ? 0.1 : 0.2),
    lossOnTraining: async (strength: number) => Math.abs(strength - 0.5),
    addSource: async () => ({ id: given(), notes: [] }),
    async merge({ adapters }: { adapters: { id: string }[] }) {
      expect(adapters.map(({ id }) => id)).toEqual(['a', 'b']);
      place = 'merged';
      return { errors: [{ relative: 0.25 }] };
    },
    removeSources: async () => {},
    scaleAdapter: async () => {},
    async setAdapter() {
      place = given();
      return [];
    },
    compareSources: async () => [{ module: 'm', layer: 0, target: 'q_proj', cosines: [0.25] }],
  };
  const open = async () => ({
    page: {
      setInputFiles: async (name: string, files: string[]) => void Object.assign(inputs, { [name]: files }),
    },
    bridge: {
      evaluate: (work: (own: unknown, value: unknown) => unknown, value: unknown) => work(lowrank, value),
    },
    inbox: { path: (name: string) => name, received, failed: () => null },
    disconnected: new Promise<never>(() => {}),
    close: async () => {},
  });
  const run = (values: object) =>
    tasks(
      {
        ...{ model: 'bundled', task: [`a=${file('a.jsonl')}`, `b=${file('b.jsonl')}`], steps: 8 },
        ...{
          'task-eval': [`a=${file('ah.jsonl')}`],
          strategies: 'together,sequence,merge',
          'merge-ways': 'ties',
        },
        ...values,
      },
      {
        ...{ say: (line: string) => void said.push(line), signal: new AbortController().signal },
        open: open as never,
      },
    );
  return { run, said, trainings: () => trainings };
}

test('everything is trained, merged, measured and reported; a killed one goes on where it was and says the same', async () => {
  const whole = fakePage();
  const { json, text } = await whole.run({ seeds: '0,1', out: join(folder, 'whole') });
  // together, a, b after a, and b alone, for two seeds.
  expect(whole.trainings()).toBe(8);
  const strategies = Object.fromEntries(json.strategies.map((one) => [one.name, one]));
  expect(Object.keys(strategies)).toEqual(['together', 'sequence', 'apart', 'merge-ties']);
  expect(strategies.sequence.tasks[0]).toMatchObject({ learned: 0.9, metric: 0, forgetting: 0.9 });
  expect(strategies.together.tasks[0].beside_sequence).toMatchObject({ difference: 0.85 });
  expect(strategies['merge-ties']).toMatchObject({ merge_scales: [0.5, 0.5], merge_error: 0.25, steps: 8 });
  expect(json.cosines).toEqual([{ module: 'm', layer: 0, target: 'q_proj', cosines: [0.25] }]);
  expect(json).toMatchObject({ runs: [0, 1], steps: 8, base: { elsewhere: 0.1 }, replay: null });
  expect(text).toContain(
    'One after another: a stood at 90.0 % right after it was learned and at 0.0 % at the end',
  );
  expect(whole.said).toContain('1 of 10, seed 0: a and b together, 8 steps');
  expect(whole.said).toContain('2 of 10, seed 0: a alone, 4 steps');
  const written = join(folder, 'whole/report.json');
  expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual(JSON.parse(JSON.stringify(json)));
  expect(readFileSync(join(folder, 'whole/report.html'), 'utf8')).toContain(
    'How alike the changes of a and b are',
  );

  const out = join(folder, 'killed');
  await expect(fakePage(2).run({ seeds: '0,1', out })).rejects.toThrow('killed');
  expect(existsSync(join(out, 'report.json'))).toBe(false);
  const first = statSync(join(out, 'seed-0/a/made.json')).mtimeMs;
  const rest = fakePage();
  const again = await rest.run({ seeds: '0,1', out, resume: true });
  expect(rest.trainings()).toBe(6);
  expect(statSync(join(out, 'seed-0/a/made.json')).mtimeMs).toBe(first);
  const figures = ({ strategies: all, base, cosines }: typeof json) => ({
    strategies: all.map(({ seconds: _, ...one }) => one),
    ...{ base, cosines },
  });
  expect(figures(again.json)).toEqual(figures(json));
  // Nothing is left to do, but for a seed that is new.
  const more = fakePage();
  await more.run({ seeds: '0,1,2', out, resume: true });
  expect(more.trainings()).toBe(4);
});

test('another experiment is refused by name with --resume, and replaced with a warning without', async () => {
  const out = join(folder, 'other');
  const some = { strategies: 'together', 'merge-ways': undefined, out };
  await fakePage().run(some);
  await expect(fakePage().run({ ...some, mix: 'even', rank: 4, resume: true })).rejects.toThrow(
    /^--resume: --out holds another experiment: --mix, rank differ\. What is there is safe\./,
  );
  expect(existsSync(join(out, 'seed-0/together/made.json'))).toBe(true);
  const replaced = fakePage();
  await replaced.run({ ...some, mix: 'even' });
  expect(replaced.said).toContain(
    'Warning: --out holds an experiment already; without --resume this one replaces it.',
  );
  expect(replaced.trainings()).toBe(1);
  await expect(fakePage().run({ ...some, steps: 1 })).rejects.toThrow(
    '--steps: 2 tasks need at least 2 steps',
  );
});

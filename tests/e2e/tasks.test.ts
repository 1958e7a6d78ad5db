import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** `npm run tasks` on two opposed styles. */

const SAMPLES = projectFile('public/samples/tasks');
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(SAMPLES, `${name}.jsonl`);
const styles = [
  ...['--model', 'bundled', '--device', 'wasm', '--json'],
  ...['--task', `polite=${file('polite')}`, '--task', `rude=${file('rude')}`],
];
const held = [
  ...['--task-eval', `polite=${file('polite-held-out')}`, '--task-eval', `rude=${file('rude-held-out')}`],
];

interface Report {
  strategies: {
    name: string;
    tasks: {
      name: string;
      metric: number;
      interval: [number, number];
      seed_interval: [number, number] | null;
      loss: number;
      learned: number | null;
      forgetting: number | null;
      forgetting_interval: [number, number] | null;
      beside_sequence: { difference: number; interval: [number, number]; p_value: number } | null;
    }[];
    elsewhere: number | null;
    seconds: number;
    steps: number;
    intruders?: number;
  }[];
  base: { tasks: { metric: number }[]; elsewhere: number };
  tasks: { name: string; metric: string; rows: number; held_out: number; removed: number; steps: number }[];
  cosines: { layer: number; target: string; cosines: (number | null)[] }[];
  replay: { name: string; rows: number; removed: number } | null;
  runs: number[];
  command: string;
}

async function tasks(out: string, flags: string[]): Promise<{ report: Report; stderr: string }> {
  const { status, stdout, stderr } = await lowrank(['tasks', ...styles, ...flags, '--out', out]);
  expect(status, stderr).toBe(0);
  return { report: JSON.parse(stdout), stderr };
}

const strategyIn = ({ strategies }: Report, name: string) => strategies.find((one) => one.name === name)!;

test('two opposed styles: the first is forgotten in sequence, and is not where they are mixed', async () => {
  const out = join(folder, 'styles');
  const { report } = await tasks(out, [...held, '--epochs', '10', '--strategies', 'together,sequence']);
  expect(report.tasks).toMatchObject([
    { name: 'polite', metric: 'answers', rows: 40, held_out: 20, removed: 0, steps: 100 },
    { name: 'rude', metric: 'answers', rows: 40, held_out: 20, removed: 0, steps: 100 },
  ]);
  expect(report.strategies.map(({ name, steps }) => [name, steps])).toEqual([
    ['together', 200],
    ['sequence', 200],
  ]);
  const [polite, rude] = strategyIn(report, 'sequence').tasks;
  expect(polite.learned).toBeGreaterThan(0.7);
  expect(polite.forgetting_interval![0]).toBeGreaterThan(0);
  expect(rude.metric).toBeGreaterThan(0.7);
  const [mixed] = strategyIn(report, 'together').tasks;
  expect(mixed.forgetting).toBeNull();
  expect(mixed.beside_sequence!.interval[0]).toBeGreaterThan(0);
  expect(mixed.beside_sequence!.p_value).toBeLessThan(0.05);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('One after another: polite stood at');
});

describe('several seeds, a merge, and what is done against forgetting', () => {
  const out = join(folder, 'every');
  const some = [
    ...['--task-eval', `polite=${file('polite-held-out')}`, '--eval-fraction', '0.25'],
    ...['--steps', '12', '--lr', '5e-3', '--seeds', '0,1', '--checkpoint-every', '2'],
    ...['--replay', 'general', '--replay-share', '0.25', '--reduce-intruders', '--merge-ways', 'ties'],
    ...['--strategies', 'merge,sequence'],
  ];

  test('is kept as it goes, and a killed one comes to the same as one that was not', async () => {
    const whole = await tasks(join(folder, 'whole'), some);
    let [kills, sent] = [0, false];
    const run = (when: RegExp, also = () => true) => {
      sent = false;
      return lowrank(['tasks', ...styles, ...some, '--out', out, '--resume'], {
        onError(text, signal) {
          if (sent || !when.test(text) || !also()) return;
          sent = true;
          kills++;
          signal('SIGKILL');
        },
      });
    };
    await run(/^2 of 12, seed 0: polite, then rude/m);
    expect(existsSync(join(out, 'seed-0/polite/measured.json'))).toBe(true);
    const first = statSync(join(out, 'seed-0/polite/made.json')).mtimeMs;
    const checkpoints = join(out, 'seed-0/rude/checkpoints');
    await run(/seed 0: rude alone/, () => existsSync(checkpoints) && readdirSync(checkpoints).length > 0);
    expect(kills).toBe(2);
    expect(existsSync(join(out, 'report.json'))).toBe(false);
    const { report, stderr } = await tasks(out, [...some, '--resume']);
    expect(stderr).toMatch(/Resuming the training after step [246]\./);
    expect(stderr).not.toMatch(/^[12] of 12/m);
    expect(statSync(join(out, 'seed-0/polite/made.json')).mtimeMs).toBe(first);
    const figures = ({ strategies, base, cosines }: Report) => ({
      strategies: strategies.map(({ seconds: _, ...one }) => one),
      ...{ base, cosines },
    });
    expect(figures(report)).toEqual(figures(whole.report));

    expect(report.runs).toEqual([0, 1]);
    expect(report.strategies.map(({ name }) => name)).toEqual([
      ...['sequence', 'apart', 'merge-ties', 'sequence+reduced', 'merge-ties+reduced'],
    ]);
    for (const { name, tasks: each, steps, elsewhere, seconds, intruders } of report.strategies) {
      expect(steps, name).toBe(12);
      expect(seconds).toBeGreaterThan(0);
      if (name === 'apart') expect(elsewhere).toBeNull();
      else expect(elsewhere).toBeGreaterThan(0);
      if (name.endsWith('+reduced')) expect(intruders).toBeGreaterThanOrEqual(0);
      for (const { metric, interval, seed_interval, loss, forgetting } of each) {
        expect(interval[0]).toBeLessThanOrEqual(metric);
        expect(interval[1]).toBeGreaterThanOrEqual(metric);
        expect(seed_interval).toHaveLength(2);
        expect(loss).toBeGreaterThan(0);
        if (name.startsWith('sequence')) expect(forgetting).not.toBeNull();
        else expect(forgetting).toBeNull();
      }
    }
    expect(report.tasks.map(({ rows, held_out }) => [rows, held_out])).toEqual([
      [40, 20],
      [30, 10],
    ]);
    expect(report.replay).toMatchObject({ rows: 25 });
    expect(report.cosines).toHaveLength(4 * new Set(report.cosines.map(({ layer }) => layer)).size);
    for (const { cosines } of report.cosines) expect(Math.abs(cosines[0]!)).toBeLessThanOrEqual(1);
    expect(report.command).toMatch(/^npm run --silent tasks -- --model bundled /);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(
      'How alike the changes of polite and rude are',
    );
  });

  test('a finished one is only read again, and is refused as another', async () => {
    const again = await tasks(out, [...some, '--resume']);
    expect(again.stderr).not.toMatch(/^\d+ of \d+, seed/m);
    const other = await lowrank([
      'tasks',
      ...styles,
      ...some,
      '--resume',
      '--rank',
      '4',
      '--mix',
      'even',
      '--out',
      out,
    ]);
    expect(other.status).toBe(2);
    expect(other.lastLine).toMatch(
      /^--resume: --out holds another experiment: --mix, rank differ\. What is there is safe\./,
    );
    // An adapter of it is one like any other.
    const evaluated = await lowrank([
      ...['evaluate', '--model', 'bundled', '--device', 'wasm', '--json', '--data', file('rude-held-out')],
      ...['--adapter', join(out, 'seed-1/merge-ties')],
    ]);
    expect(evaluated.status, evaluated.stderr).toBe(0);
  });
});

test('what does not fit is refused in a sentence that names the flag', async () => {
  const refused = async (says: RegExp, ...flags: string[]) => {
    const { status, lastLine } = await lowrank(['tasks', ...styles, ...flags, '--out', join(folder, 'none')]);
    expect(lastLine).toMatch(says);
    expect(status).toBe(2);
  };
  await refused(/^--task: polite is given twice/, '--task', `polite=${file('rude')}`);
  await refused(/^--strategies: must be one of together, sequence/, '--strategies', 'apart');
  await refused(/^--method: prefix tuning trains virtual tokens/, '--method', 'prefix');
  await refused(/^--steps: 2 tasks need at least 2 steps/, '--steps', '1');
  await refused(/^--task: polite: no row is left to train on/, '--task-eval', `polite=${file('polite')}`);
});

test('a run of one task replays general rows, which are counted and part of what --resume compares', async () => {
  const out = join(folder, 'replayed');
  const run = [
    'train',
    '--model',
    'bundled',
    '--device',
    'wasm',
    '--json',
    '--data',
    file('rude'),
    '--steps',
    '4',
  ];
  const replay = ['--replay', 'general', '--replay-share', '0.2', '--resume', '--out', out];
  const { status, stdout, stderr } = await lowrank([...run, ...replay]);
  expect(status, stderr).toBe(0);
  const { rows, warnings } = JSON.parse(stdout);
  expect(rows).toMatchObject({ read: 50, used: 50 });
  expect(warnings).toContain('10 of 50 rows are replayed from general.jsonl.');
  const other = await lowrank([...run, '--resume', '--out', out]);
  expect(other.status).toBe(2);
  expect(other.lastLine).toMatch(/^--resume: --out holds another run: the data \(--data\) differs/);
  const split = await lowrank([...run, ...replay, '--eval-fraction', '0.2']);
  expect(split.status).toBe(2);
  expect(split.lastLine).toMatch(/^--replay: with --eval-fraction/);
});

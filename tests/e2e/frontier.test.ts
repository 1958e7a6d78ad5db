import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** `npm run frontier` over the bundled model in three precisions and a deeper one that is made of it. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SAMPLES = projectFile('public/samples/ladder');
const rows = ['--data', join(SAMPLES, 'form.jsonl'), '--eval-data', join(SAMPLES, 'form-held-out.jsonl')];
const deeper = join(folder, 'deeper');

interface Report {
  points: {
    model: string;
    dtype: string;
    metric: number;
    interval: [number, number];
    p_value: number | null;
    seconds: number;
    memory_bytes: number;
    bytes: number;
    planned_bytes: number;
    on_frontier: boolean;
  }[];
  choice: { model: string; dtype: string } | null;
  reason: string;
  skipped: { model: string; dtype: string; reason: string }[];
  left: number;
  command: string;
}

async function frontier(flags: string[], out: string) {
  const finished = await lowrank([
    ...['frontier', ...rows, '--device', 'wasm', ...flags, '--out', join(folder, out), '--json'],
  ]);
  expect(finished.status, finished.stderr).toBe(0);
  return { report: JSON.parse(finished.stdout) as Report, stderr: finished.stderr };
}

beforeAll(async () => {
  const stack = ['stack', '--model', 'bundled', '--slices', '0-3,2-5', '--out', deeper, '--json'];
  expect((await lowrank(stack)).status).toBe(0);
});

const points = ({ report }: { report: Report }) =>
  report.points.map(({ model, dtype }) => `${model} ${dtype}`);

test('each model in each precision is trained and measured, the cheapest first, and one is chosen', async () => {
  const flags = ['--models', `bundled,${deeper}`, '--steps', '20'];
  // So few steps get nothing right, and what suffices is asked of the costs.
  const found = await frontier([...flags, '--enough', 'memory_bytes < 1e9'], 'whole');
  const { report } = found;
  expect(points(found)).toEqual([
    ...['bundled q4', 'bundled q8', 'bundled f16'],
    ...['q4', 'q8', 'f16'].map((dtype) => `${deeper} ${dtype}`),
  ]);
  for (const point of report.points) {
    expect(point.seconds).toBeGreaterThan(0);
    expect(point.memory_bytes).toBeGreaterThan(1e6);
    expect(point.interval[0]).toBeLessThanOrEqual(point.metric);
    expect(point.interval[1]).toBeGreaterThanOrEqual(point.metric);
  }
  const [q4, q8, f16, ...larger] = report.points;
  expect(q4.memory_bytes).toBeLessThan(q8.memory_bytes);
  expect(q8.memory_bytes).toBeLessThan(f16.memory_bytes);
  expect([q4.bytes, q8.bytes]).toEqual([f16.bytes, f16.bytes]);
  for (const point of larger) expect(point.bytes).toBeGreaterThan(f16.bytes);
  expect(q4.on_frontier).toBe(true);
  expect(report.choice).toEqual({ model: 'bundled', dtype: 'q4' });
  expect(report.skipped).toEqual([]);
  const out = join(folder, 'whole');
  expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  expect(html).toContain('<svg');
  expect(html).toContain(report.reason.slice(0, 40));
  expect(readdirSync(join(out, 'points'))).toContain('bundled-q4');
  expect(report.command).toMatch(/^npm run --silent frontier -- --data /);

  // What suffices is asked of what is measured already.
  const again = await frontier([...flags, '--resume', '--enough', 'metric >= 2 or bytes > 1e12'], 'whole');
  expect(again.report.points).toEqual(report.points);
  expect(again.report.choice).toBeNull();
  expect(again.report.reason).toMatch('None of 6 points meets metric >= 2 or bytes > 1e12');
  expect(again.stderr).not.toMatch('step 1/');
});

test('it ends with the first that suffices, goes on after a kill, and refuses another', async () => {
  const flags = ['--models', 'bundled', '--dtypes', 'f16,q8', '--steps', '6'];
  const out = join(folder, 'cut');
  const first = await frontier([...flags, '--enough', 'memory_bytes < 1e9', '--stop-at-first'], 'cut');
  expect(points(first)).toEqual(['bundled q8']);
  expect(first.report).toMatchObject({ choice: { model: 'bundled', dtype: 'q8' }, left: 1 });

  let killed = false;
  const base = ['frontier', ...rows, '--device', 'wasm', ...flags, '--out', out];
  await lowrank([...base, '--resume'], {
    onError(text, signal) {
      if (killed || !/^bundled in f16: .*step 1\//m.test(text)) return;
      killed = true;
      signal('SIGKILL');
    },
  });
  expect(killed).toBe(true);
  expect(JSON.parse(readFileSync(join(out, 'points.json'), 'utf8')).points).toHaveLength(1);
  const whole = await frontier([...flags, '--resume'], 'cut');
  expect(points(whole)).toEqual(['bundled q8', 'bundled f16']);
  expect(whole.report.points[0]).toMatchObject({
    metric: first.report.points[0].metric,
    seconds: first.report.points[0].seconds,
  });
  expect(whole.stderr).toMatch('Points that are measured already: 1.');

  const other = await lowrank([...base, '--resume', '--rank', '4']);
  expect(other.status).toBe(2);
  expect(other.lastLine).toMatch(/^--resume: --out holds another frontier: --rank differs/);
});

test('a model that cannot be opened is left out with its reason, and what is wrong is named', async () => {
  const [gone, broken] = [join(folder, 'gone'), join(folder, 'broken')];
  mkdirSync(broken);
  writeFileSync(
    join(broken, 'config.json'),
    JSON.stringify({ model_type: 'mystery', architectures: ['Mystery'] }),
  );
  for (const name of ['tokenizer.json', 'model.safetensors'])
    copyFileSync(projectFile(`public/models/tiny/${name}`), join(broken, name));
  const found = await frontier(['--models', `bundled,${broken}`, '--dtypes', 'q4', '--steps', '2'], 'one');
  expect(points(found)).toEqual(['bundled q4']);
  expect(found.report.skipped).toMatchObject([{ model: broken, dtype: 'q4' }]);
  expect(found.report.skipped[0].reason).not.toBe('');
  for (const [flags, sentence] of [
    [['--models', gone], '--models: there is no folder'],
    [['--models', 'bundled,'], '--models: a name is missing between two commas.'],
    [['--models', 'bundled', '--dtypes', 'f16,q3'], '--dtypes: must be one of auto, f32,'],
    [
      ['--models', 'bundled', '--enough', 'metric > best'],
      '--enough: At character 10 of metric > best: best is not known',
    ],
    [['--models', 'bundled', '--stop-at-first'], '--stop-at-first: needs --enough'],
  ] as const) {
    const refused = await lowrank(['frontier', ...rows, ...flags, '--out', join(folder, 'none')]);
    expect(refused.lastLine).toMatch(sentence);
    expect(refused.status).toBe(2);
  }
  expect(existsSync(join(folder, 'none', 'report.json'))).toBe(false);
});

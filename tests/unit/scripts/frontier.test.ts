import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { frontier } from '../../../scripts/headless/frontier.mjs';
import { keptRungs } from '../../../scripts/headless/kept-rungs.mjs';
import { rung } from '../lab/ladder/measured.ts';

/** The command with a page that plans, and ladders of one rung whose figures are told. */

const fake = vi.hoisted(() => ({ open: vi.fn(), ladder: vi.fn() }));
vi.mock('../../../scripts/headless/session.mjs', () => ({
  progressPrinter: () => () => {},
  withHeadless: (_options: unknown, work: (headless: unknown) => unknown) => work(fake.open()),
}));
vi.mock('../../../scripts/headless/ladder.mjs', () => ({ ladder: fake.ladder }));

const folder = mkdtempSync(join(tmpdir(), 'lowrank-frontier-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [data, heldOut] = ['rows', 'held-out'].map((name) => {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, '{"prompt":"a","completion":"b"}\n');
  return path;
});
const larger = join(folder, 'larger');
mkdirSync(larger);
for (const name of ['config.json', 'tokenizer.json']) writeFileSync(join(larger, name), '{}');

const BITS: Record<string, number> = { f16: 16, q8: 8, q4: 4 };
/** Rows right of 24 by model and precision. */
const RIGHT: Record<string, number> = {
  ...{ 'bundled q4': 12, 'bundled q8': 20, 'bundled f16': 22 },
  ...{ 'larger q4': 21, 'larger q8': 23, 'larger f16': 24 },
};

let trained: string[] = [];
/** What fails, by model and precision. */
let failing: Record<string, string> = {};
/** How many held-out rows a model can be asked, where not all of them. */
let room: Record<string, number> = {};

beforeEach(() => {
  trained = [];
  failing = {};
  room = {};
  fake.open.mockImplementation(() => {
    let size = 0;
    const page = {
      hardware: async () => ({}),
      openModel: async ({ kind }: { kind: string }) => {
        if (failing[kind]) throw new Error(failing[kind]);
        size = kind === 'bundled' ? 5e6 : 9e6;
        return { parameters: size, bytes: 2 * size, notes: [] };
      },
      plan: async ({ baseDtype }: { baseDtype: string }) => (size * BITS[baseDtype]) / 8,
    };
    return {
      page: { setInputFiles: async () => {} },
      bridge: {
        evaluate: async (run: (lowrank: typeof page, given: unknown) => unknown, given: unknown) =>
          run(page, structuredClone(given)),
      },
    };
  });
  fake.ladder.mockImplementation(async (values: Record<string, string>) => {
    const name = `${values.model === larger ? 'larger' : values.model} ${values['base-dtype']}`;
    trained.push(name);
    if (failing[name]) throw new Error(failing[name]);
    const measured = rung('tuned', RIGHT[name]);
    const tuned = {
      ...{ ...measured, rows: measured.rows.slice(0, room[name.split(' ')[0]]), train_seconds: 10 },
      memory_bytes: (RIGHT[name] + BITS[values['base-dtype']]) * 1e6,
    };
    mkdirSync(values.out, { recursive: true });
    keptRungs(values.out).keep({}, tuned);
    return {
      json: {
        metric_name: 'answers',
        rows: { held_out: tuned.rows.length, training: 36, removed: { rows: 1, passages: 0 } },
      },
      text: '',
    };
  });
});

const said: string[] = [];
const run = (values: Record<string, unknown>) =>
  frontier(
    { models: `bundled,${larger}`, data, 'eval-data': heldOut, ...values },
    { say: (line: string) => said.push(line), signal: new AbortController().signal },
  );

test('each point is a ladder of its own, the cheapest first, and the report has them all', async () => {
  const out = join(folder, 'all');
  const { json, text } = await run({ out, rank: 4 });
  // By planned memory: 2.5, 4.5, 5, 9, 10 and 18 MB.
  expect(trained).toEqual([
    ...['bundled q4', 'larger q4', 'bundled q8', 'larger q8', 'bundled f16', 'larger f16'],
  ]);
  expect(fake.ladder.mock.calls[0][0]).toEqual({
    ...{ model: 'bundled', 'base-dtype': 'q4', rungs: 'tuned', rank: 4, data, 'eval-data': heldOut },
    ...{ out: join(out, 'points', 'bundled-q4'), json: true },
  });
  expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(json);
  expect(json.points.map(({ metric }: { metric: number }) => Math.round(24 * metric))).toEqual([
    ...[12, 21, 20, 23, 22, 24],
  ]);
  expect(json).toMatchObject({
    metric_name: 'answers',
    rows: { held_out: 24, left_out: [], removed: 1 },
    left: 0,
  });
  expect(json.choice).toEqual({ model: larger, dtype: 'q4' });
  expect(json.command).toBe(
    `npm run --silent frontier -- --models 'bundled,${larger}' --data ${data} --eval-data ${heldOut} --out ${out} --rank 4`,
  );
  expect(text).toMatch('bundled in q4: 50.0 %, 10.0 s of training, 16.0 MB');
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<svg');
  expect(existsSync(join(out, 'points.json'))).toBe(true);
});

test('it ends with the first that suffices; others may be asked for later, and what is there is kept', async () => {
  const out = join(folder, 'first');
  const first = await run({ out, enough: 'metric>=0.8 and bytes<15e6', 'stop-at-first': true });
  expect(trained).toEqual(['bundled q4', 'larger q4', 'bundled q8']);
  expect(first.json).toMatchObject({ choice: { model: 'bundled', dtype: 'q8' }, left: 3 });

  trained = [];
  const more = await run({ out, resume: true, enough: 'metric == 1', models: `bundled,${larger}` });
  expect(trained).toEqual(['larger q8', 'bundled f16', 'larger f16']);
  expect(more.json.points).toHaveLength(6);
  expect(more.json.choice).toEqual({ model: larger, dtype: 'f16' });

  trained = [];
  const fewer = await run({ out, resume: true, models: 'bundled', dtypes: 'q8,f16' });
  expect(trained).toEqual([]);
  expect(fewer.json.points).toHaveLength(2);
  await expect(run({ out, resume: true, rank: 2 })).rejects.toThrow(
    '--resume: --out holds another frontier: --rank differs.',
  );
  await run({ out, models: 'bundled', dtypes: 'q4' });
  expect(said).toContain('Warning: --out holds a frontier already; without --resume this one replaces it.');
});

test('what ends in the middle is gone on with', async () => {
  const out = join(folder, 'cut');
  failing = { 'bundled q8': 'code: not a sentence of ours' };
  const { json } = await run({ out, models: 'bundled' });
  expect(json.skipped).toEqual([{ model: 'bundled', dtype: 'q8', reason: 'code: not a sentence of ours' }]);
  failing = {};
  trained = [];
  const again = await run({ out, models: 'bundled', resume: true });
  expect(trained).toEqual(['bundled q8']);
  expect(again.json).toMatchObject({ skipped: [] });
  expect(again.json.points).toHaveLength(3);
});

test('models that were asked different rows are compared on those that all were asked', async () => {
  room = { larger: 20 };
  const out = join(folder, 'rows');
  const { json } = await run({ out, dtypes: 'q4,f16' });
  expect(json.rows).toEqual({ held_out: 20, left_out: [21, 22, 23, 24], removed: 1 });
  // 12, 21, 22 and 24 of 24, of which the last four count no more.
  expect(json.points.map(({ metric }: { metric: number }) => Math.round(20 * metric))).toEqual([
    ...[12, 20, 20, 20],
  ]);
  expect(said).toContain(
    'Warning: 4 held-out rows could not be asked of every model, and the points are compared on the other 20.',
  );
  // What the first was judged by, all are.
  expect(fake.ladder.mock.calls.slice(-4).map(([{ metric }]) => metric)).toEqual([
    ...[undefined, 'exact', 'exact', 'exact'],
  ]);
  // Whether it suffices is asked of those rows, too.
  const first = await run({
    ...{ out: join(folder, 'rows-first'), dtypes: 'q4', enough: 'metric == 1', 'stop-at-first': true },
  });
  expect(first.json).toMatchObject({ choice: { model: larger, dtype: 'q4' }, left: 0 });
  // A version before this one did not keep which rows they are.
  const file = join(out, 'points.json');
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  for (const { point } of kept.points)
    point.rows = point.rows.map(({ right, of }: { right: number; of: number }) => ({ right, of }));
  writeFileSync(file, JSON.stringify(kept));
  trained = [];
  const again = await run({ out, dtypes: 'q4,f16', resume: true });
  expect(trained).toHaveLength(4);
  expect(again.json.points).toEqual(json.points);
});

test('a model that cannot be opened is left out with its sentence; without any the command fails by it', async () => {
  failing = { folder: 'UserError: no-config: config.json is missing. Choose another folder.' };
  const { json } = await run({ out: join(folder, 'one'), dtypes: 'q4' });
  const reason = '--model: config.json is missing. Choose another folder.';
  expect(json.skipped).toEqual([{ model: larger, dtype: 'q4', reason }]);
  await expect(run({ out: join(folder, 'none'), models: larger })).rejects.toThrow(reason);
  failing = { 'bundled q4': 'UserError: does-not-fit: It needs 9 MB. Use less.' };
  await expect(run({ out: join(folder, 'none'), models: 'bundled', dtypes: 'q4' })).rejects.toThrow(
    'does-not-fit',
  );
});

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** Two adapters that are trained, merged, measured and swept by commands. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rows to train on and rows that are held out, of a sample. */
function rowsOf(name: string): { train: string; held: string } {
  const lines = readFileSync(projectFile(`public/samples/${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const [train, held] = [join(folder, `${name}.jsonl`), join(folder, `${name}-held.jsonl`)];
  writeFileSync(train, `${lines.slice(0, 40).join('\n')}\n`);
  writeFileSync(held, `${lines.slice(40, 46).join('\n')}\n`);
  return { train, held };
}

const [pirate, extract] = [rowsOf('pirate'), rowsOf('extract')];
const bundled = ['--model', 'bundled', '--device', 'wasm', '--json'];
const adapters = ['--adapters', join(folder, 'pirate'), join(folder, 'extract')];
const held = ['--data', pirate.held, extract.held];

async function done(...args: string[]) {
  const { status, stdout, stderr } = await lowrank(args);
  expect(status, stderr).toBe(0);
  return { json: JSON.parse(stdout), stderr };
}

const lossWith = async (adapter: string | null, data: string) =>
  (await done('evaluate', ...bundled, '--data', data, ...(adapter ? ['--adapter', adapter] : []))).json.loss;

beforeAll(async () => {
  const train = ['train', ...bundled, '--steps', '12', '--lr', '5e-3'];
  await done(...train, '--data', pirate.train, '--rank', '4', '--out', join(folder, 'pirate'));
  await done(
    ...[...train, '--data', extract.train, '--rank', '6', '--rslora', '--targets', 'q_proj,down_proj'],
    ...['--out', join(folder, 'extract')],
  );
});

test('two adapters of different rank, scale and targets become one that is measured like any other', async () => {
  const out = join(folder, 'ties');
  const way = ['--way', 'ties', '--density', '0.5', '--weights', '1', '0.6', '--rank', '12'];
  const { json } = await done('merge', ...bundled, ...adapters, ...way, '--out', out);
  expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(json);
  expect(json).toMatchObject({ rank: 12, way: 'ties', sweep: null, seeds: {} });
  expect(json.sources).toEqual([
    { name: 'pirate', weight: 1, rank: 4 },
    { name: 'extract', weight: 0.6, rank: 6 },
  ]);
  expect(json.files.map(({ path }: { path: string }) => path).sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
  for (const { relative } of json.errors) expect(relative).toBeGreaterThan(0);
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  expect(html).toContain('pirate (1), extract (0.6) became one adapter of rank 12 by ties');
  expect(html).toContain('--way ties --density 0.5');
  const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ peft_type: 'LORA', r: 12, lora_alpha: 12 });
  expect(await lossWith(out, pirate.held)).toBeLessThan(await lossWith(null, pirate.held));
});

test('cat with a weight of 1 and one of 0 is the first adapter', async () => {
  const out = join(folder, 'cat');
  const { json } = await done(
    'merge',
    ...bundled,
    ...adapters,
    '--way',
    'cat',
    '--weights',
    '1',
    '0',
    '--out',
    out,
  );
  expect(json.rank).toBe(10);
  expect(await lossWith(out, pirate.held)).toBeCloseTo(
    await lossWith(join(folder, 'pirate'), pirate.held),
    5,
  );
});

test('a sweep that is killed goes on where it was, and is refused as another', async () => {
  const out = join(folder, 'swept');
  const sweep = ['merge', ...bundled, ...adapters, '--way', 'slerp', '--sweep', ...held, '--out', out];
  let killed = false;
  await lowrank(sweep, {
    onError(text, signal) {
      if (killed || !/^3 of 9:/m.test(text)) return;
      killed = true;
      signal('SIGKILL');
    },
  });
  expect(killed).toBe(true);
  expect(existsSync(join(out, 'report.json'))).toBe(false);
  const kept = JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8')).measured;
  const other = await lowrank([...sweep, '--resume', '--rank', '2']);
  expect(other.status).toBe(2);
  expect(other.lastLine).toMatch(/^--resume: --out holds another merge: --rank differs/);

  const { json, stderr } = await done(...sweep, '--resume');
  expect(stderr).toMatch(/^\d weights are measured already/m);
  expect(stderr).not.toMatch(/^1 of 9:/m);
  expect(json.sweep.points).toHaveLength(9);
  expect(json.sweep.base).toEqual(kept.base);
  expect(json.sweep.points.slice(0, kept.points.length)).toMatchObject(kept.points);
  expect(json.sweep.tasks).toEqual(['pirate-held', 'extract-held']);
  expect(existsSync(join(out, 'sweep.json'))).toBe(false);
  const { losses } = json.sweep.points[json.sweep.best];
  expect(await lossWith(out, pirate.held)).toBeCloseTo(losses[0], 5);
  // The first of the way is the first adapter itself, cut to no less than its rank.
  expect(json.sweep.points[0].losses[0]).toBeCloseTo(await lossWith(join(folder, 'pirate'), pirate.held), 4);

  const again = await done(...sweep, '--resume');
  expect(again.json).toEqual(json);
});

test('what does not fit is refused in a sentence that names the flag or the adapter', async () => {
  const out = ['--out', join(folder, 'none')];
  const refused = async (says: RegExp, ...args: string[]) => {
    const { status, lastLine } = await lowrank(['merge', ...bundled, ...args, ...out]);
    expect(lastLine).toMatch(says);
    expect(status).toBe(2);
  };
  await refused(/^--weights: there are 1 for 2 adapters/, ...adapters, '--weights', '1');
  await refused(/^--way: must be one of sum, cat, ties/, ...adapters, '--way', 'mean');
  await refused(/^--data: is measured only with --sweep/, ...adapters, ...held);
  await refused(/^--max-length: is for what --sweep measures/, ...adapters, '--max-length', '64');
  await refused(/^--adapters: there is no folder/, '--adapters', join(folder, 'nowhere'));
  await refused(
    /peft-linear adds up matrices entry by entry, and pirate has the rank 4/,
    ...adapters,
    '--way',
    'peft-linear',
  );
  expect(existsSync(join(folder, 'none', 'adapter_config.json'))).toBe(false);
});

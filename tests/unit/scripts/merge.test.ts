import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { merge } from '../../../scripts/headless/merge.mjs';
import { exportAdapter } from '../../../src/export/export.ts';
import { peft } from '../../../src/export/formats/peft.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import type { AdapterWeights } from '../../../src/methods/types.ts';
import { mergeOnShelf } from '../../../src/worker/compute/merging.ts';
import { Shelf } from '../../../src/worker/compute/shelf.ts';
import type { Workspace } from '../../../src/worker/compute/workspace.ts';
import { randomAdapter, randomModel } from '../export/random-model.ts';

/** The command with a page that merges in this very process, and whose losses are told. */

const page = vi.hoisted(() => ({ open: vi.fn() }));
vi.mock('../../../scripts/headless/session.mjs', () => ({
  progressPrinter: () => () => {},
  withHeadless: (_options: unknown, work: (headless: unknown) => unknown) => work(page.open()),
}));

const model = randomModel();
const folder = mkdtempSync(join(tmpdir(), 'lowrank-merge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function adapterFolder(name: string, weights: AdapterWeights, base = 'm'): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const file of writePeft(weights, model.config, { id: base, revision: null }))
    writeFileSync(join(path, file.path), file.bytes);
  return path;
}
const one = adapterFolder('one', randomAdapter(model.config, ['q_proj']));
const two = adapterFolder('two', randomAdapter(model.config, ['q_proj', 'v_proj'], true));
const rows = ['poems', 'bills'].map((name) => {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, '{"prompt":"a","completion":"b"}\n');
  return path;
});

/** Weights that were merged, and files that were measured, in order. */
let asked: string[] = [];
/** After so many measurements the page is gone. */
let lasts = Number.POSITIVE_INFINITY;

function openPage() {
  const workspace = { model } as unknown as Workspace;
  const shelf = new Shelf();
  const inputs = new Map<string, string[]>();
  const received = new Map<string, Buffer>();
  let adapter = '';
  let weights: readonly number[] = [];
  const lowrank = {
    hardware: async () => ({}),
    openModel: async () => ({ id: 'm', notes: [] }),
    setBaseDtype: async () => {},
    async addSource() {
      const files = inputs
        .get('#adapter')!
        .map((path) => ({ path: path.split('/').pop()!, bytes: readFileSync(path) }));
      return { id: shelf.putFile(await readPeft(files, model.config), null), notes: [] };
    },
    async merge(request: Parameters<typeof mergeOnShelf>[2]) {
      const { adapter: id, ...info } = await mergeOnShelf(workspace, shelf, request, () => {});
      adapter = id;
      weights = request.adapters.map((source) => source.weight);
      return info;
    },
    openData: async () => ({
      name: 'rows',
      format: 'x',
      formatReason: 'rows',
      guessed: false,
      waiting: 0,
      proposed: null,
      bad: [],
    }),
    async evaluate(strength: number) {
      if (asked.length >= lasts) throw new Error('the browser ended');
      const [file] = inputs.get('#eval-data')!;
      asked.push(`${file.split('/').pop()} ${strength === 0 ? 'base' : weights.join()}`);
      const first = file.includes('poems');
      // Each task is best with its own adapter and half of the other.
      const [own, other] = first ? weights : [...weights].reverse();
      return { loss: strength === 0 ? 5 : 1 + (1 - own) ** 2 + (0.5 - other) ** 2 };
    },
    async sendAdapterFiles(to: string) {
      const { weights: values, merged } = shelf.whole(adapter);
      const { files } = await exportAdapter(peft, {
        ...{ ...model, weights: values, merged, record: null, dtype: null, target: '.', chat: false },
      });
      for (const { path, blob } of files)
        received.set(`${to}/${path}`, Buffer.from(await blob.arrayBuffer()));
      return files.map(({ path }) => path);
    },
  };
  return {
    page: {
      setInputFiles: async (input: string, files: string | string[]) =>
        void inputs.set(input, [files].flat()),
    },
    // What crosses to the page is copied, and its functions see nothing of this file.
    bridge: {
      evaluate: (run: (page: typeof lowrank, given: unknown) => unknown, given: unknown) =>
        run(lowrank, structuredClone(given)),
    },
    inbox: { path: (name: string) => name, received },
    finish() {},
  };
}

beforeEach(() => {
  asked = [];
  lasts = Number.POSITIVE_INFINITY;
  page.open.mockImplementation(openPage);
});

const said: string[] = [];
const merging = (values: Record<string, unknown>) =>
  merge(
    { model: 'bundled', adapters: [one, two], ...values },
    { say: (line: string) => said.push(line), signal: new AbortController().signal },
  );
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

test('writes an adapter that is read again, its report, and the command that repeats it', async () => {
  const out = join(folder, 'ties');
  const given = { way: 'ties', density: 0.5, weights: [1, -0.5], rank: 6, out };
  const { json, text } = await merging(given);
  expect(JSON.parse(read(out, 'report.json'))).toEqual(json);
  expect(json).toMatchObject({ rank: 6, way: 'ties', sweep: null, seeds: {} });
  expect(json.sources).toEqual([
    { name: 'one', weight: 1, rank: 4 },
    { name: 'two', weight: -0.5, rank: 4 },
  ]);
  expect(json.errors).toHaveLength(4);
  const files = ['adapter_model.safetensors', 'adapter_config.json'].map((path) => ({
    path,
    bytes: readFileSync(join(out, path)),
  }));
  expect((await readPeft(files, model.config)).settings).toMatchObject({ rank: 6, alpha: 6 });
  for (const { path, bytes } of json.files) expect(readFileSync(join(out, path)).length).toBe(bytes);
  const command = `npm run --silent merge -- --model bundled --adapters ${one} ${two} --way ties --density 0.5 --weights 1 -0.5 --rank 6 --out ${out}`;
  expect(json.command).toBe(command);
  expect(read(out, 'report.html')).toContain('one (1), two (−0.5) became one adapter of rank 6 by ties');
  expect(text).toContain(out);
  expect(asked).toEqual([]);

  page.open.mockImplementation(() => {
    throw new Error('no page is needed for what is done');
  });
  expect((await merging({ ...given, resume: true })).json).toEqual(json);
  await expect(merging({ ...given, density: 0.25, resume: true })).rejects.toMatchObject({
    status: 2,
    message: expect.stringMatching(/^--resume: --out holds another merge: --density differs/),
  });
});

test('a sweep keeps each measurement, goes on after an end in the middle, and writes the least mean', async () => {
  const out = join(folder, 'swept');
  const given = { sweep: true, data: rows, out };
  lasts = 9;
  await expect(merging(given)).rejects.toThrow('the browser ended');
  const kept = JSON.parse(read(out, 'sweep.json')).measured;
  expect(kept.base).toEqual([5, 5]);
  expect(kept.points).toHaveLength(3);
  expect(existsSync(join(out, 'adapter_config.json'))).toBe(false);

  asked = [];
  lasts = Number.POSITIVE_INFINITY;
  const { json } = await merging({ ...given, resume: true });
  // 24 weights on two tasks, without the three that were measured.
  expect(asked).toHaveLength(2 * 21);
  expect(json.sweep.points).toHaveLength(24);
  expect(json.sweep.tasks).toEqual(['poems', 'bills']);
  const best = json.sweep.points[json.sweep.best];
  expect(best).toMatchObject({ weights: [0.75, 0.75], on_frontier: true });
  expect(json.sources.map(({ weight }: { weight: number }) => weight)).toEqual([0.75, 0.75]);
  expect(existsSync(join(out, 'sweep.json'))).toBe(false);
  expect(read(out, 'report.html')).toContain('Of 24 combinations of weights');
});

test('without --resume a sweep that was interrupted is replaced, with a warning', async () => {
  const out = join(folder, 'again');
  const given = { way: 'slerp', sweep: true, data: rows, out };
  lasts = 5;
  await expect(merging(given)).rejects.toThrow('the browser ended');
  lasts = Number.POSITIVE_INFINITY;
  asked = [];
  said.length = 0;
  await merging(given);
  expect(said.join('\n')).toContain('without --resume this one replaces it');
  expect(asked).toHaveLength(2 + 2 * 9);
});

test('adapters that name different bases are said to, and both called alike keep their paths', async () => {
  const elsewhere = adapterFolder('other/one', randomAdapter(model.config, ['q_proj']), 'another/base');
  said.length = 0;
  const { json } = await merging({ adapters: [one, elsewhere], way: 'cat', out: join(folder, 'bases') });
  expect(said.join('\n')).toMatch(/name different bases: m \(.*one\); another\/base \(.*other\/one\)/);
  expect(json.sources.map(({ name }: { name: string }) => name)).toEqual([one, elsewhere]);
});

test.each([
  ['one weight for two', { weights: [1] }, /^--weights: there are 1 for 2 adapters/],
  [
    'weights beside a sweep',
    { weights: [1, 1], sweep: true, data: rows },
    /^--weights: --sweep chooses them/,
  ],
  ['rows without a sweep', { data: rows }, /^--data: is measured only with --sweep/],
  ['a sweep without rows', { sweep: true }, /^--data is missing/],
  ['the longest row without a sweep', { 'max-length': 64 }, /^--max-length: is for what --sweep measures/],
  ['an unknown way', { way: 'mean' }, /^--way: must be one of sum, cat, ties/],
  [
    'a folder that is not there',
    { adapters: [one, join(folder, 'none')] },
    /^--adapters: there is no folder/,
  ],
  ['writing over a source', { out: one }, /^--out: .* is what --adapters names/],
])('%s is refused by name', async (_what, given, says) => {
  await expect(merging({ out: join(folder, 'none-of-it'), ...given })).rejects.toMatchObject({
    status: 2,
    message: expect.stringMatching(says),
  });
});

import { beforeEach, expect, test, vi } from 'vitest';
import {
  canSweep,
  giveOpenRows,
  giveRows,
  stopMergeSweep,
  sweepMerge,
} from '../../../../src/app/actions/merge-sweep.ts';
import { sweepReportOf, sweepSoFar } from '../../../../src/app/actions/merge-sweep-report.ts';
import { NOTHING_UNDER_WAY, useLab } from '../../../../src/app/state/lab.ts';
import { NO_SWEEP, useMergeSweep } from '../../../../src/app/state/merge-sweep.ts';
import { NO_MERGING, useMerging } from '../../../../src/app/state/merging.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { shelve, useShelf } from '../../../../src/app/state/shelf.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import type { AdapterUse } from '../../../../src/worker/api/adapter-use.ts';
import type { MergeRequest, ModelInfo, ShelfEntry } from '../../../../src/worker/api/api.ts';

/** Every combination is merged, measured on each task and gone again; a stop keeps what was measured, and more goes on from there. */

const shelf = new Map<string, readonly number[]>();
/** What was measured: weights, and the file. */
const measured: string[] = [];
let merges = 0;
let open = { name: '', raw: false };
/** Called before each measurement. */
let before = async () => {};

const api = {
  async mergeAdapters({ adapters }: MergeRequest) {
    const adapter = `merge-${++merges}`;
    shelf.set(
      adapter,
      adapters.map(({ weight }) => weight),
    );
    return { adapter, rank: 8, errors: [], parameters: 10, bytes: 40, seed: null };
  },
  removeAdapter: async (id: string) => void shelf.delete(id),
  async openData({ file }: { file: File }, { raw }: { raw: boolean }, role: string) {
    expect(role).toBe('eval');
    open = { name: file.name, raw };
    return {
      name: file.name,
      warnings: file.name.startsWith('bills') ? ['2 rows are bad and left out.'] : [],
    };
  },
  async evaluate(use: AdapterUse | null) {
    await before();
    const [poems, bills] = use ? shelf.get(use.id)! : [0, 0];
    measured.push(`${use ? `${poems}/${bills}` : 'base'} ${open.name} ${open.raw}`);
    // Each task is best with its own adapter at three quarters.
    return { loss: 2 + Math.abs((open.name.startsWith('poems') ? poems : bills) - 0.75) };
  },
  cancelGenerate: async () => {},
  interrupt: async () => false,
  stopWork: async () => {},
  heldOutRows: async () => ({ heldOut: [3, 1], shots: [], trained: [] }),
  rowsAsJsonLines: async (rows: number[]) => new Blob([rows.join('\n')]),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('navigator', {});

const entry = (id: string, raw = false): ShelfEntry => ({
  ...{ id, origin: 'file', notes: [], bytes: 1, merged: null, raw, settings: { method: 'lora', rank: 8 } },
});
const file = (name: string) => new File(['{}'], name, { lastModified: 1 });
const swept = () => useMergeSweep.getState();

beforeEach(() => {
  shelf.clear();
  measured.length = 0;
  merges = 0;
  before = async () => {};
  useShelf.setState({ named: {} });
  for (const id of ['poems', 'bills']) shelve(id, id);
  useLab.setState(NOTHING_UNDER_WAY);
  useMergeSweep.setState(NO_SWEEP, true);
  useMerging.setState(
    { ...NO_MERGING, entries: [entry('poems'), entry('bills')], chosen: { poems: true, bills: true } },
    true,
  );
  setApp({
    ...{ model: { name: 'tiny', id: 'tiny' } as ModelInfo, modelChoice: { kind: 'bundled' } },
    ...{ data: { name: 'pirate.jsonl', used: 9 } as DataReport, dataWork: null, modelWork: null },
    ...{ run: EMPTY_RUN, settings: PAGE_DEFAULTS, starting: false, underWay: null },
  });
});

test('all combinations are measured on each task, no merge stays, and the report is that of the command', async () => {
  expect(canSweep()).toBe(false);
  giveRows(entry('poems'), file('poems.jsonl'));
  giveRows(entry('bills'), file('bills.jsonl'));
  expect(canSweep()).toBe(true);
  await sweepMerge();
  expect(swept().error).toBeNull();
  expect(swept()).toMatchObject({ total: 24, base: [2.75, 2.75] });
  expect(measured).toHaveLength(2 + 24 * 2);
  expect(swept().notes).toEqual(['bills.jsonl: 2 rows are bad and left out.']);
  expect(measured.slice(0, 4)).toEqual([
    'base poems.jsonl false',
    'base bills.jsonl false',
    '0/0.25 poems.jsonl false',
    '0/0.25 bills.jsonl false',
  ]);
  expect([...shelf.keys()]).toEqual([]);
  const sweep = sweepSoFar(swept())!;
  expect(sweep.points[sweep.best]).toEqual({ weights: [0.75, 0.75], losses: [2, 2], on_frontier: true });
  const report = sweepReportOf(swept(), '2026-01-01T00:00:00.000Z')!;
  expect(report.findings.join(' ')).toContain('The weights 0.75, 0.75 have the least mean loss');
  expect(report.command).toBe(
    'npm run --silent merge -- --model bundled --adapters poems bills --sweep --data poems.jsonl bills.jsonl --out merged',
  );
  expect(report.sections.map(({ title }) => title)).toContain('poems and bills');
  // The same is not measured twice.
  measured.length = 0;
  await sweepMerge();
  expect(measured).toEqual([]);
});

test('a stop keeps what was measured, and the next press goes on from there; other rows begin anew', async () => {
  giveRows(entry('poems'), file('poems.jsonl'));
  before = async () => {
    if (measured.length === 4) await stopMergeSweep();
  };
  await sweepMerge();
  expect(swept().error).toBeNull();
  expect(getApp().underWay).toBeNull();
  expect(swept().points).toHaveLength(3);
  expect(swept().made).toBeNull();
  expect(sweepReportOf(swept(), '')).toBeNull();
  expect([...shelf.keys()]).toEqual([]);
  before = async () => {};
  measured.length = 0;
  await sweepMerge();
  expect(measured).toHaveLength(21);
  expect(swept().made).not.toBeNull();
  giveRows(entry('poems'), file('others.jsonl'));
  measured.length = 0;
  await sweepMerge();
  expect(measured).toHaveLength(25);
});

test('rows are read as the sources were trained, those of the open data are cut out of it, and a failure is said', async () => {
  useMerging.setState({ entries: [entry('poems', true), entry('bills')] });
  await giveOpenRows(entry('poems'));
  const [given] = Object.values(swept().rows);
  expect([given.name, await given.text()]).toEqual(['pirate-held-out.jsonl', '3\n1']);
  before = async () => Promise.reject(new Error('no-rows: No row is left. Nothing was measured.'));
  await sweepMerge();
  expect(open.raw).toBe(true);
  expect(swept().error).toMatchObject({ code: 'no-rows' });
  expect(swept().base).toBeNull();
  // More adapters than can be swept are refused before anything is measured.
  const many = Array.from({ length: 5 }, (_, i) => entry(`a${i}`));
  useMerging.setState({ entries: many, chosen: Object.fromEntries(many.map(({ id }) => [id, true])) });
  giveRows(many[0], file('a.jsonl'));
  await sweepMerge();
  expect(swept().error).toMatchObject({ code: 'bad-merge' });
});

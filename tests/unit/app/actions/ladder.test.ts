import { beforeEach, expect, test, vi } from 'vitest';
import { stopExperiment } from '../../../../src/app/actions/experiment.ts';
import {
  continueLadder,
  discardLadder,
  measureLadder,
  missingForLadder,
} from '../../../../src/app/actions/ladder.ts';
import { addDocuments, takeDocuments } from '../../../../src/app/actions/ladder-inputs.ts';
import { loadLadder } from '../../../../src/app/actions/ladder-load.ts';
import { ladderReportOf } from '../../../../src/app/actions/ladder-report.ts';
import { openData } from '../../../../src/app/actions/open-data.ts';
import { canTrain } from '../../../../src/app/actions/run.ts';
import { settingsLocked } from '../../../../src/app/actions/settings.ts';
import { useLab } from '../../../../src/app/state/lab.ts';
import { NO_LADDER, useLadder } from '../../../../src/app/state/ladder.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { ladderResult } from '../../../../src/lab/ladder/report.ts';
import type { RungName } from '../../../../src/lab/ladder/rungs.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type {
  KeptLadder,
  LadderFigures,
  LadderKinds,
  LadderPlan,
  LadderRequest,
  ModelInfo,
  TrainRequest,
} from '../../../../src/worker/api/api.ts';
import { rung } from '../../lab/ladder/measured.ts';

/** A worker that writes down what it is asked; `before` runs before it answers for a rung or a training. */
const done: string[] = [];
const prepared: LadderRequest[] = [];
const trained: TrainRequest[] = [];
let before: (what: string) => Promise<void> | void = () => {};
let kept: KeptLadder | null = null;
let savedRequest: TrainRequest | null = null;
let interrupted = false;
let right: Partial<Record<RungName, number>> = {};
let kinds: LadderKinds | null = null;
let figured: Omit<LadderFigures, 'skipped'> | null = null;
const KINDS: LadderKinds = {
  ...{ names: ['oslo', 'shoes'], by: 'words', training: [20, 16] },
  ...{
    heldOut: Array.from({ length: 24 }, (_, i) => i % 2),
    leaveOut: [
      [3, 5, 7],
      [3, 5, 8],
    ],
  },
};

const api = {
  async openData(choice: { file: File }, _options: object, role: string) {
    done.push(`open ${role} ${choice.file.name}`);
    const warnings = ['1 row is bad and left out.'];
    return { name: choice.file.name, sha256: `hash of ${choice.file.name}`, used: 24, warnings };
  },
  async prepareLadder(request: LadderRequest): Promise<LadderPlan> {
    prepared.push(request);
    return {
      ...{ heldOut: 24, withoutQuestion: 0, rows: 36, passages: request.documents.length },
      ...{ removed: { rows: 1, passages: 0 }, instruction: request.prompt ?? 'Be brief.' },
      metric: request.metric ?? 'labels',
      ...{ choosing: 12, leftOut: [3, 5] },
    };
  },
  identity: async (request: TrainRequest) => ({
    ...{ model: 'tiny', fingerprint: 'f', dataset: { mapping: null } },
    settings: { ...request.settings, 'rows left out': request.leaveOut?.join(' ') },
  }),
  async measureRung(name: RungName, adapter: { id: string } | null, listener: (event: RunEvent) => void) {
    listener({ type: 'progress', what: `${name}: answering`, done: 3, total: 24 });
    await before(name);
    done.push(adapter ? `${name} by ${adapter.id}` : name);
    return rung(name, right[name] ?? 1, name === 'examples' ? { k: 1 } : {});
  },
  async ladderFigures({ skipped, ...measured }: LadderFigures) {
    figured = measured;
    return { rungs: [], skipped, recommendation: {}, parts: [], parts_rung: null };
  },
  async ladderKinds() {
    done.push('kinds');
    return kinds;
  },
  async measureApart(adapters: { id: string }[]) {
    await before('apart');
    done.push(`apart by ${adapters.map(({ id }) => id).join(' and ')}`);
    return rung('apart', right.apart ?? 1);
  },
  async train(request: TrainRequest) {
    trained.push(request);
    await before('train');
    done.push('train');
    if (interrupted) savedRequest = JSON.parse(JSON.stringify(request));
    const { length } = trained;
    return {
      ...{ adapter: `run-${6 + length}`, seconds: 12, memory: { peak_bytes: 5e6 * length } },
      ...{ interrupted, stopped: false },
    };
  },
  savedRun: async () => savedRequest && { request: savedRequest, name: 'rows', step: 5 },
  forgetSavedRun: async () => void done.push('forget run'),
  generalLoss: async (adapter: unknown) => ({ lossSum: adapter ? 30 : 20, tokens: 10, rows: 10 }),
  adapterFiles: async (id: string) => [
    { path: 'adapter_model.safetensors', bytes: new TextEncoder().encode(id) },
  ],
  async addAdapter() {
    done.push('add adapter');
    return { id: `file-${done.filter((what) => what === 'add adapter').length}` };
  },
  removeAdapter: async (id: string) => void done.push(`remove ${id}`),
  keptExperiment: async () => kept,
  async keepExperiment(_id: string, ladder: KeptLadder) {
    kept = structuredClone(ladder);
  },
  async forgetExperiment() {
    kept = null;
  },
  async interrupt() {
    interrupted = true;
  },
  cancelGenerate: async () => {},
  generate: async () => ({ text: '' }),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('navigator', {});
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });

const reportOf = (shown: KeptLadder) =>
  ladderReportOf({ ...shown, result: ladderResult(shown.rungs, shown.skipped, 0) }, '2026-12-01T10:00:00Z');
const rungs = () => useLadder.getState().kept?.rungs.map(({ name }) => name);
const ledger = { path: 'ledger.md', file: new File(['Ann bought shoes in Oslo.'], 'ledger.md') };

beforeEach(() => {
  for (const list of [done, prepared, trained]) list.length = 0;
  before = () => {};
  kept = null;
  savedRequest = null;
  interrupted = false;
  right = { documents: 22, tuned: 4 };
  kinds = null;
  useLadder.setState(NO_LADDER, true);
  setApp({
    model: { name: 'tiny', id: 'bundled' } as ModelInfo,
    modelChoice: { kind: 'bundled' },
    data: { name: 'rows.jsonl', used: 60, sha256: 'ab', rowKind: 'answers' } as never,
    ...{ dataChoice: { kind: 'sample', file: 'rows.jsonl' }, dataTitle: 'Sample: rows' },
    ...{ run: EMPTY_RUN, starting: false, underWay: null, saved: null, adapter: null, tuned: null },
    ...{ settings: { ...PAGE_DEFAULTS, rank: 4 }, tab: 'lab', hardware: { name: 'here' } as never },
  });
});

test('rungs are measured from the cheapest, each kept at once; what is split off is held out of the training', async () => {
  await addDocuments([ledger]);
  const known: number[] = [];
  before = () => void known.push(kept?.rungs.length ?? -1);
  await measureLadder();
  expect(done).toEqual([
    ...['base', 'prompt', 'examples', 'retrieval', 'documents', 'train'],
    ...['tuned by run-7', 'tuned+retrieval by run-7', 'remove run-7'],
  ]);
  expect(known).toEqual([0, 1, 2, 3, 4, 5, 5, 6]);
  expect(prepared[0]).toMatchObject({
    ...{ prompt: null, keepOpen: true, split: { evalFraction: 0.1, seed: 0, most: 200 } },
    documents: [{ name: 'ledger.md', text: 'Ann bought shoes in Oslo.' }],
  });
  expect(trained[0]).toMatchObject({ leaveOut: [3, 5], evalData: false, settings: { rank: 4 } });
  const { kept: shown, now, error } = useLadder.getState();
  expect({ ...useLab.getState(), now, error, underWay: getApp().underWay }).toEqual({
    ...{ work: null, left: null, stopping: false, now: null, error: null, underWay: null },
  });
  expect(shown).toMatchObject({ done: true, skipped: [], title: 'Sample: rows' });
  expect(shown?.rungs.at(-1)).toMatchObject({
    ...{ train_seconds: 12, memory_bytes: 5e6, elsewhere_before: 2, elsewhere_after: 3 },
  });
  expect(kept).toEqual(shown);
  expect(figured).toMatchObject({ rungs: shown?.rungs, seed: 0, metric: 'labels', kinds: null });
  const report = reportOf(shown!);
  expect(report.findings[0]).toMatch('Documents is the best at 91.7 %');
  expect(report.command).toBe(
    'npm run --silent ladder -- --model bundled --data public/samples/rows.jsonl --eval-data held-out.jsonl --documents documents --rank 4 --eval-fraction 0.1 --out ladder',
  );
  expect(report.sections.at(-1)?.text?.[0]).toMatch(/^The held-out rows are those of the lines 1, 2, 3/);
});

test('while it is measured, model, data and settings stay as they are', async () => {
  let locked: boolean[] = [];
  before = async (what) => {
    if (what !== 'base') return;
    locked = [settingsLocked(), !canTrain(), !(await openData({ kind: 'sample', file: 'x' }, 'x'))];
    expect(getApp().dataError?.text).toMatch('A ladder is using its data.');
    await addDocuments([ledger]);
  };
  await measureLadder();
  expect(locked).toEqual([true, true, true]);
  expect(getApp().dataError).toBeNull();
  expect(useLadder.getState().documents).toEqual([]);
  expect(rungs()).not.toContain('documents');
});

test('what changed is measured again, and nothing else', async () => {
  await measureLadder();
  expect(useLadder.getState().kept?.skipped).toEqual([
    { name: 'documents', reason: 'no documents were given' },
  ]);
  done.length = 0;
  await addDocuments([ledger]);
  await measureLadder();
  expect(done).toEqual(['documents']);
  done.length = 0;
  setApp({ settings: { ...PAGE_DEFAULTS, rank: 16 } });
  await measureLadder();
  expect(done).toEqual(['train', 'tuned by run-8', 'tuned+retrieval by run-8', 'remove run-8']);
  done.length = 0;
  useLadder.setState({ prompt: 'Be long.' });
  await measureLadder();
  // The instruction has no part in the training.
  expect(done).toEqual([
    ...['base', 'prompt', 'examples', 'retrieval', 'documents', 'add adapter'],
    ...['tuned by file-1', 'tuned+retrieval by file-1', 'remove file-1'],
  ]);
  expect(rungs()).toEqual([
    ...['base', 'prompt', 'examples', 'retrieval', 'documents', 'tuned', 'tuned+retrieval'],
  ]);
});

test('by another metric the answers are judged again; what a metric has chosen is measured again', async () => {
  await addDocuments([ledger]);
  await measureLadder();
  done.length = 0;
  useLadder.setState({ metric: ' answer == "no" ' });
  await measureLadder();
  expect(prepared.at(-1)?.metric).toEqual({ expression: 'answer == "no"' });
  expect(done).toEqual(['examples']);
  const shown = useLadder.getState().kept!;
  const share = (name: RungName) =>
    shown.rungs.find((one) => one.name === name)?.rows.filter((row) => row.right === 1).length;
  expect([share('base'), share('documents')]).toEqual([23, 2]);
  expect(rungs()).toEqual([
    ...['base', 'prompt', 'examples', 'retrieval', 'documents', 'tuned', 'tuned+retrieval'],
  ]);
  expect(reportOf(shown).command).toContain(`--metric 'answer == "no"'`);
  done.length = 0;
  useLadder.setState({ metric: 'answer =' });
  await measureLadder();
  expect(useLadder.getState().error).toMatchObject({ code: 'bad-expression' });
  expect(done).toEqual([]);
});

test('where no rung is good enough, an adapter is trained for each kind once that is asked for', async () => {
  kinds = KINDS;
  await measureLadder();
  expect(done.slice(-2)).toEqual(['kinds', 'remove run-7']);
  const { leaveOut, ...known } = KINDS;
  expect(useLadder.getState().kept).toMatchObject({ done: true, apart: null });
  expect(useLadder.getState().kept?.kinds).toEqual(known);
  expect(figured?.kinds).toEqual(known);
  for (const list of [done, trained]) list.length = 0;
  right.apart = 22;
  await measureLadder({ apart: true });
  expect(done).toEqual([
    ...['kinds', 'train', 'remove run-7', 'train', 'remove run-8', 'add adapter', 'add adapter'],
    ...['apart by file-1 and file-2', 'remove file-1', 'remove file-2'],
  ]);
  expect(trained.map((request) => request.leaveOut)).toEqual(leaveOut);
  const shown = useLadder.getState().kept!;
  expect(shown.apart?.map(({ name }) => name)).toEqual(['oslo', 'shoes']);
  expect(shown.rungs.at(-1)).toMatchObject({
    ...{ name: 'apart', train_seconds: 24, memory_bytes: 10e6 },
    ...{ elsewhere_before: 2, elsewhere_after: 3 },
  });
  expect(reportOf(shown).command).toMatch(/ --apart /);
  // Other settings make other adapters, which are offered anew.
  setApp({ settings: { ...PAGE_DEFAULTS, rank: 2 } });
  await measureLadder();
  expect(useLadder.getState().kept).toMatchObject({ apart: null, kinds: known });
  expect(rungs()).not.toContain('apart');
});

test('one that is stopped while it trains for the second kind goes on with that', async () => {
  kinds = KINDS;
  await measureLadder();
  trained.length = 0;
  before = (what) => {
    if (what === 'train' && trained.length === 2) return stopExperiment();
  };
  await measureLadder({ apart: true });
  expect(useLadder.getState().kept).toMatchObject({ done: false, apart: [{ name: 'oslo' }] });
  before = () => {};
  interrupted = false;
  await continueLadder();
  expect(trained.map(({ leaveOut, resume }) => [leaveOut, resume])).toEqual([
    [KINDS.leaveOut[0], undefined],
    [KINDS.leaveOut[1], undefined],
    [KINDS.leaveOut[1], 'saved'],
  ]);
  expect(useLadder.getState().kept).toMatchObject({ done: true, apart: [{}, { name: 'shoes' }] });
});

test('where the rows have no kinds, that is the reason', async () => {
  await measureLadder({ apart: true });
  expect(useLadder.getState().kept).toMatchObject({ done: true, kinds: null, apart: [] });
  expect(useLadder.getState().kept?.skipped.at(-1)).toMatchObject({ name: 'apart' });
});

test('stopped, it keeps what was measured and goes on from there', async () => {
  before = (what) => {
    if (what === 'examples') void stopExperiment();
  };
  await measureLadder();
  expect(rungs()).toEqual(['base', 'prompt', 'examples']);
  expect(useLadder.getState()).toMatchObject({ error: null, kept: { done: false } });
  expect(useLab.getState().stopping).toBe(false);
  before = () => {};
  interrupted = false;
  await continueLadder();
  expect(rungs()).toHaveLength(6);
  expect(done.filter((what) => what === 'base')).toHaveLength(1);
});

test('a training that is stopped goes on from its checkpoint, and one of another ladder does not', async () => {
  before = (what) => {
    if (what === 'train') return stopExperiment();
  };
  vi.stubGlobal('navigator', { locks: undefined });
  await measureLadder();
  expect(rungs()).toEqual(['base', 'prompt', 'examples', 'retrieval']);
  expect(trained[0]).toMatchObject({ keepAs: 'Sample: rows', resume: undefined });
  before = () => {};
  interrupted = false;
  await continueLadder();
  expect(trained[1].resume).toBe('saved');
  expect(rungs()).toHaveLength(6);
  setApp({ settings: { ...PAGE_DEFAULTS, rank: 2 } });
  await measureLadder();
  expect(trained[2].resume).toBeUndefined();
  await discardLadder();
  expect([kept, useLadder.getState().kept, done.at(-1)]).toEqual([null, null, 'forget run']);
});

test('on the next visit it is there again, with what was given to it', async () => {
  await addDocuments([ledger]);
  useLadder.setState({ prompt: 'Be brief.' });
  before = (what) => {
    if (what === 'tuned') void stopExperiment();
  };
  await measureLadder();
  const visit = kept!;
  interrupted = false;
  before = () => {};
  done.length = 0;
  useLadder.setState(NO_LADDER, true);
  await loadLadder();
  const { restored, documents, prompt } = useLadder.getState();
  expect({ restored, documents, prompt }).toEqual({
    ...{ restored: true, documents: visit.given.documents, prompt: 'Be brief.' },
  });
  expect(missingForLadder({ ...visit, given: { ...visit.given, data: null } })).toEqual([]);
  expect(missingForLadder({ ...visit, title: 'other.jsonl', given: { ...visit.given, data: null } })).toEqual(
    ['other.jsonl'],
  );
  // What was not there to be opened is told of; here it is open already.
  useLadder.setState({ restored: false });
  await continueLadder();
  // The adapter is not trained again.
  expect(done).toEqual(['add adapter', 'tuned+retrieval by file-1', 'remove file-1']);
});

test('the adapter of the page answers where it is chosen, with a note of what it may have seen', async () => {
  setApp({ tuned: 'run-2', runName: 'Rows', run: { ...EMPTY_RUN, state: 'finished' } });
  useLadder.setState({ tunedBy: 'shelf' });
  await measureLadder();
  expect(done).not.toContain('train');
  expect(done).toContain('tuned by file-1');
  const shown = useLadder.getState().kept!;
  expect(shown.adapter).toMatchObject({ name: 'Rows', note: expect.stringContaining('may have been among') });
  expect(reportOf(shown).sections.at(-1)?.text?.[0]).toBe(shown.adapter?.note);
  expect(useLadder.getState().warnings).toEqual([]);
  setApp({ runSettings: { ...getApp().settings, raw: true } });
  await measureLadder();
  expect(useLadder.getState().warnings).toEqual([
    'The adapter was trained without the chat template and is asked with it here, since “Skip the chat template” is off.',
  ]);
});

test('a file of held-out rows is opened beside the data', async () => {
  useLadder.setState({ heldOut: new File(['{}'], 'held.jsonl') });
  await measureLadder();
  expect(done[0]).toBe('open eval held.jsonl');
  expect(useLadder.getState().warnings).toEqual(['held.jsonl: 1 row is bad and left out.']);
  expect(prepared[0].split).toBeUndefined();
});

test('an unfinished run that the page offers is not lost to the training of a ladder', async () => {
  setApp({ saved: { name: 'other' } as never });
  await measureLadder();
  expect(trained[0].keepAs).toBeUndefined();
});

test('what fails is told, and what was measured stays', async () => {
  before = (what) => {
    if (what === 'prompt') throw new Error('bad-documents: The documents have no text.');
  };
  await measureLadder();
  expect(useLadder.getState().error).toMatchObject({ code: 'bad-documents' });
  expect(rungs()).toEqual(['base']);
  expect(getApp().underWay).toBeNull();
});

test.each([
  [['a.md', 'b/c.html', 'd.txt'], true],
  [['a.md', 'rows.jsonl'], false],
  [[], false],
] as const)('%j dropped on the ladder are documents: %s', async (paths, are) => {
  const files = paths.map((path) => ({ path, file: new File(['Ann bought shoes.'], path) }));
  expect(await takeDocuments(files)).toBe(are);
  expect(useLadder.getState().documents.map(({ name }) => name)).toEqual(are ? paths : []);
});

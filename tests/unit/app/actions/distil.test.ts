import { beforeEach, expect, test, vi } from 'vitest';
import {
  beginDistil,
  continueDistil,
  discardDistil,
  loadDistil,
  missingForDistil,
  openStudent,
  takeOut,
} from '../../../../src/app/actions/distil.ts';
import { changeDistil, distilProblem, pickModel } from '../../../../src/app/actions/distil-inputs.ts';
import { madeOf } from '../../../../src/app/actions/distil-record.ts';
import { distilReportOf } from '../../../../src/app/actions/distil-report.ts';
import { stopExperiment } from '../../../../src/app/actions/experiment.ts';
import { NO_DISTIL, useDistil } from '../../../../src/app/state/distil.ts';
import { useLab } from '../../../../src/app/state/lab.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useShelf } from '../../../../src/app/state/shelf.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { UserError } from '../../../../src/errors.ts';
import type { Attempt } from '../../../../src/lab/distillation/made.ts';
import type {
  DistilFiguresRequest,
  KeptDistil,
  MakeRowsRequest,
  ModelChoice,
  ModelInfo,
  RunEvent,
  SiftRequest,
  TrainRequest,
} from '../../../../src/worker/api/api.ts';
import { distilFigures, sift } from '../../../../src/worker/compute/distillation.ts';
import { row } from '../../lab/distillation/asked.ts';
import { rung } from '../../lab/ladder/measured.ts';

/** A page's worker and one beside it, which write down what they are asked; `before` runs before an answer. */
const done: string[] = [];
const trained: TrainRequest[] = [];
let before: (what: string) => Promise<void> | void = () => {};
let kept: KeptDistil | null = null;
let savedRequest: TrainRequest | null = null;
let interrupted = false;
let otherTokenizer = false;
/** Whether the worker beside it was ended, by when it was started. */
const ended: boolean[] = [];

const train = Array.from({ length: 8 }, (_, i) => row(`row ${i}`, `said ${i}`));
const heldOut = [row('held out', '1')];
const attempt = (text: string): Attempt => ({
  turns: row(text, '').turns,
  answer: { text: `said ${text}`, stop: 'eos' },
});

const aside = {
  setAway: async () => {},
  hardware: async () => ({ name: 'here' }),
  async openModel(choice: ModelChoice) {
    done.push(`model ${choice.kind}`);
    return { name: choice.kind, parameters: choice.kind === 'bundled' ? 5e6 : 2e6 };
  },
  setBaseDtype: async () => {},
  async openTeacher(choice: ModelChoice, files: unknown[]) {
    done.push(`teacher ${choice.kind} ${files.length}`);
    if (otherTokenizer)
      throw new UserError('other-tokenizer', 'The teacher x has another tokenizer than y: token 1. Its …');
  },
  async openData(choice: { kind: string; file: File }, _options: object, role: string) {
    const name = choice.kind === 'file' ? choice.file.name : choice.kind;
    const text = choice.kind === 'file' ? await choice.file.text() : '';
    const used = text.trimEnd().split('\n').length;
    done.push(`open ${role} ${name}`);
    return { name, sha256: `hash of ${name}`, used, badCount: 0, dropped: 0 };
  },
  splitRows: async () => ({ train, heldOut, removed: 1, without: 0 }),
  questions: async () => ['one', 'two', 'three'].map((text) => row(text, '–')),
  prepareLadder: async () => ({ metric: 'answers', rows: 8 }),
  async measureRung(name: string, adapter: { id: string } | null) {
    await before('measure');
    done.push(`${name} by ${adapter?.id ?? 'the base'}`);
    return rung('tuned', adapter?.id === 'run-2' ? 20 : 6);
  },
  async answerQuestions() {
    return { answers: [], tokens: 100, seconds: 1 };
  },
  async makeRows(
    request: MakeRowsRequest,
    listener: (event: RunEvent) => void,
    onMore: (more: Attempt[]) => void,
  ) {
    listener({ type: 'progress', what: 'The teacher answers', done: 1, total: 4 });
    const names = ['a', 'b', 'row 3', 'c'];
    for (const name of names.slice(request.before.length)) {
      onMore([attempt(name)]);
      await before(name);
      if (interrupted) throw new UserError('stopped', 'Stopped.');
    }
  },
  siftRows: async (request: SiftRequest) => sift(request),
  async train(request: TrainRequest) {
    trained.push(request);
    await before('train');
    done.push(`train ${request.settings.objective}`);
    if (interrupted) savedRequest = JSON.parse(JSON.stringify(request));
    return {
      ...{ adapter: `run-${trained.length}`, seconds: 12, memory: { peak_bytes: 5e6 } },
      ...{ interrupted, stopped: false },
    };
  },
  savedRun: async () => savedRequest && { request: savedRequest, name: 'rows', step: 5 },
  adapterFiles: async (id: string) => [
    { path: 'adapter_model.safetensors', bytes: new TextEncoder().encode(id) },
  ],
  async addAdapter(files: { bytes: Uint8Array }[]) {
    const id = new TextDecoder().decode(files[0].bytes);
    done.push(`add ${id}`);
    return { id, notes: [] };
  },
  async interrupt() {
    interrupted = true;
  },
  cancelGenerate: async () => {},
  cancelModel: async () => {},
  cancelData: async () => {},
  stopWork: async () => {},
};
const api = {
  distilFigures: async (request: DistilFiguresRequest) => distilFigures(request),
  keptExperiment: async () => kept,
  async keepExperiment(_id: string, record: KeptDistil) {
    kept = structuredClone(record);
  },
  async forgetExperiment() {
    kept = null;
  },
  savedRun: async () => savedRequest && { request: savedRequest },
  async forgetSavedRun() {
    savedRequest = null;
  },
  interrupt: async () => false,
  cancelGenerate: async () => {},
  generate: async () => ({ text: '' }),
  addAdapter: async () => ({ id: 'shelved', notes: [] }),
  adapterFiles: async (id: string) => aside.adapterFiles(id),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.mock('../../../../src/app/state/another-worker.ts', () => ({
  anotherWorker: async () => {
    const place = ended.push(false) - 1;
    return { api: aside, end: () => void ended.splice(place, 1, true) };
  },
}));
vi.stubGlobal('navigator', {});
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });
vi.stubGlobal('document', { hidden: false, addEventListener() {}, removeEventListener() {} });

const shown = () => useDistil.getState().kept!;
const student: ModelChoice = { kind: 'folder', files: [] };

beforeEach(() => {
  for (const list of [done, trained, ended]) list.length = 0;
  before = () => {};
  kept = null;
  savedRequest = null;
  interrupted = false;
  otherTokenizer = false;
  useShelf.setState({ named: {} });
  useDistil.setState(
    { ...NO_DISTIL, loaded: true, student: { kind: 'files', choice: student, name: 'half' } },
    true,
  );
  setApp({
    model: { name: 'tiny', id: 'bundled' } as ModelInfo,
    ...{ modelChoice: { kind: 'bundled' }, modelWork: null, dataWork: null },
    data: { name: 'rows.jsonl', used: 60, sha256: 'ab' } as never,
    ...{ dataChoice: { kind: 'sample', file: 'rows.jsonl' }, dataTitle: 'Sample: rows' },
    ...{ run: EMPTY_RUN, runName: 'form', starting: false, underWay: null, saved: null, adapter: null },
    ...{ tuned: 'mine', settings: { ...PAGE_DEFAULTS, epochs: 2, evalFraction: 0 }, tab: 'lab' },
  });
});

test('the teacher makes rows, which are waited with; then the student is trained twice as long as the same', async () => {
  await beginDistil();
  expect(useDistil.getState().error).toBeNull();
  expect(done).toEqual([
    ...['model bundled', 'add mine', 'open train sample'],
    ...['open train rows.jsonl', 'open eval held-out.jsonl', 'tuned by mine'],
  ]);
  expect(shown().verdicts).toEqual([null, null, 'repeated', null]);
  expect(shown()).toMatchObject({
    done: false,
    stages: { made: true },
    figures: { table: [{ who: 'teacher' }] },
  });
  expect(shown().notes).toEqual(['1 training rows ask what a held-out row asks. They are left out.']);
  done.length = 0;
  await continueDistil();
  expect(useDistil.getState().error).toBeNull();
  expect(done).toEqual([
    ...['model folder', 'teacher bundled 1'],
    ...['open train rows.jsonl', 'open eval held-out.jsonl', 'train sft', 'tuned by run-1'],
    ...['open train all.jsonl', 'open eval held-out.jsonl', 'train distil', 'tuned by run-2'],
  ]);
  // Two epochs of eleven rows, four at a time.
  expect(trained.map(({ settings }) => settings.steps)).toEqual([6, 6]);
  expect(trained[0]).toMatchObject({ evalData: false, maxEvalRows: null, leaveOut: [] });
  expect(shown().done).toBe(true);
  expect(kept).toEqual(shown());
  expect(ended).toEqual([true, true]);
  expect(shown().figures.table.map(({ who, parameters }) => [who, parameters])).toEqual([
    ['teacher', 5e6],
    ['student-small', 2e6],
    ['student-larger', 2e6],
  ]);
  const { result } = shown().figures;
  expect(result!.gain.metric).toBeCloseTo(14 / 24);
  const report = distilReportOf(shown(), result!, '2026-12-01T10:00:00Z');
  expect(report.findings[0]).toMatch('the made rows help');
  expect(report.command).toBe(
    'npm run --silent distil -- --teacher bundled --teacher-adapter form --student half --data public/samples/rows.jsonl --epochs 2 --out distilled',
  );
  // Its model is not the one that is open.
  expect(useShelf.getState().named).toEqual({});
});

test('a row that is taken out is trained on no more, and what it decided is trained again', async () => {
  useDistil.setState({ look: false });
  await beginDistil();
  expect(shown().done).toBe(true);
  await takeOut(1, true);
  expect(shown()).toMatchObject({ done: false, byHand: [1], figures: { result: null } });
  expect(Object.keys(shown().students)).toEqual(['student-small']);
  expect(madeOf(shown()).kept.map(({ answer }) => answer)).toEqual(['said a', 'said c']);
  trained.length = 0;
  await continueDistil();
  // Of fewer rows, and as many steps.
  expect(trained.map(({ settings }) => settings.objective)).toEqual(['distil']);
  const { result } = shown().figures;
  expect(result!.dropped.by_hand).toBe(1);
  const { sections } = distilReportOf(shown(), result!, '2026-12-01T10:00:00Z');
  expect(sections.at(-1)!.text!.join(' ')).toMatch('1 made row was taken out by hand');
  await discardDistil();
  setApp({ settings: { ...getApp().settings, batch: 1 } });
  await beginDistil();
  await takeOut(1, true);
  await takeOut(1, false);
  await takeOut(0, true);
  trained.length = 0;
  await continueDistil();
  // Of ten rows, one at a time, both take fewer steps.
  expect(trained.map(({ settings }) => settings.steps)).toEqual([20, 20]);
});

test('Stop ends what is under way; what was made stays, on the next visit too', async () => {
  before = async (what) => {
    if (what === 'b') await stopExperiment();
  };
  await beginDistil();
  expect(useDistil.getState().error).toBeNull();
  expect({ ...useLab.getState(), underWay: getApp().underWay }).toEqual({
    ...{ work: null, left: null, stopping: false, underWay: null },
  });
  expect(shown().stages.attempts).toHaveLength(2);
  expect(shown().stages.made).toBeUndefined();
  interrupted = false;
  const half = {
    ...kept!,
    given: { ...kept!.given, student: { model: { choice: null, name: 'half' }, flag: 'half' } },
  };
  kept = half;
  useDistil.setState({ ...NO_DISTIL }, true);
  await loadDistil();
  expect(useDistil.getState()).toMatchObject({ restored: true, kept: half });
  expect(missingForDistil(shown())).toEqual(['student']);
  useDistil.setState({ again: { student } });
  expect(missingForDistil(shown())).toEqual([]);
  done.length = 0;
  before = async (what) => {
    if (what === 'train') await stopExperiment();
  };
  await continueDistil();
  expect(shown().stages.attempts).toHaveLength(4);
  expect(done).not.toContain('tuned by mine');
  await continueDistil();
  expect(shown().students).toEqual({});
  interrupted = false;
  before = () => {};
  await continueDistil();
  expect(trained.map(({ resume }) => resume)).toEqual([undefined, 'saved', undefined]);
  expect(shown().done).toBe(true);
  await discardDistil();
  expect([kept, useDistil.getState().kept, savedRequest]).toEqual([null, null, null]);
});

test('where the tokenizers differ the student learns from answers alone, and the sentence says why', async () => {
  otherTokenizer = true;
  useDistil.setState({ look: false });
  await beginDistil();
  expect(trained.map(({ settings }) => settings.objective)).toEqual(['sft', 'sft']);
  expect(shown().stages.student!.answersOnly).toBe('The teacher x has another tokenizer than y: token 1.');
});

test('another model than before is refused by its size', async () => {
  await beginDistil();
  changeDistil({
    kept: {
      ...shown(),
      stages: { ...shown().stages, student: { parameters: 3e6, tokens_per_second: 1, answersOnly: null } },
    },
  });
  await continueDistil();
  expect(useDistil.getState().error?.text).toMatch(
    'folder has 2000000 parameters, and the student of this distillation had 3000000.',
  );
  expect(trained).toEqual([]);
});

test('the student is on the shelf where its model is open', async () => {
  pickModel('student', { kind: 'open' });
  useDistil.setState({ look: false });
  await beginDistil();
  expect(useShelf.getState().named).toEqual({ shelved: { name: 'rows-student', past: null } });
  await openStudent();
  expect(getApp()).toMatchObject({ tab: 'compare', tuned: 'shelved' });
});

test('a person’s questions are read once, and what cannot begin says why', async () => {
  changeDistil({ prompts: new File(['Where?\nWho?\n'], 'questions.txt'), wanted: '5' });
  await beginDistil();
  expect(shown().given.own).toHaveLength(3);
  expect(shown().notes).toContain('3 questions were given, 5 are asked for: each is asked once.');
  const problem = (more: object) => distilProblem({ ...useDistil.getState(), ...more });
  expect(problem({})).toBeNull();
  expect(problem({ teacher: { kind: 'hub', text: 'nothing' } })).toMatch('the teacher');
  expect(problem({ student: { kind: 'files', choice: null, name: '' } })).toMatch('the student');
  expect(problem({ wanted: '0' })).toMatch('a whole number');
  setApp({ settings: { ...PAGE_DEFAULTS, objective: 'dpo' } });
  expect(problem({})).toMatch('the settings say dpo');
  setApp({ settings: { ...PAGE_DEFAULTS, raw: true } });
  expect(problem({ prompts: null })).toMatch('Choose a file of questions.');
});

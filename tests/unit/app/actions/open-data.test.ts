import { beforeEach, expect, test, vi } from 'vitest';
import { openData, openSample, reopenData } from '../../../../src/app/actions/open-data.ts';
import { leftOut, openFiles } from '../../../../src/app/actions/open-files.ts';
import { importPart, MissingPart } from '../../../../src/app/shared/import-part.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { DataChoice, ModelInfo } from '../../../../src/worker/api/api.ts';

/** What the worker was asked to open, and what it answers: a file whose name begins with "bad" is refused. */
const asked: string[] = [];
let wait = Promise.resolve();
/** Says how far the reading is. */
let hear: (done: number) => void = () => {};
const nameOf = (choice: DataChoice): string =>
  choice.kind === 'files'
    ? choice.files.map(({ name }) => name).join('+')
    : choice.kind === 'sample' || choice.kind === 'file'
      ? choice.kind === 'file'
        ? choice.file.name
        : choice.file
      : choice.name;
const api = {
  async openData(choice: DataChoice, _options: object, _role: string, listener: (event: RunEvent) => void) {
    asked.push(nameOf(choice));
    hear = (done) => listener({ type: 'progress', what: 'Reading', done, total: 9 });
    await wait;
    if (nameOf(choice).startsWith('bad')) throw new Error('wrong-file: The file is a spreadsheet.');
    return { name: nameOf(choice), used: 2 };
  },
  async previewRows() {
    const rows = ['cut', 'trained'].map((kind, i) => ({
      index: i,
      question: `row ${i} of ${asked.at(-1)}`,
      tokens: [{ kind }],
    }));
    return rows;
  },
  estimate: async () => {
    throw new Error('no estimate');
  },
  generate: () => new Promise(() => {}),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.mock('../../../../src/app/shared/import-part.ts', async (original) => {
  const real = await original<typeof import('../../../../src/app/shared/import-part.ts')>();
  return { ...real, importPart: vi.fn(real.importPart) };
});

const file = (name: string) => new File(['x'], name);
const open = (name: string) => openData({ kind: 'file', file: file(name) }, name);
const sample = { file: 'pirate', title: 'Talk', description: '', rows: 1, format: '', prompts: ['a?', 'b?'] };

beforeEach(async () => {
  setApp({
    model: { name: 'first' } as ModelInfo,
    run: EMPTY_RUN,
    prompts: [],
    givenPrompts: [],
    samples: [sample],
    dataError: null,
    dataChoice: null,
    data: null,
  });
  wait = Promise.resolve();
  asked.length = 0;
});

test('what does not open leaves what is open, and says both', async () => {
  await open('good.jsonl');
  const before = getApp();
  expect(await open('bad.xlsx')).toBe(false);
  expect(getApp()).toMatchObject({
    data: before.data,
    dataChoice: before.dataChoice,
    dataTitle: 'good.jsonl',
    exampleRow: before.exampleRow,
    dataPending: null,
    dataWork: null,
    dataError: {
      title: 'bad.xlsx could not be opened.',
      text: 'The file is a spreadsheet. good.jsonl is still open.',
    },
  });
  expect(await open('better.jsonl')).toBe(true);
  expect(getApp()).toMatchObject({ dataTitle: 'better.jsonl', dataError: null });
});

test.each(['good.jsonl', 'bad.xlsx'])(
  'how far the reading is counts for nothing once it has ended: %s',
  async (name) => {
    vi.useFakeTimers();
    let goOn = () => {};
    wait = new Promise((resolve) => {
      goOn = resolve;
    });
    const opening = open(name);
    await vi.advanceTimersByTimeAsync(1);
    hear(3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(getApp().dataWork).toMatchObject({ done: 3, total: 9 });
    hear(4);
    goOn();
    await opening;
    // From the worker it comes over another way than the result.
    hear(9);
    await vi.advanceTimersByTimeAsync(1000);
    expect(getApp().dataWork).toBeNull();
    vi.useRealTimers();
  },
);

test('what is open stays until the other is read', async () => {
  await open('good.jsonl');
  let goOn = () => {};
  wait = new Promise((resolve) => {
    goOn = resolve;
  });
  const opening = open('better.jsonl');
  expect(getApp()).toMatchObject({
    dataTitle: 'good.jsonl',
    data: { name: 'good.jsonl' },
    dataPending: { title: 'better.jsonl' },
    dataWork: { what: 'Reading better.jsonl' },
  });
  goOn();
  await opening;
  expect(getApp().data).toMatchObject({ name: 'better.jsonl' });
});

test('with nothing open, nothing is said to be', async () => {
  await open('bad.xlsx');
  expect(getApp()).toMatchObject({ data: null, dataChoice: null });
  expect(getApp().dataError?.text).toBe('The file is a spreadsheet.');
});

test('where the model has changed meanwhile, what was open is read again by it', async () => {
  await open('good.jsonl');
  setApp({ model: { name: 'second' } as ModelInfo });
  await open('bad.xlsx');
  expect(asked).toEqual(['good.jsonl', 'bad.xlsx', 'good.jsonl']);
  expect(getApp().dataError?.title).toBe('bad.xlsx could not be opened.');
  expect(getApp().data).toMatchObject({ name: 'good.jsonl' });
});

test('other settings read what is chosen last, and its failure leaves nothing open', async () => {
  await openData({ kind: 'text', name: 'mine', text: '' }, 'Mine');
  await reopenData();
  expect(asked).toEqual(['mine', 'mine']);
  const refuse = vi.spyOn(api, 'openData').mockRejectedValue(new Error('file-changed: It was moved.'));
  await reopenData();
  refuse.mockRestore();
  expect(getApp()).toMatchObject({ data: null, dataError: { code: 'file-changed', text: 'It was moved.' } });
});

test('rows are told by what people call their form, or by its short name where that did not come', async () => {
  const of = (format: DataReport['format']) =>
    vi.spyOn(api, 'openData').mockResolvedValueOnce({ name: 'rows', used: 2, format } as DataReport);
  of('prompt-completion');
  await open('rows.jsonl');
  expect(getApp().dataForm).toBe('prompt and completion');
  of('prompt-completion');
  vi.mocked(importPart).mockRejectedValueOnce(new MissingPart(false, null));
  await open('rows.jsonl');
  expect(getApp().dataForm).toBe('prompt-completion');
});

test('data wait for a model that is not open', async () => {
  setApp({ model: null, modelWork: null });
  await open('good.jsonl');
  expect(asked).toEqual([]);
  expect(getApp()).toMatchObject({ dataPending: { title: 'good.jsonl' }, dataWork: null, dataError: null });
  setApp({ model: { name: 'late' } as ModelInfo });
  await reopenData();
  expect(getApp()).toMatchObject({ dataTitle: 'good.jsonl', dataPending: null });
});

test('other data bring their own question, of a row that is not cut, and leave the person’s', async () => {
  await openSample(sample);
  expect(getApp().prompts).toEqual(['a?', 'b?']);
  setApp(({ prompts }) => ({ prompts: [...prompts, 'mine?'] }));
  await open('good.jsonl');
  expect(getApp().prompts).toEqual(['row 1 of good.jsonl', 'mine?']);
  await open('bad.xlsx');
  expect(getApp().prompts).toEqual(['row 1 of good.jsonl', 'mine?']);
});

test('that a run uses its data is said for as long as it does', async () => {
  await open('good.jsonl');
  setApp({ run: { ...EMPTY_RUN, state: 'training' } });
  expect(await open('better.jsonl')).toBe(false);
  expect(getApp()).toMatchObject({ dataError: { code: 'busy' }, data: { name: 'good.jsonl' } });
  setApp({ run: { ...EMPTY_RUN, state: 'paused' } });
  expect(getApp().dataError?.code).toBe('busy');
  setApp({ run: { ...EMPTY_RUN, state: 'finished' } });
  expect(getApp().dataError).toBeNull();
});

test('what of a drop is no data is named', async () => {
  const drop = (...names: string[]) => openFiles(names.map((path) => ({ path, file: file(path) })));
  await drop('chat.jsonl', 'sheet.xlsx', 'labels.csv', 'photo.png');
  expect(asked).toEqual(['chat.jsonl+labels.csv']);
  expect(getApp().dataNote).toMatch(/^sheet\.xlsx and photo\.png were left out: /);
  await drop('chat.jsonl');
  expect(getApp().dataNote).toBeNull();
  await drop('bad.xlsx', 'photo.png');
  expect(getApp().dataNote).toMatch(/^photo\.png was left out: /);
  expect(leftOut(['a', 'b', 'c', 'd', 'e'])).toMatch(/^a, b, c and 2 more were left out/);
});

test('an earlier error goes when something else is tried', async () => {
  const stale = { code: 'wrong-file' as const, text: 'old' };
  setApp({ modelError: stale, adapterError: stale, dataError: stale });
  await openFiles([{ path: 'good.jsonl', file: file('good.jsonl') }]);
  expect(getApp()).toMatchObject({ modelError: null, adapterError: null, dataError: null });
  setApp({ model: null, modelError: stale });
  await openFiles([{ path: 'good.jsonl', file: file('good.jsonl') }]);
  expect(getApp().modelError).toEqual(stale);
});

test('an adapter that cannot be opened is named', async () => {
  setApp({ adapterError: null });
  await openFiles([{ path: 'mine/adapter_model.safetensors', file: file('adapter_model.safetensors') }]);
  expect(getApp().adapterError?.title).toBe('adapter_model.safetensors could not be opened.');
});

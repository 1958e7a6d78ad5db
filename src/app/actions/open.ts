import { nameOfFiles } from '../../data/as-json-lines.ts';
import type { RunEvent } from '../../train/events.ts';
import type { DataChoice, DeviceChoice, ModelChoice, ModelInfo } from '../../worker/api.ts';
import { type Pace, paced, speedOf } from '../shared/speed.ts';
import { burstListener, worker } from '../state/connection.ts';
import { type PageError, pageError } from '../state/errors.ts';
import { isBusy } from '../state/run.ts';
import type { SampleInfo } from '../state/samples.ts';
import { getApp, setApp, type Work } from '../state/store.ts';
import { adapterAmong, openAdapter } from './adapter.ts';
import { refreshEstimate } from './estimate.ts';
import { askBase, dropBaseAnswers } from './preview.ts';
import { openRecipe } from './recipe.ts';

function progressInto(take: (work: Work) => void) {
  let pace: Pace | null = null;
  return (events: RunEvent[]) => {
    for (const event of events) {
      if (event.type !== 'progress') continue;
      const { what, done, total } = event;
      pace = paced(pace, what, done, performance.now() / 1000);
      take({ what, done, total, speed: speedOf(pace) });
    }
  };
}

/** The latest request wins, for the model and for the data apart: a file may be dropped while the model opens. */
let modelTurn = 0;
let turn = 0;

export async function openDevice(device: DeviceChoice): Promise<void> {
  setApp({ device });
  const api = await worker();
  setApp({ hardware: await api.hardware(device, getApp().matrices) });
}

/** What the worker has open: a download that is paused or refused leaves it as it is. */
let opened: { model: ModelInfo; choice: ModelChoice } | null = null;

/** Opens the model, then the data again, since its tokens are the model's. */
export async function openModel(choice: ModelChoice): Promise<void> {
  const mine = ++modelTurn;
  setApp({
    modelChoice: choice,
    model: null,
    modelError: null,
    modelPaused: null,
    modelWork: { what: 'Opening the model', done: 0, total: null },
    estimate: null,
    baseAnswers: {},
  });
  const { listener, settle } = burstListener(
    progressInto((modelWork) => {
      if (mine === modelTurn) setApp({ modelWork });
    }),
  );
  try {
    await dropBaseAnswers();
    const api = await worker();
    const model = await api.openModel(choice, listener);
    // Answers before a run come from the base as it will be held.
    await api.setBaseDtype(getApp().settings.baseDtype);
    settle();
    if (mine !== modelTurn) return;
    opened = { model, choice };
    // An adapter belongs to the model that it was opened on.
    setApp({ model, modelWork: null, adapter: null, adapterError: null });
    const { dataChoice, dataTitle } = getApp();
    if (dataChoice) await readData(dataChoice, dataTitle, ++turn);
  } catch (error) {
    if (mine === modelTurn) await afterFailure(choice, pageError(error));
  }
}

/** A refused or paused download changed nothing: the model before it is open still. */
async function afterFailure(choice: ModelChoice, error: PageError): Promise<void> {
  const { modelWork: work, dataWork, dataChoice, dataTitle } = getApp();
  const paused = error.code === 'hub-paused' && work ? { choice, work } : null;
  const before = /^(hub|bad-hub)-/.test(error.code) ? opened : null;
  setApp({
    modelError: paused ? null : error,
    modelFailed: choice,
    modelWork: null,
    modelPaused: paused,
    ...(before ? { model: before.model, modelChoice: before.choice } : {}),
  });
  if (!before) return;
  if (dataChoice && dataWork) await readData(dataChoice, dataTitle, ++turn);
  else await refreshEstimate();
}

export async function openSample(sample: SampleInfo): Promise<void> {
  setApp({ prompts: sample.prompts.slice(0, 2), baseAnswers: {} });
  await openData({ kind: 'sample', file: sample.file }, `Sample: ${lowerFirst(sample.title)}`);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

/** Opens a dataset in place of the one before. While a run holds the GPU, its data stay. */
export async function openData(choice: DataChoice, title: string): Promise<void> {
  if (isBusy(getApp().run.state)) {
    setApp({
      dataError: {
        code: 'busy',
        text: 'A run is using its data. Nothing was changed: stop the run, then open the file.',
      },
    });
    return;
  }
  await readData(choice, title, ++turn);
}

/** Reads the same data with other settings (a new longest row, say). */
export async function reopenData(): Promise<void> {
  const { dataChoice, dataTitle } = getApp();
  if (dataChoice && !isBusy(getApp().run.state)) await readData(dataChoice, dataTitle, ++turn);
}

async function readData(choice: DataChoice, title: string, mine: number): Promise<void> {
  const changed = choice !== getApp().dataChoice;
  setApp({
    dataChoice: choice,
    dataTitle: title,
    dataError: null,
    dataWork: { what: 'Reading rows', done: 0, total: null },
    estimate: null,
    ...(changed ? { data: null, firstRow: null, leaks: null } : {}),
  });
  // Rows are counted in the model's tokens: once it is open, it opens the data that were chosen last.
  if (!getApp().model && getApp().modelWork) return;
  const { listener, settle } = burstListener(
    progressInto((dataWork) => {
      if (mine === turn) setApp({ dataWork });
    }),
  );
  try {
    const api = await worker();
    const { maxLength, raw } = getApp().settings;
    const data = await api.openData(choice, { maxLength, raw }, 'train', listener);
    settle();
    if (mine !== turn) return;
    const [firstRow = null] = data.used > 0 ? await api.previewRows(0, 1) : [];
    if (mine !== turn) return;
    setApp({ data, dataWork: null, firstRow });
    if (choice.kind !== 'sample' && changed && firstRow) {
      const question = questionOf(firstRow.tokens);
      if (question) setApp({ prompts: [question] });
    }
    await refreshEstimate();
    void askBase();
  } catch (error) {
    if (mine === turn) setApp({ dataError: pageError(error), dataWork: null, data: null, firstRow: null });
  }
}

/** The words a row asks with: what is neither trained on nor the template's. */
export function questionOf(tokens: readonly { text: string; kind: string }[]): string {
  return tokens
    .filter((token) => token.kind === 'context')
    .map((token) => token.text)
    .join('')
    .trim()
    .slice(0, 400);
}

export function answerOf(tokens: readonly { text: string; kind: string }[]): string {
  return tokens
    .filter((token) => token.kind === 'trained')
    .map((token) => token.text)
    .join('')
    .replace(/<\|[^|]*\|>|<\/?s>|<end_of_turn>/g, '')
    .trim();
}

/** Opens what was dropped or picked: a dataset, a model, an adapter, a recipe. */
export async function openFiles(files: { path: string; file: File }[]): Promise<void> {
  const adapter = adapterAmong(files);
  if (adapter) {
    await openAdapter(adapter);
    return;
  }
  if (files.length === 1 && (await openRecipe(files[0].file))) return;
  const named = (ending: RegExp) => files.find((entry) => ending.test(entry.path.toLowerCase()));
  if (named(/(^|\/)config\.json$/) && named(/\.safetensors$/)) {
    await openModel({ kind: 'folder', files: files.map(({ path, file }) => ({ path, blob: file })) });
    return;
  }
  const gguf = named(/\.gguf$/);
  if (gguf) {
    await openModel({ kind: 'gguf', file: gguf.file });
    return;
  }
  const rows = files.filter(({ path }) => /\.(jsonl|ndjson|json|csv|tsv|tab|txt)$/i.test(path));
  const data = (rows.length > 0 ? rows : files.slice(0, 1)).map(({ file }) => file);
  if (data.length === 1) await openData({ kind: 'file', file: data[0] }, data[0].name);
  else if (data.length > 1) await openData({ kind: 'files', files: data }, nameOfFiles(data));
}

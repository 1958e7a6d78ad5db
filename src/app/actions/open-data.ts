import type { DataReport, RowPreview } from '../../data/types.ts';
import { type RunSettings, rowKindOf } from '../../run/settings/list.ts';
import type { DataChoice, ModelInfo } from '../../worker/api/api.ts';
import { shortName } from '../shared/format.ts';
import { importPart } from '../shared/import-part.ts';
import { notOpened, type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { swapPrompts } from '../state/prompts.ts';
import { requests } from '../state/requests.ts';
import type { SampleInfo } from '../state/samples.ts';
import { type AppState, getApp, isTaken, setApp, takenBy, useApp } from '../state/store.ts';
import { refreshEstimate } from './estimate.ts';
import { askBase } from './preview.ts';
import { progressInto } from './progress.ts';

/** New data replace those that are open only once they have been read. */

export async function openSample(sample: SampleInfo): Promise<boolean> {
  return openData({ kind: 'sample', file: sample.file }, `Sample: ${lowerFirst(sample.title)}`);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

/**
 * Opens a dataset in place of the one before. While a run holds the GPU, its data stay.
 * @param note what of a drop is not among the data
 * @returns whether these data are open now
 */
export async function openData(
  choice: DataChoice,
  title: string,
  note: string | null = null,
): Promise<boolean> {
  if (isTaken(getApp())) {
    sayBusy();
    return false;
  }
  setApp({ dataError: null, dataNote: note });
  return readData(choice, title);
}

/** Shown for as long as it is true. */
function sayBusy(): void {
  setApp({
    dataError: {
      code: 'busy',
      text: `A ${takenBy(getApp())} is using its data. Nothing was changed: stop it, then open the file.`,
    },
  });
  const end = useApp.subscribe((app) => {
    if (isTaken(app)) return;
    end();
    const { dataError } = app;
    if (dataError?.code === 'busy') setApp({ dataError: null });
  });
}

/** Reads the same data with other settings (another max length, say). */
export async function reopenData(): Promise<void> {
  if (!isTaken(getApp())) await readAgain();
}

/** Reads what was chosen last: what is being read, or what is open. */
export async function readAgain(): Promise<void> {
  const { dataPending, dataChoice, dataTitle } = getApp();
  if (dataPending) await readData(dataPending.choice, dataPending.title);
  else if (dataChoice) await readData(dataChoice, dataTitle);
}

const readings = requests();

/** What the worker has open, and what its rows were counted with. */
let held: ({ choice: DataChoice; model: ModelInfo | null } & ReturnType<typeof readingOf>) | null = null;

/** What of the settings rows are read and counted with. */
export function readingOf(settings: RunSettings) {
  const { maxLength, raw } = settings;
  return { maxLength, raw, rowKind: rowKindOf(settings) };
}

/** Rows of which one is shown as the example. */
const EXAMPLES = 8;

/** @param failed of other data, which gave way to these again */
async function readData(
  choice: DataChoice,
  title: string,
  failed: PageError | null = null,
): Promise<boolean> {
  const reading = readings.begin();
  const other = choice !== getApp().dataChoice;
  const what = `Reading ${shortName(title)}`;
  setApp({
    dataPending: { choice, title },
    dataWork: { what, done: 0, total: null },
    ...(other ? {} : { estimate: null }),
  });
  // Rows are counted in the model's tokens: once one is open, it opens the data that were chosen last.
  if (!getApp().model) {
    if (!getApp().modelWork) setApp({ dataWork: null });
    return false;
  }
  try {
    const { model, settings } = getApp();
    const options = readingOf(settings);
    const data = await reading.events(
      progressInto((work) => setApp({ dataWork: { ...work, what } })),
      (api, listener) => api.openData(choice, options, 'train', listener),
      () => setApp(({ dataWork }) => ({ dataWork: dataWork && { ...dataWork, long: true } })),
    );
    held = { choice, model, ...options };
    if (!reading.latest) return false;
    const rows = data.used > 0 ? await (await worker()).previewRows(0, EXAMPLES) : [];
    if (!reading.latest) return false;
    const dataForm = await labelOf(data.format);
    if (!reading.latest) return false;
    // An answer that is marked as bad is nothing that the data teach.
    const good = rows.filter((row) => row.good !== false);
    const example = good.find(isWhole) ?? good.at(0) ?? null;
    setApp({
      data,
      dataForm,
      dataChoice: choice,
      dataTitle: title,
      dataPending: null,
      dataWork: null,
      dataError: failed,
      exampleRow: example,
      // Without rows there is nothing to estimate.
      ...(data.used === 0 ? { estimate: null } : {}),
      ...(other ? { leaks: null, ...promptsWith(choice, example) } : {}),
    });
    await refreshEstimate();
    void askBase();
    return true;
  } catch (error) {
    if (reading.latest) await afterFailure(choice, title, pageError(error));
    return false;
  }
}

/** What people call a form of rows. All forms come with it, so it is fetched once rows are open. */
async function labelOf(format: DataReport['format']): Promise<string> {
  if (format === null) return '';
  try {
    const { FORMS } = await importPart(() => import('../../data/forms/list.ts'));
    return FORMS.find(({ name }) => name === format)?.label ?? 'mapped columns';
  } catch {
    // The rows are open all the same.
    return format;
  }
}

/** What was open before stays open; if the model has changed in the meantime, it is read again. */
async function afterFailure(choice: DataChoice, title: string, error: PageError): Promise<void> {
  const { dataChoice, dataTitle, model, settings } = getApp();
  setApp({ dataPending: null, dataWork: null });
  if (!dataChoice || choice === dataChoice) {
    held = null;
    setApp({
      data: null,
      exampleRow: null,
      leaks: null,
      dataError: notOpened(shortName(title), error, null),
    });
    return;
  }
  const dataError = notOpened(shortName(title), error, shortName(dataTitle));
  const asBefore =
    held?.choice === dataChoice && held.model === model && isSameReading(held, readingOf(settings));
  if (asBefore) setApp({ dataError });
  else await readData(dataChoice, dataTitle, dataError);
}

export function isSameReading(a: ReturnType<typeof readingOf>, b: ReturnType<typeof readingOf>): boolean {
  return a.maxLength === b.maxLength && a.raw === b.raw && a.rowKind === b.rowKind;
}

/** It asks something and fits: a prompt that was cut off is none. */
function isWhole({ question, tokens }: RowPreview): boolean {
  return question !== '' && tokens.every(({ kind }) => kind !== 'cut');
}

/** The page's own prompts are those of the data; data without a question leave them. */
function promptsWith(
  choice: DataChoice,
  example: RowPreview | null,
): Partial<Pick<AppState, 'prompts' | 'givenPrompts'>> {
  const { prompts, givenPrompts, samples } = getApp();
  const sample = choice.kind === 'sample' && samples.find(({ file }) => file === choice.file);
  const next = sample ? sample.prompts.slice(0, 2) : example && isWhole(example) ? [example.question] : [];
  return next.length === 0 ? {} : { prompts: swapPrompts(prompts, givenPrompts, next), givenPrompts: next };
}

import { nameOfFiles } from '../../data/files/names.ts';
import { zipHoldsRows } from '../../data/files/zip-entries.ts';
import { setApp } from '../state/store.ts';
import { adaptersAmong, openAdapters } from './adapter.ts';
import { openCard } from './cards.ts';
import { chooseTemplate, openModel } from './open.ts';
import { openData } from './open-data.ts';
import { openRecipe } from './recipe.ts';
import { openResults } from './results.ts';
import { ADAPTER_WEIGHTS, isGguf, MODEL_WEIGHTS } from './what-was-dropped.ts';

interface Dropped {
  path: string;
  file: File;
}

/** Opens what was dropped or picked: results of others, a dataset, a model, an adapter, a recipe. */
export async function openFiles(given: readonly Dropped[]): Promise<void> {
  const files = await openResults(given);
  if (files.length === 0) return;
  forgetErrors();
  const adapters = adaptersAmong(files);
  const zips = adapters.filter(({ length }) => length === 1).map(([{ file }]) => file);
  // Zips of rows among several are data, with what lies beside them.
  const ofRows = (await Promise.all(zips.map(zipHoldsRows))).some(Boolean);
  if (adapters.length > 0 && !ofRows) {
    await openAdapters(adapters);
    return;
  }
  if (files.length === 1 && !ofRows && (await openRecipe(files[0].file))) return;
  if (files.length === 1 && TEMPLATE.test(files[0].path)) {
    await openTemplate(files[0].file);
    return;
  }
  const named = (ending: RegExp) => files.find((entry) => ending.test(entry.path.toLowerCase()));
  // Weights without their settings are refused where a model or an adapter is opened, with what to drop beside them.
  if (!named(MODEL_WEIGHTS) && named(ADAPTER_WEIGHTS)) {
    await openAdapters([files]);
    return;
  }
  if (named(MODEL_WEIGHTS) || (named(/(^|\/)config\.json$/) && named(/\.(safetensors|bin)$/))) {
    await openModel({ kind: 'folder', files: files.map(({ path, file }) => ({ path, blob: file })) });
    return;
  }
  const gguf = named(/\.gguf$/) ?? (files.length === 1 && (await isGguf(files[0])) ? files[0] : undefined);
  if (gguf) {
    await openModel({ kind: 'gguf', file: gguf.file });
    return;
  }
  const { rows, others } = sorted(files);
  const data = rows.map(({ file }) => file);
  const note = leftOut(others.map(({ file }) => file.name));
  if (data.length === 1) await openData({ kind: 'file', file: data[0] }, data[0].name, note);
  else await openData({ kind: 'files', files: data }, nameOfFiles(data), note);
}

/** What went wrong before is past, once something else is tried; without a model its error is all that there is to say. */
function forgetErrors(): void {
  setApp(({ model, modelError }) => ({
    dataError: null,
    adapterError: null,
    modelError: model ? null : modelError,
  }));
}

const TEMPLATE = /\.(jinja2?|j2)$/i;
/** A chat template is far smaller. */
const LARGEST_TEMPLATE = 1e6;

/** The text of a chat template; null where the file is too large to be one, which is then said. */
export async function templateText(file: File): Promise<string | null> {
  if (file.size <= LARGEST_TEMPLATE) return file.text();
  const text = `${file.name} is too large for a chat template. Nothing was changed. Choose a Jinja file, such as chat_template.jinja.`;
  setApp({ templateError: { code: 'bad-chat-template', text } });
  return null;
}

/** A chat template that was dropped is used at once; the Model card shows it. */
async function openTemplate(file: File): Promise<void> {
  const text = await templateText(file);
  openCard('model');
  if (text !== null) await chooseTemplate(text);
}

/** Names of files of rows, as `DatasetInput` accepts them. */
const ROWS = /\.(jsonl|ndjson|json|csv|tsv|tab|txt|md|parquet|zip)(\.gz)?$/i;

/** Files of rows by their names, and the rest; where no name says so, the first is tried. */
function sorted(files: readonly Dropped[]): { rows: Dropped[]; others: Dropped[] } {
  const isRows = ({ path }: Dropped) => ROWS.test(path);
  const rows = files.filter(isRows);
  return rows.length > 0
    ? { rows, others: files.filter((entry) => !isRows(entry)) }
    : { rows: files.slice(0, 1), others: files.slice(1) };
}

/** Most file names in one sentence. */
const NAMED = 3;

/** Which dropped files were not read; null if all were. */
export function leftOut(names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const shown = names.length > NAMED + 1 ? names.slice(0, NAMED) : names;
  const more = names.length - shown.length;
  const list = new Intl.ListFormat('en-GB').format([...shown, ...(more > 0 ? [`${more} more`] : [])]);
  return `${list} ${names.length === 1 ? 'was' : 'were'} left out: rows come as JSONL, JSON, CSV, TSV, Parquet or text.`;
}

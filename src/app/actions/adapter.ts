import type { NamedFile } from '../../files/named-file.ts';
import type { AdapterInfo } from '../../worker/api/api.ts';
import { notOpened, type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { shelve, unshelve, useShelf } from '../state/shelf.ts';
import { type BroughtAdapter, getApp, setApp, takenBy } from '../state/store.ts';
import { inTurn } from './in-turn.ts';
import { dropBaseAnswers } from './preview.ts';
import { changeSettings } from './settings.ts';

/** An adapter that the user opens: to try it in the chat, to continue training from it, or to export it. */

export type Dropped = { path: string; file: Blob };

/** The files of an adapter among these: those in the folder of the topmost `adapter_config.json`, or one zip. */
export function adapterAmong<T extends { path: string }>(files: readonly T[]): T[] | null {
  const depth = (path: string) => path.split('/').length;
  const named = (name: string) =>
    files
      .filter(({ path }) => path === name || path.endsWith(`/${name}`))
      .sort((a, b) => depth(a.path) - depth(b.path))[0];
  const config = named('adapter_config.json');
  if (!config) return files.length === 1 && ZIP.test(files[0].path) ? [...files] : null;
  // A model's folder may hold an adapter somewhere below: it is a model then.
  const model = named('config.json');
  if (model && depth(model.path) < depth(config.path)) return null;
  const folder = config.path.slice(0, -'adapter_config.json'.length);
  // Subfolders are left out: the base model in our own downloads is large.
  return files.filter(({ path }) => path.startsWith(folder) && !path.slice(folder.length).includes('/'));
}

/**
 * The files of each adapter among these, where there are several beside one another: folders with an
 * `adapter_config.json` at the same depth, or zips. Else as `adapterAmong`.
 */
export function adaptersAmong<T extends { path: string }>(files: readonly T[]): T[][] {
  const first = adapterAmong(files);
  if (!first)
    return files.length > 0 && files.every(({ path }) => ZIP.test(path)) ? files.map((one) => [one]) : [];
  const parts = folderOf(first[0].path).split('/').length;
  const folders = files
    .filter(({ path }) => path.endsWith('/adapter_config.json'))
    .map(({ path }) => folderOf(path))
    .filter((folder) => folder.split('/').length === parts);
  return folders.length < 2
    ? [first]
    : folders.map((folder) => files.filter(({ path }) => folderOf(path) === folder));
}

const ZIP = /\.zip$/i;

/** With its slash at the end. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** `pirate/adapter_config.json` gives `pirate`, `pirate-adapter.zip` the same. */
export function nameOf(files: readonly { path: string }[]): string {
  const [{ path }] = files;
  const name = ZIP.test(path) ? path.slice(path.lastIndexOf('/') + 1, -4) : path.split('/').at(-2);
  return name?.replace(/-adapter$/, '') || 'Adapter';
}

/**
 * Kept in memory once read: the file may have been moved or deleted by the time a run starts from it. The last of several
 * is in place, and beside the adapter of a run that has ended none is: they are merged, or put in place from there.
 */
export async function openAdapters(adapters: readonly (readonly Dropped[])[]): Promise<void> {
  const { model, run } = getApp();
  const taken = takenBy(getApp());
  if (taken) {
    const text = `A ${taken} is using the model. Nothing was changed: stop it, then open the adapter.`;
    setApp({ adapterError: { code: 'busy', text } });
    return;
  }
  if (!model) {
    setApp({
      adapterError: { code: 'no-model', text: 'First open the model that the adapter was trained on.' },
    });
    return;
  }
  const beside = run.state === 'finished';
  const refused: PageError[] = [];
  for (const dropped of adapters)
    try {
      const files = await adapterBytes(dropped);
      if (beside) await putOnShelf(nameOf(files), files);
      else await bring(nameOf(files), files);
    } catch (error) {
      refused.push(notOpened(titleOf(dropped), pageError(error), null));
    }
  const [first, ...more] = refused;
  if (first) {
    const others = more.map(({ title, text }) => `${title} ${text}`);
    setApp({ adapterError: { ...first, text: [first.text, ...others].join(' ') } });
  }
  if (refused.length < adapters.length && (beside || adapters.length > 1)) openMerging();
}

/** Shows the place where adapters are merged, which the whole middle is for. */
export function openMerging(): void {
  setApp({ place: { kind: 'merging' }, pane: 'run', drawer: false });
}

/** @returns what the worker says of it */
async function putOnShelf(name: string, files: NamedFile[]): Promise<AdapterInfo> {
  const info = await (await worker()).addAdapter(files);
  shelve(info.id, name);
  return info;
}

/** As the person knows it: the zip or the file, or the folder. */
function titleOf(dropped: readonly Dropped[]): string {
  const [{ path }] = dropped;
  return dropped.length === 1
    ? path.slice(path.lastIndexOf('/') + 1)
    : (path.split('/').at(-2) ?? 'The adapter');
}

/** Puts an adapter in place; the next run starts from it unless the user decides otherwise. */
export async function bring(name: string, files: NamedFile[]): Promise<void> {
  await dropBaseAnswers();
  const info = await inTurn(() => putOnShelf(name, files));
  put({ name, files, info, goOn: true });
}

/** The same with one that is on the shelf already. */
export async function placeFromShelf(id: string): Promise<void> {
  const api = await worker();
  const info = (await api.shelf()).find((entry) => entry.id === id);
  const files = await api.adapterFiles(id);
  await api.holdAdapter(id);
  const { name = 'Adapter' } = useShelf.getState().named[id] ?? {};
  if (info) put({ name, files, info, goOn: true, merged: info.merged });
}

/** What was in place before stays on the shelf. */
function put(adapter: BroughtAdapter): void {
  setApp({ adapter, tuned: adapter.info.id, adapterError: null, exchanges: [] });
  goOnFromAdapter(true);
}

/** Whether the next run begins from it; its method and its shape are then its own. */
export function goOnFromAdapter(goOn: boolean): void {
  const { adapter } = getApp();
  if (!adapter) return;
  setApp({ adapter: { ...adapter, goOn } });
  if (goOn) changeSettings(adapter.info.settings);
}

/** After a run that began from it, the run's own adapter still answers. */
export async function removeAdapter(): Promise<void> {
  const { adapter, tuned } = getApp();
  setApp({ adapter: null, adapterError: null });
  if (tuned === adapter?.info.id) setApp({ tuned: null, exchanges: [] });
  await dropBaseAnswers();
  if (adapter) await takeOffShelf(adapter.info.id);
}

export async function takeOffShelf(id: string): Promise<void> {
  unshelve(id);
  await (await worker()).removeAdapter(id);
}

export async function adapterBytes(files: readonly Dropped[]): Promise<NamedFile[]> {
  return Promise.all(
    files.map(async ({ path, file }) => ({ path, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

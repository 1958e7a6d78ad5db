import type { NamedFile } from '../../files/named-file.ts';
import { notOpened, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
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
  if (!config) return files.length === 1 && /\.zip$/i.test(files[0].path) ? [...files] : null;
  // A model's folder may hold an adapter somewhere below: it is a model then.
  const model = named('config.json');
  if (model && depth(model.path) < depth(config.path)) return null;
  const folder = config.path.slice(0, -'adapter_config.json'.length);
  // Subfolders are left out: the base model in our own downloads is large.
  return files.filter(({ path }) => path.startsWith(folder) && !path.slice(folder.length).includes('/'));
}

/** `pirate/adapter_config.json` gives `pirate`, `pirate-adapter.zip` the same. */
export function nameOf(files: readonly { path: string }[]): string {
  const [{ path }] = files;
  const name = /\.zip$/i.test(path) ? path.slice(path.lastIndexOf('/') + 1, -4) : path.split('/').at(-2);
  return name?.replace(/-adapter$/, '') || 'Adapter';
}

/** Kept in memory once read: the file may have been moved or deleted by the time a run starts from it. */
export async function openAdapter(dropped: readonly Dropped[]): Promise<void> {
  const { model, run } = getApp();
  if (run.state === 'finished' || isTaken(getApp())) {
    const what = getApp().climbing ? 'ladder' : 'run';
    const text =
      run.state === 'finished' && !getApp().climbing
        ? 'The page shows one adapter at a time: the one of this run. Nothing was changed. Download it if you want to keep it, press New run, then open the other one.'
        : `A ${what} is using the model. Nothing was changed: stop the ${what}, then open the adapter.`;
    setApp({ adapterError: { code: 'busy', text } });
    return;
  }
  if (!model) {
    setApp({
      adapterError: { code: 'no-model', text: 'First open the model that the adapter was trained on.' },
    });
    return;
  }
  try {
    const files = await adapterBytes(dropped);
    await bring(nameOf(files), files);
  } catch (error) {
    setApp({ adapterError: notOpened(titleOf(dropped), pageError(error), null) });
  }
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
  const api = await worker();
  const info = await inTurn(() => api.addAdapter(files));
  const { adapter: before } = getApp();
  setApp({ adapter: { name, files, info, goOn: true }, tuned: info.id, adapterError: null, exchanges: [] });
  if (before) await api.removeAdapter(before.info.id);
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
  if (adapter) await (await worker()).removeAdapter(adapter.info.id);
}

export async function adapterBytes(files: readonly Dropped[]): Promise<NamedFile[]> {
  return Promise.all(
    files.map(async ({ path, file }) => ({ path, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

import { downloadName, exportTarget } from '../../export/download-names.ts';
import { mergedGguf } from '../../export/gguf/merged.ts';
import type { NamedBlob } from '../../files/named-file.ts';
import { zipFiles } from '../../files/zip.ts';
import type { DownloadRequest, ExportRequest } from '../api/api.ts';
import { bundledBase, exportContinue, exportHeld, type HeldAdapter } from './exports.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Exports as the one file that a person saves. Made of Blobs: a merged model is in no heap, neither here nor in the page. */
export interface Downloaded {
  name: string;
  blob: Blob;
}

/** @throws UserError as `exportAdapter` */
export async function downloadHeld(
  workspace: Workspace,
  held: HeldAdapter,
  request: DownloadRequest & { format: ExportRequest['format'] },
  listener: Listener,
): Promise<Downloaded> {
  const { format, dtype, name } = request;
  const merging = telling(listener, 'Merging the adapter in');
  const target = exportTarget({ format, dtype }, name);
  const { files, beside } = await exportHeld(workspace, held, { format, dtype, target }, merging);
  const saved = downloadName({ format, dtype }, name);
  if (format === 'merged-gguf') return { name: saved, blob: files[0].blob };
  // The export that is one file goes by the name that its card and its Modelfile call it.
  const own = format === 'gguf' ? [{ path: target, blob: files[0].blob }] : files;
  const all = [...own, ...beside, ...(request.includeBase ? await base(workspace, held, format) : [])];
  const carded = all.map((file) =>
    file.path === 'README.md' && request.card !== null
      ? { path: file.path, blob: new Blob([request.card]) }
      : file,
  );
  return { name: saved, blob: await packed(carded, listener) };
}

/** @throws UserError as `exportContinue` */
export async function downloadContinue(
  workspace: Workspace,
  { name }: DownloadRequest,
  listener: Listener,
): Promise<Downloaded> {
  const form = { format: 'continue', dtype: null } as const;
  const target = `${name}-continue`;
  const { files } = await exportContinue(workspace, { checkpoint: 'saved', mostHeldOut: null, target });
  return { name: downloadName(form, name), blob: await packed(files, listener) };
}

/** The bundled base as the program that loads the adapter reads it; nothing for another base. */
async function base(
  workspace: Workspace,
  { weights }: HeldAdapter,
  format: ExportRequest['format'],
): Promise<NamedBlob[]> {
  const { source, config } = workspace.model;
  if (source.kind !== 'bundled' || format === 'merged') return [];
  if (format === 'gguf')
    return [await mergedGguf(source, config, { ...weights, modules: [] }, 'f16', { path: 'base.gguf' })];
  const files = await bundledBase(workspace);
  return files.map(({ path, bytes }) => ({ path, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) }));
}

function packed(files: readonly NamedBlob[], listener: Listener): Promise<Blob> {
  return zipFiles(files, telling(listener, 'Packing'));
}

function telling(listener: Listener, what: string): (done: number, total: number) => void {
  let told = 0;
  return (done, total) => {
    if (performance.now() - told < 100) return;
    told = performance.now();
    listener({ type: 'progress', what, done, total });
  };
}

import { exportDtype } from '../../export/export.ts';
import { downloadName, exportTarget, type Lines } from '../../export/format.ts';
import { formatOf } from '../../export/formats/list.ts';
import type { NamedBlob } from '../../files/named-file.ts';
import { zipFiles } from '../../files/zip.ts';
import type { DownloadRequest, LinesRequest } from '../api/api.ts';
import { baseBeside, exportAs, type HeldAdapter } from './exports.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Exports as the one file that a person saves. Made of Blobs: a merged model is in no heap, neither here nor in the page. */
export interface Downloaded {
  name: string;
  blob: Blob;
}

/** @throws UserError as `exportAs` */
export async function downloadAs(
  workspace: Workspace,
  held: () => HeldAdapter,
  request: DownloadRequest,
  listener: Listener,
): Promise<Downloaded> {
  const { name } = request;
  const format = formatOf(request.format);
  const dtype =
    format.from === 'run' ? request.dtype : exportDtype(format, { ...held(), dtype: request.dtype });
  const merging = telling(listener, 'Merging the adapter in');
  const target = exportTarget(format, dtype, name);
  const { files, beside } = await exportAs(
    workspace,
    held,
    { format: request.format, dtype, target },
    merging,
  );
  const saved = downloadName(format, dtype, name);
  if (format.zip === null) return { name: saved, blob: files[0].blob };
  // The export that is one file goes by the name that its card and its Modelfile call it.
  const own = format.file ? [{ path: target, blob: files[0].blob }] : files;
  const base = request.includeBase ? await baseBeside(workspace, format) : [];
  const carded = [...own, ...beside, ...base].map((file) =>
    file.path === 'README.md' && request.card !== null
      ? { path: file.path, blob: new Blob([request.card]) }
      : file,
  );
  return { name: saved, blob: await packed(carded, listener) };
}

/** The lines that load a download, run in the unpacked folder or where the file lies. */
export function linesOf(
  { model: { source, info } }: Pick<Workspace, 'model'>,
  { format: id, dtype, name, raw }: LinesRequest,
): Lines {
  const format = formatOf(id);
  if (format.from === 'run') throw new RangeError(`an export as ${id} has no lines`);
  const chat = info.hasTemplate && !raw;
  const base = { baseId: source.id, baseRevision: null, gguf: source.kind === 'gguf', chat };
  return format.lines(base, exportTarget(format, dtype, name));
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

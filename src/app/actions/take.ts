import { dtypeOf, type Lines } from '../../export/format.ts';
import { fileName } from '../../files/file-name.ts';
import type { DownloadRequest, ExportRequest, LinesRequest } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { requests } from '../state/requests.ts';
import { getApp, setApp } from '../state/store.ts';
import { progressInto } from './progress.ts';

/** Exports: each is one file, saved without being held in the page's memory. */

/** From here on a file goes straight to where the person wants it, where the browser lets us write there. */
const STRAIGHT_TO_DISK = 200e6;

const downloads = requests();

/** Saves an export. `about`: its bytes, about, which decide how it is saved. */
export async function take(
  request: Omit<DownloadRequest, 'name' | 'adapter'>,
  about: number | null,
): Promise<void> {
  if (getApp().taking) return;
  const { runName, adapter, saved, tuned, exports } = getApp();
  const name = fileName(runName || (adapter?.name ?? saved?.name ?? ''));
  setApp({ taking: { what: 'Preparing', done: 0, total: null }, takeError: null });
  try {
    const format = exports.find(({ id }) => id === request.format);
    // Asked for before the work, while the press still counts as the person's wish.
    const place =
      format && (about ?? 0) > STRAIGHT_TO_DISK
        ? await choosePlace(name + dtypeOf(format, request.dtype).ending)
        : null;
    const file = await downloads.begin().events(
      progressInto((taking) => setApp({ taking })),
      (api, listener) => api.download({ ...request, name, adapter: tuned }, listener),
    );
    if (place) {
      setApp({ taking: { what: 'Writing', done: 0, total: null } });
      await file.blob.stream().pipeTo(await place.createWritable());
    } else save(file.blob, file.name);
  } catch (error) {
    // The person stopped it, or closed the browser's own dialogue: nothing is to be said.
    const failure = pageError(error);
    const closed = error instanceof DOMException && error.name === 'AbortError';
    if (failure.code !== 'stopped' && !closed) setApp({ takeError: failure });
  } finally {
    setApp({ taking: null });
  }
}

/** Ends the download, or the measurement of a precision, that is under way. */
export async function stopWork(): Promise<void> {
  await (await worker()).stopWork();
}

/** The lines that load what would be saved. */
export async function loadingLines(request: LinesRequest): Promise<Lines> {
  return (await worker()).exportLines(request);
}

/** The model card as it would be written, to be edited first. */
export async function cardText(request: Omit<ExportRequest, 'target' | 'adapter'>): Promise<string> {
  const { tuned } = getApp();
  return (await worker()).exportCard({ ...request, adapter: tuned ?? '', target: '.' });
}

type SavePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

async function choosePlace(suggestedName: string): Promise<FileSystemFileHandle | null> {
  const { showSaveFilePicker } = window as { showSaveFilePicker?: SavePicker };
  return showSaveFilePicker ? showSaveFilePicker({ suggestedName }) : null;
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read the blob only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

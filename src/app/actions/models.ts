import type { DataOptions, DataReport, RowPreview } from '../../data/types.ts';
import type { BaseDtype, Download, Quantisation } from '../../worker/api/api.ts';
import { parseHubName } from '../shared/hub-name.ts';
import type { PageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { requests } from '../state/requests.ts';
import { getApp, setApp, type Work } from '../state/store.ts';
import { inTurn } from './in-turn.ts';
import { openModel } from './open.ts';
import { dropBaseAnswers } from './preview.ts';
import { progressInto } from './progress.ts';

/** Models from the hub, and those stored in the browser. */

const NOT_A_NAME: PageError = {
  code: 'bad-hub-id',
  text: 'This is not the name of a model on the hub; names look like HuggingFaceTB/SmolLM2-135M-Instruct. For a file at another address: download it and drop it here.',
};

/** Fetches a model by its name or its address on the hub, with the token that was pasted, if any. */
export async function openFromHub(text: string, revision = ''): Promise<void> {
  const name = parseHubName(text);
  if (!name) {
    setApp({ modelError: NOT_A_NAME });
    return;
  }
  const wanted = revision.trim() || name.revision;
  const token = getApp().hub.token.trim();
  await openModel({
    kind: 'hub',
    id: name.id,
    ...(wanted ? { revision: wanted } : {}),
    ...(token ? { token } : {}),
  });
}

export async function resumeDownload(): Promise<void> {
  const { modelPaused } = getApp();
  if (modelPaused) await openModel(modelPaused.choice);
}

export async function listDownloads(): Promise<Download[]> {
  return (await worker()).downloads();
}

export async function removeDownload(key: string): Promise<Download[]> {
  const api = await worker();
  await api.removeDownload(key);
  return api.downloads();
}

/** Bytes that the base takes in each precision; empty where the device holds it the same way in all. */
export async function baseBytes(dtypes: readonly BaseDtype[]): Promise<Partial<Record<BaseDtype, number>>> {
  const api = await worker();
  const { settings } = getApp();
  const sizes: Partial<Record<BaseDtype, number>> = {};
  for (const baseDtype of dtypes)
    sizes[baseDtype] = (await api.estimate({ ...settings, baseDtype })).memory.base;
  return new Set(Object.values(sizes)).size > 1 ? sizes : {};
}

/** Rows as such a chat template would have them: tokens, or why not. */
export async function tryTemplate(
  choice: string,
  rows: DataReport['firstRows'],
  options: DataOptions,
): Promise<(RowPreview['tokens'] | string)[]> {
  return (await worker()).tryTemplate(choice, rows, options);
}

const measurements = requests();

/** What a precision saves and costs with this model and the open data. */
export async function measurePrecision(
  dtype: BaseDtype,
  onWork: (work: Work) => void,
): Promise<Quantisation> {
  await dropBaseAnswers();
  return inTurn(() =>
    measurements.begin().events(progressInto(onWork), (api, listener) => api.quantisation(dtype, listener)),
  );
}

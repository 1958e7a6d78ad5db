import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type DownloadCache, downloadCache } from './download-cache.ts';
import { openModelFiles } from './folder.ts';
import { blobReader, type RangeReader } from './range-reader.ts';
import type { ModelSource } from './source.ts';

/**
 * Models from the Hugging Face hub, or a server that answers as it does. A file is fetched once, goes on where it was
 * cut, and is checked by the hub's own hash before it is opened: SHA-256 for large files, git's object id for the rest. The
 * token is sent to the host that is asked, which is the hub's wherever a token is given (browsers drop it on a redirect
 * to another), and is in no key, message or file.
 */
export interface HubRef {
  id: string;
  revision?: string;
  token?: string;
  endpoint?: string;
}

/** Bytes fetched so far, and in all where known. */
export type DownloadProgress = (what: string, done: number, total: number | null) => void;

const ENDPOINT = 'https://huggingface.co';
const ATTEMPTS = 3;
const WANTED = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'README.md',
  'model.safetensors.index.json',
]);

const Listing = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.int().min(0).nullish(),
      blobId: z
        .string()
        .regex(/^[0-9a-f]{40}$/)
        .nullish(),
      lfs: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
    }),
  ),
  cardData: z.looseObject({ license: z.unknown() }).nullish(),
});

type Listing = z.infer<typeof Listing>;

interface RemoteFile {
  name: string;
  size: number | null;
  sha256: string | null;
  /** Of a file that lies in git itself. */
  blobId: string | null;
}

/**
 * @throws UserError `bad-hub-id`, `hub-unreachable`, `hub-gated` (401, 403), `hub-missing` (404), `hub-busy` (429, 5xx),
 * `hub-bad-answer`, `hub-hash-mismatch`, `hub-paused` once `signal` is aborted, and those of `openModelFiles`.
 */
export async function openHub(
  ref: HubRef,
  progress: DownloadProgress = () => {},
  cache?: DownloadCache,
  signal?: AbortSignal,
): Promise<ModelSource> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(ref.id) || ref.id.includes('..')) {
    throw new UserError(
      'bad-hub-id',
      `“${ref.id.slice(0, 100)}” is not the name of a model on the hub; names look like HuggingFaceTB/SmolLM2-135M-Instruct. For a file at another address: download it and drop it here.`,
    );
  }
  const store = cache ?? (await downloadCache());
  const endpoint = (ref.endpoint ?? ENDPOINT).replace(/\/+$/, '');
  const headers: Record<string, string> = ref.token ? { Authorization: `Bearer ${ref.token}` } : {};
  const revision = encodeURIComponent(ref.revision ?? 'main');
  const host = new URL(endpoint).host;
  const address = `${endpoint}/api/models/${ref.id}/revision/${revision}?blobs=true`;
  let listing: Listing;
  try {
    listing = await listed(await ask(address, headers, ref, signal), ref, signal);
  } catch (error) {
    // Without a network a model that is here already opens all the same.
    const unreachable = error instanceof UserError && error.code === 'hub-unreachable';
    const kept = unreachable ? await keptListing(host, ref, store) : null;
    if (!kept) throw error;
    listing = kept;
  }
  const { sha, siblings } = listing;
  const files = new Map<string, RemoteFile>();
  for (const { rfilename: name, size, lfs, blobId } of siblings) {
    if (WANTED.has(name) || (name.endsWith('.safetensors') && !name.includes('/'))) {
      files.set(name, {
        name,
        size: lfs?.size ?? size ?? null,
        sha256: lfs?.sha256 ?? null,
        blobId: lfs ? null : (blobId ?? null),
      });
    }
  }
  const reader = async (name: string): Promise<RangeReader | null> => {
    const file = files.get(name);
    if (!file) return null;
    const key = `${host}/${ref.id}/${sha}/${name}`;
    const url = `${endpoint}/${ref.id}/resolve/${sha}/${name}`;
    return blobReader(name, await fetched({ file, url, key, headers, ref, store, progress, signal }));
  };
  const source = await openModelFiles(
    { names: [...files.keys()], reader },
    { kind: 'hub', id: ref.id, name: ref.id.split('/')[1], revision: ref.revision ?? sha },
  );
  // Whole by now: what could not be fetched leaves nothing that looks like a model.
  await keepListing(host, ref, listing, store);
  const licence = listing.cardData?.license;
  return source.licence === null && typeof licence === 'string' ? { ...source, licence } : source;
}

/** What the hub said of a model, kept beside its files with the revision that was asked for. */
const LISTING = '.listing.json';

/** @throws UserError `hub-bad-answer`, and as `ask` where the line drops or the person pauses in the middle of it */
async function listed(answer: Response, ref: HubRef, signal?: AbortSignal): Promise<Listing> {
  const text = await answer.text().catch((cause) => {
    throw notReached(ref, cause, signal);
  });
  const parsed = Listing.safeParse(jsonOrNull(text));
  if (parsed.success) return parsed.data;
  throw new UserError(
    'hub-bad-answer',
    `The hub’s response about ${ref.id} could not be read. Try again later, or download the model and drop its folder.`,
  );
}

async function keepListing(host: string, ref: HubRef, listing: Listing, store: DownloadCache): Promise<void> {
  const text = JSON.stringify({ ...listing, asked: ref.revision ?? 'main' });
  await store
    .write(`${host}/${ref.id}/${listing.sha}/${LISTING}`, 0, oneChunk(new TextEncoder().encode(text)))
    // No room for it: the model itself will say so.
    .catch(() => undefined);
}

/** What was kept of this revision of the model; null where nothing was. */
async function keptListing(host: string, ref: HubRef, store: DownloadCache): Promise<Listing | null> {
  const wanted = ref.revision ?? 'main';
  for (const { key } of await store.list()) {
    if (!key.startsWith(`${host}/${ref.id}/`) || !key.endsWith(`/${LISTING}`)) continue;
    const text = await (await store.blob(key))?.text();
    const kept = Listing.safeParse(jsonOrNull(text));
    if (kept.success && (kept.data.asked === wanted || kept.data.sha === wanted)) return kept.data;
  }
  return null;
}

function jsonOrNull(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // Cut by a crash.
    return null;
  }
}

/** A model that is kept. */
export interface Download {
  key: string;
  id: string;
  /** Commit. */
  revision: string;
  bytes: number;
}

/** Host, owner, name and commit: what a key begins with. */
const modelKey = (fileKey: string) => fileKey.split('/').slice(0, 4).join('/');

export async function listDownloads(cache?: DownloadCache): Promise<Download[]> {
  const store = cache ?? (await downloadCache());
  const models = new Map<string, Download>();
  for (const { key: file, bytes } of await store.list()) {
    const key = modelKey(file);
    const [, owner, name, revision] = key.split('/');
    const model = models.get(key) ?? { key, id: `${owner}/${name}`, revision, bytes: 0 };
    model.bytes += bytes;
    models.set(key, model);
  }
  return [...models.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export async function removeDownload(key: string, cache?: DownloadCache): Promise<void> {
  const store = cache ?? (await downloadCache());
  for (const { key: file } of await store.list()) if (modelKey(file) === key) await store.remove(file);
}

interface WantedFile {
  file: RemoteFile;
  url: string;
  /** Under which it is kept. */
  key: string;
  headers: Record<string, string>;
  ref: HubRef;
  store: DownloadCache;
  progress: DownloadProgress;
  signal?: AbortSignal;
}

/** The whole file from the cache, what is missing of it fetched first. */
async function fetched(wanted: WantedFile): Promise<Blob> {
  const { file, key, ref, store, signal } = wanted;
  const checkedKey = `${key}.checked`;
  if ((await store.size(checkedKey)) > 0) {
    const kept = await store.blob(key);
    if (kept && (file.size === null || kept.size === file.size)) return kept;
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(wanted);
    } catch (error) {
      refusePaused(ref, signal);
      if (error instanceof UserError && error.code !== 'hub-unreachable') throw error;
      if (attempt < ATTEMPTS) continue;
      throw cutOff(file, error);
    }
    const blob = await store.blob(key);
    if (!blob || (file.size !== null && blob.size < file.size)) {
      if (attempt < ATTEMPTS) continue;
      throw cutOff(file);
    }
    if (!(await isWhole(blob, file))) {
      await store.remove(key);
      throw new UserError(
        'hub-hash-mismatch',
        `${file.name} of ${ref.id} arrived damaged: its hash does not match the one that the hub states. It was discarded; try again.`,
      );
    }
    await store.write(checkedKey, 0, oneChunk(new TextEncoder().encode('checked')));
    return blob;
  }
}

function cutOff(file: RemoteFile, cause?: unknown): UserError {
  return new UserError(
    'hub-unreachable',
    `The download of ${file.name} was interrupted. What has arrived is kept: try again, and only the rest is fetched.`,
    { cause },
  );
}

async function fetchRest(wanted: WantedFile): Promise<void> {
  const { file, url, key, headers, ref, store, progress, signal } = wanted;
  const have = await store.size(key);
  if (file.size !== null && have >= file.size) return;
  const response = await ask(url, have > 0 ? { ...headers, Range: `bytes=${have}-` } : headers, ref, signal);
  if ((response.headers.get('content-type') ?? '').includes('text/html')) {
    throw new UserError(
      'hub-bad-answer',
      `A web page came instead of ${file.name}. A proxy or a sign-in page may be in the way; open the hub in another tab, then try again.`,
    );
  }
  if (!response.body)
    throw new UserError('hub-bad-answer', `The hub sent nothing for ${file.name}. Try again later.`);
  // A server may answer a range with the whole file, or with another range: then it starts afresh.
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  const from = response.status === 206 && Number(range?.[1] ?? have) === have ? have : 0;
  if (response.status === 206 && from !== have) {
    await response.body.cancel();
    await store.remove(key);
    throw new UserError(
      'hub-unreachable',
      `The hub sent a different part of ${file.name} than was requested. Try again.`,
    );
  }
  await store.write(
    key,
    from,
    counted(response.body, from, (done) => progress(file.name, done, file.size)),
  );
}

async function* counted(
  body: ReadableStream<Uint8Array>,
  from: number,
  report: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let done = from;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      yield piece.value;
      done += piece.value.byteLength;
      report(done);
    }
  } finally {
    reader.releaseLock();
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function isWhole(blob: Blob, { size, sha256: wanted, blobId }: RemoteFile): Promise<boolean> {
  if (size !== null && blob.size !== size) return false;
  if (wanted) return (await hashOf(blob, sha256.create())) === wanted;
  // Git's id of a file: the SHA-1 of its kind and size, then what it holds.
  if (blobId)
    return (
      (await hashOf(blob, sha1.create().update(new TextEncoder().encode(`blob ${blob.size}\0`)))) === blobId
    );
  return true;
}

async function hashOf(
  blob: Blob,
  hash: ReturnType<typeof sha256.create> | ReturnType<typeof sha1.create>,
): Promise<string> {
  const step = 8 * 2 ** 20;
  for (let at = 0; at < blob.size; at += step)
    hash.update(new Uint8Array(await blob.slice(at, at + step).arrayBuffer()));
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @throws UserError `hub-paused` once the person has ended the download */
function refusePaused({ id }: HubRef, signal?: AbortSignal): void {
  if (signal?.aborted)
    throw new UserError(
      'hub-paused',
      `The download of ${id} was paused. What has arrived is kept, and only the rest is fetched when it is resumed.`,
    );
}

/** Why no answer came, or only a part of one. @throws UserError `hub-paused` */
function notReached(ref: HubRef, cause: unknown, signal?: AbortSignal): UserError {
  refusePaused(ref, signal);
  return new UserError(
    'hub-unreachable',
    `The hub could not be reached for ${ref.id}. Check the connection (or whether this network blocks the hub); a model on your disk can be dropped as a folder.`,
    { cause },
  );
}

/** @throws UserError for each way that a hub says no */
async function ask(
  url: string,
  headers: Record<string, string>,
  ref: HubRef,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    // What arrives is kept by us; the browser's own cache would hold it twice, and resume it in its own way.
    response = await fetch(url, { headers, credentials: 'omit', cache: 'no-store', signal });
  } catch (cause) {
    throw notReached(ref, cause, signal);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const signedIn = ref.token ? ' with this token' : '';
  switch (response.status) {
    case 401:
      throw new UserError(
        'hub-gated',
        `The hub does not show ${ref.id}${signedIn}: it is private or gated, or the name is misspelt. Check the name; if it is right, accept the model’s terms on its page and paste an access token.`,
      );
    case 403:
      throw new UserError(
        'hub-gated',
        `${ref.id} is gated and access was refused${signedIn}. Accept the model’s terms on its page, then paste an access token of that account.`,
      );
    case 404:
      throw new UserError(
        'hub-missing',
        `There is no ${ref.id}${ref.revision ? ` at revision ${ref.revision}` : ''} on the hub. Check the spelling, capitals included.`,
      );
    case 429:
      throw new UserError(
        'hub-busy',
        'The hub reports too many requests from this network. Wait a few minutes and try again; what has arrived is kept.',
      );
    default:
      throw new UserError(
        'hub-busy',
        `The hub answered with status ${response.status}. Try again later; what has arrived is kept.`,
      );
  }
}

import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Family } from '../model/families/family.ts';
import { isBuffer, isOfFamily, usualName } from '../model/families/names.ts';
import { listed } from '../model/families/notes.ts';
import { familyOf } from '../model/families/parse.ts';
import { parsePythonJson } from './python-json.ts';
import { blobReader, type RangeReader } from './range-reader.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import {
  MERGED_ADAPTERS,
  type ModelSource,
  type StoredType,
  type TensorEntry,
  type TokenizerFiles,
} from './source.ts';

/** A dropped file with its path inside the folder (`config.json`, or `my-model/config.json`). */
export interface FolderFile {
  path: string;
  blob: Blob;
}

/** Files by name, read only when asked for. What folder, bundled model and hub have in common. */
export interface ModelFiles {
  names: readonly string[];
  /** Null where there is none of this name. */
  reader(name: string): Promise<RangeReader | null>;
}

const MAX_JSON_BYTES = 200_000_000;
const STORED: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);

/** zod schema of `model.safetensors.index.json`, as far as it is read. */
const ShardIndex = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens a model from a folder's files, as a person dropped them; a common leading folder is cut off.
 * @throws UserError `no-config`, `no-tokenizer`, `no-weights`, `bad-json`, `missing-shard`, `bad-shard-path`,
 * `unsupported-type`, `safetensors-…`.
 */
export async function openFolder(
  files: readonly (File | FolderFile)[],
  name = 'Model folder',
): Promise<ModelSource> {
  const given = files.map(
    (file): FolderFile =>
      file instanceof Blob ? { path: file.webkitRelativePath || file.name, blob: file } : file,
  );
  const root = rootOf(given.map(({ path }) => normal(path)));
  const blobs = new Map<string, Blob>();
  for (const { path, blob } of given) {
    const inside = normal(path);
    if (inside.startsWith(root)) blobs.set(inside.slice(root.length), blob);
  }
  const folderName = root.split('/').at(-2) ?? name;
  return openModelFiles(
    {
      names: [...blobs.keys()],
      reader: async (path) => (blobs.has(path) ? blobReader(path, blobs.get(path)!) : null),
    },
    { kind: 'folder', id: folderName, name: folderName, revision: null },
  );
}

function normal(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
}

/** The folder that holds `config.json`: the one nearest the top. Ends in `/`, or is empty. */
function rootOf(paths: readonly string[]): string {
  const configs = paths.filter((path) => path === 'config.json' || path.endsWith('/config.json'));
  if (configs.length === 0) {
    throw new UserError(
      'no-config',
      'There is no config.json among these files, so they are not a model folder. Drop the whole folder (config.json, tokenizer.json and the safetensors files), or one .gguf file.',
    );
  }
  configs.sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  return configs[0].slice(0, -'config.json'.length);
}

/** Opens whatever lies in the Hugging Face layout. Errors as `openFolder`. */
export async function openModelFiles(
  files: ModelFiles,
  about: Pick<ModelSource, 'kind' | 'id' | 'name' | 'revision'>,
  families?: readonly Family[],
): Promise<ModelSource> {
  const config = await readJson(files, 'config.json');
  if (!config)
    throw new UserError(
      'no-config',
      `${about.name} has no config.json. Choose a folder that a model was saved to.`,
    );
  const family = familyOf(config, families);
  const tokenizer = await readTokenizer(files, about.name);
  const generationConfig = await readJson(files, 'generation_config.json');
  const licence = await readLicence(files);

  const tensors = new Map<string, TensorEntry>();
  const places = new Map<string, { reader: RangeReader; begin: number }>();
  const passedOver: string[] = [];
  const merged = new Set<string>();
  const { listedIn, shards } = await weightFiles(files, config, about.name);
  for (const shard of shards) {
    const reader = await files.reader(shard);
    if (!reader) {
      throw new UserError(
        'missing-shard',
        `The weights file ${shard} is listed in ${listedIn} but is not there. Add it to the folder and drop the folder again.`,
      );
    }
    const header = await readSafetensorsHeader(reader);
    for (const digest of header.metadata[MERGED_ADAPTERS]?.split(',') ?? []) merged.add(digest);
    for (const entry of header.tensors.values()) {
      if (isBuffer(entry.name)) continue;
      if (!STORED.has(entry.dtype)) {
        if (!entry.name.endsWith('.weight')) {
          passedOver.push(`${entry.name} (${entry.dtype})`);
          continue;
        }
        throw new UserError(
          'unsupported-type',
          `The tensor ${entry.name} in ${shard} is stored as ${entry.dtype}, which is not supported. Choose the model in F32, F16 or BF16, or as a GGUF file.`,
        );
      }
      const name = usualName(entry.name, family);
      if (tensors.has(name) && isOfFamily(name, family))
        throw new UserError(
          'duplicate-tensor',
          places.get(name)!.reader === reader
            ? `${shard} has the tensor ${name} under two names. Save the model again, or choose another copy of it.`
            : `The tensor ${name} is in two of the weights files (${shard} is the second). Keep the files of only one model in the folder.`,
        );
      tensors.set(name, {
        name,
        stored: entry.dtype as StoredType,
        shape: entry.shape,
        bytes: entry.end - entry.begin,
      });
      places.set(name, { reader, begin: entry.begin });
    }
  }
  borrowEmbedding(config, family, tensors, places);

  return {
    ...about,
    licence,
    config,
    generationConfig,
    tokenizer,
    tensors,
    mergedAdapters: [...merged],
    notes: [
      ...(passedOver.length === 0
        ? []
        : [`Tensors of a type that no weight here has were ignored: ${listed(passedOver)}.`]),
      ...(files.names.includes('adapter_config.json')
        ? [
            'The folder has an adapter beside the model (adapter_config.json). It was left out, where transformers would load both; open it as an adapter to use it.',
          ]
        : []),
    ],
    async read(tensor, begin, end) {
      const place = places.get(tensor);
      if (!place) throw new UserError('missing-tensor', `The model has no tensor named ${tensor}.`);
      return place.reader.read(place.begin + begin, place.begin + end);
    },
    close() {
      places.clear();
    },
  };
}

/** As transformers: of a tied pair a file may hold the head alone, which then is the embedding too. */
function borrowEmbedding(
  config: Record<string, unknown>,
  family: Family,
  tensors: Map<string, TensorEntry>,
  places: Map<string, { reader: RangeReader; begin: number }>,
): void {
  const { embedding, head } = family.tensors;
  const entry = tensors.get(head);
  if (!entry || tensors.has(embedding) || !family.traits(config).tiedHead) return;
  tensors.set(embedding, { ...entry, name: embedding });
  places.set(embedding, places.get(head)!);
  tensors.delete(head);
  places.delete(head);
}

const INDEX = 'model.safetensors.index.json';

/** The files that hold the weights, chosen as transformers does, and which file names them. */
async function weightFiles(
  files: ModelFiles,
  config: Record<string, unknown>,
  name: string,
): Promise<{ listedIn: string; shards: string[] }> {
  const named = config.transformers_weights;
  if (typeof named === 'string') {
    const listedIn = 'config.json (transformers_weights)';
    if (named !== INDEX) return { listedIn, shards: [inFolder(named, listedIn)] };
  } else if (files.names.includes('model.safetensors')) {
    // A single file wins over an index, which may be of an earlier save.
    return { listedIn: 'the folder', shards: ['model.safetensors'] };
  }
  const index = await readJson(files, INDEX);
  if (!index) return { listedIn: 'the folder', shards: [onlyOther(files, name)] };
  const parsed = ShardIndex.safeParse(index);
  if (!parsed.success)
    throw new UserError('bad-index', `${INDEX} has no weight_map of names. Get the file again.`);
  const shards = [...new Set(Object.values(parsed.data.weight_map))].sort();
  return { listedIn: INDEX, shards: shards.map((shard) => inFolder(shard, INDEX)) };
}

/** @throws UserError `bad-shard-path` for what is no safetensors file right in the folder */
function inFolder(shard: string, listedIn: string): string {
  if (!/[/\\\0]/.test(shard) && shard.endsWith('.safetensors')) return shard;
  throw new UserError(
    'bad-shard-path',
    `${listedIn} points to ${JSON.stringify(shard.slice(0, 200))}, which is not a safetensors file in the same folder. It was not followed; get the model from a source that you trust.`,
  );
}

/** The one safetensors file of a folder that has neither of the usual names. @throws UserError `no-weights` */
function onlyOther(files: ModelFiles, name: string): string {
  const others = files.names.filter(
    (file) => !file.includes('/') && file.endsWith('.safetensors') && !file.startsWith('adapter'),
  );
  if (others.length === 1) return others[0];
  const pickled = files.names.some((file) => /\.(bin|pt|pth)$/.test(file));
  throw new UserError(
    'no-weights',
    others.length > 1
      ? `${name} has several safetensors files and no ${INDEX} to say how they belong together. Add that file, or keep only one.`
      : pickled
        ? `${name} holds its weights as PyTorch pickles (.bin), which can run code when opened and are therefore not read. Save the model with safe_serialization=True, or choose a copy in safetensors.`
        : `${name} has no weights: neither model.safetensors nor ${INDEX} is there. Drop the whole folder.`,
  );
}

async function readTokenizer(files: ModelFiles, name: string): Promise<TokenizerFiles> {
  const tokenizerJson = await readJson(files, 'tokenizer.json');
  if (!tokenizerJson) {
    throw new UserError(
      'no-tokenizer',
      `${name} has no tokenizer.json. Open it once in Python with AutoTokenizer.from_pretrained(…).save_pretrained(…), which writes one, and drop the folder again.`,
    );
  }
  const tokenizerConfig = (await readJson(files, 'tokenizer_config.json')) ?? {};
  const file = await readText(files, 'chat_template.jinja');
  return { tokenizerJson, tokenizerConfig, chatTemplate: file ?? templateOf(tokenizerConfig) };
}

/** `chat_template` is text, or a list of named ones of which `default` is used. */
function templateOf(tokenizerConfig: Record<string, unknown>): string | null {
  const given = tokenizerConfig.chat_template;
  if (typeof given === 'string') return given;
  const named = z.array(z.object({ name: z.string(), template: z.string() })).safeParse(given);
  return named.success ? (named.data.find(({ name }) => name === 'default')?.template ?? null) : null;
}

/** `license:` of a model card's front matter. */
async function readLicence(files: ModelFiles): Promise<string | null> {
  const card = await readText(files, 'README.md');
  const front = card?.match(/^---\r?\n([\s\S]*?)\r?\n---/)?.[1];
  return front?.match(/^license:\s*["']?([\w.+-]+)/m)?.[1] ?? null;
}

async function readText(files: ModelFiles, name: string): Promise<string | null> {
  const reader = await files.reader(name);
  if (!reader) return null;
  if (reader.size > MAX_JSON_BYTES) {
    throw new UserError(
      'file-too-large',
      `${name} has ${reader.size} bytes, far more than such a file needs. It was not opened.`,
    );
  }
  return new TextDecoder('utf-8').decode(await reader.read(0, reader.size));
}

async function readJson(files: ModelFiles, name: string): Promise<Record<string, unknown> | null> {
  const text = await readText(files, name);
  if (text === null) return null;
  try {
    const value = parsePythonJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through to the one message for both.
  }
  throw new UserError(
    'bad-json',
    `${name} is not a JSON object. Get the file again from where the model came from.`,
  );
}

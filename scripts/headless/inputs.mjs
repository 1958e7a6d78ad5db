import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { usage } from './failure.mjs';

/**
 * What stands at a path, or null where there is nothing to read.
 * @returns {'file' | 'folder' | null}
 */
export function kindOf(/** @type {string} */ path) {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return 'folder';
    // A pipe or a device cannot be read twice, as a browser reads a file.
    return stat.isFile() ? 'file' : null;
  } catch {
    return null;
  }
}

/** Files that belong to a model; anything else in its folder is left alone. */
const MODEL_FILE = /\.(json|safetensors|jinja|model|txt)$/;

/**
 * What `--model`, `--revision` and `--hub` name: how the worker opens it, and the files that go with it.
 * @param {Record<string, any>} values
 * @param {string} [flag] What names the model.
 * @returns {{ choice: import('../../src/worker/headless-page.ts').HeadlessModel, files: string[], kept: string | null }} `kept`: the
 *   hub that the worker fetches it from; what it fetched outlives the command.
 */
export function modelInput(values, flag = 'model') {
  const { [flag]: model, revision } = values;
  const template = values['chat-template'];
  const chatTemplate = template === undefined ? {} : { chatTemplate: templateInput(template) };
  const source = sourceOf(model, flag);
  if (source) {
    for (const one of ['revision', 'hub']) {
      if (values[one] !== undefined)
        throw usage(`--${one}: is for models from the hub, and ${model} is not one.`);
    }
    return { ...source, choice: { ...source.choice, ...chatTemplate } };
  }
  const endpoint = values.hub ?? process.env.HF_ENDPOINT;
  if (endpoint !== undefined && !(/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)))
    throw usage(`--hub: ${endpoint} is not an address; give one that begins with https://.`);
  // A token is for the hub itself and goes to no mirror.
  const token = endpoint === undefined ? process.env.HF_TOKEN : undefined;
  return {
    choice: {
      kind: 'hub',
      id: model,
      ...chatTemplate,
      ...(revision === undefined ? {} : { revision }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(token ? { token } : {}),
    },
    files: [],
    kept: new URL(endpoint ?? 'https://huggingface.co').origin,
  };
}

/** The chat templates that have a name; as in `src/data/text/template-names.ts`. */
const TEMPLATE_NAMES = ['plain', 'chatml', 'alpaca'];

/** A name as it stands, or the text of a file. */
function templateInput(/** @type {string} */ given) {
  if (TEMPLATE_NAMES.includes(given)) return given;
  if (kindOf(given) === 'file') return readFileSync(given, 'utf8');
  throw usage(`--chat-template: ${given} is neither a file nor one of ${TEMPLATE_NAMES.join(', ')}.`);
}

/**
 * Everything that is not on the hub; null for a hub id.
 * @param {string} model
 * @param {string} flag
 * @returns {ReturnType<typeof modelInput> | null}
 */
function sourceOf(model, flag) {
  if (model === 'bundled') return { choice: { kind: 'bundled' }, files: [], kept: null };
  const kind = kindOf(model);
  if (kind === 'folder') {
    const files = readdirSync(model)
      .filter((name) => MODEL_FILE.test(name) && kindOf(join(model, name)) === 'file')
      .map((name) => resolve(model, name));
    for (const needed of ['config.json', 'tokenizer.json']) {
      if (!files.includes(resolve(model, needed)))
        throw usage(`--${flag}: ${join(model, needed)} is missing.`);
    }
    return { choice: { kind: 'folder', name: basename(resolve(model)) }, files, kept: null };
  }
  if (/\.gguf$/i.test(model)) {
    if (kind === 'file') return { choice: { kind: 'gguf' }, files: [resolve(model)], kept: null };
    throw usage(`--${flag}: there is no file ${model}.`);
  }
  if (kind === 'file') throw usage(`--${flag}: ${model} is a file; give the folder that contains it.`);
  if (/^https?:/.test(model))
    throw usage(
      `--${flag}: models come from the hub by their name (HuggingFaceTB/SmolLM2-135M-Instruct); for a file at another address, download it and give its path.`,
    );
  if (/^[\w.-]+\/[\w.-]+$/.test(model) && !/^\.\.?\//.test(model)) return null;
  throw usage(`--${flag}: there is no folder ${model}.`);
}

/**
 * Files of an adapter's folder, PEFT's or mlx-lm's, and its config.
 * @param {string} folder
 * @param {string} [flag]
 */
export function adapterInput(folder, flag = 'adapter') {
  if (kindOf(folder) !== 'folder') throw usage(`--${flag}: there is no folder ${folder}.`);
  // PEFT's and mlx-lm's; the others are opened too, so that their refusal says what they are.
  const weights =
    ['adapter_model.safetensors', 'adapters.safetensors', 'adapter_model.bin', 'adapters.npz'].find(
      (name) => kindOf(resolve(folder, name)) === 'file',
    ) ?? 'adapter_model.safetensors';
  const files = ['adapter_config.json', weights].map((name) => {
    const path = resolve(folder, name);
    if (kindOf(path) !== 'file') throw usage(`--${flag}: ${join(folder, name)} is missing.`);
    return path;
  });
  // What made it, where it was made here.
  const run = resolve(folder, 'run.json');
  return kindOf(run) === 'file' ? [...files, run] : files;
}

/** The method of a `peft_type` that is not LoRA's. */
const METHODS = new Map([
  ['IA3', 'ia3'],
  ['PROMPT_TUNING', 'prompt'],
  ['PREFIX_TUNING', 'prefix'],
]);

/**
 * What an adapter decides by itself, as its config says.
 * @type {Record<string, (config: Record<string, any>) => unknown>}
 */
const OWN = {
  method: ({ peft_type, use_dora }) => METHODS.get(peft_type) ?? (use_dora ? 'dora' : 'lora'),
  rank: ({ r }) => r ?? false,
  alpha: ({ lora_alpha }) => lora_alpha ?? false,
  rslora: ({ use_rslora }) => use_rslora ?? false,
  virtualTokens: ({ num_virtual_tokens }) => num_virtual_tokens ?? false,
};

/**
 * An adapter to go on from. Its own shape and scale hold: a flag that says otherwise is refused.
 * @param {string} folder
 * @param {Record<string, any>} values
 * @param {readonly import('../../src/run/settings/setting.ts').Setting[]} settings
 */
export function initAdapterInput(folder, values, settings) {
  const files = adapterInput(folder, 'init-adapter');
  let config;
  try {
    config = JSON.parse(readFileSync(files[0], 'utf8'));
  } catch {
    throw usage(`--init-adapter: ${join(folder, 'adapter_config.json')} is not JSON.`);
  }
  for (const { key, flag, ofAdapter } of settings) {
    if (!ofAdapter || values[flag] === undefined) continue;
    const own = key in OWN && config?.fine_tune_type === undefined ? OWN[key](config ?? {}) : undefined;
    if (own === undefined)
      throw usage(`--${flag}: the adapter of --init-adapter has its own; leave the flag out.`);
    if (values[flag] !== own)
      throw usage(`--${flag}: the adapter of --init-adapter has ${flag} ${own}; leave the flag out.`);
  }
  return files;
}

/**
 * The one of a flag's alternatives that was given.
 * @template {string} T
 * @param {string} flag
 * @param {unknown} value
 * @param {readonly T[]} known
 * @returns {T}
 */
export function oneOf(flag, value, known) {
  const found = known.find((one) => one === value);
  if (found) return found;
  throw usage(`--${flag}: must be one of ${known.join(', ')}.`);
}

/**
 * What a text of a flag is read as by a module of src, whose refusal is that of the flag.
 * @template T
 * @param {string} flag
 * @param {() => T} read
 */
export function readInput(flag, read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.name === 'UserError') throw usage(`--${flag}: ${error.message}`);
    throw error;
  }
}

/** A file that must be there. */
export function fileInput(/** @type {string} */ flag, /** @type {string} */ path) {
  const kind = kindOf(path);
  if (kind === 'folder') throw usage(`--${flag}: ${path} is a folder; give a file.`);
  if (!kind) throw usage(`--${flag}: there is no file ${path}.`);
  return resolve(path);
}

/**
 * What `--teacher` and `--teacher-adapter` name; null where no teacher is. A teacher on the hub comes from the same place
 * as a model, at its newest revision.
 * @param {Record<string, any>} values
 * @param {string | null} objective
 */
export function teacherInput(values, objective) {
  const { teacher, 'teacher-adapter': adapter, hub } = values;
  if (objective !== 'distil') {
    for (const flag of ['teacher', 'teacher-adapter'])
      if (values[flag] !== undefined) throw usage(`--${flag}: is for --objective distil.`);
    return null;
  }
  if (teacher === undefined) throw usage('--teacher: the objective distil needs a model to learn from.');
  return {
    // A mirror that is meant for the model alone is no fault of a teacher that lies on the disk.
    ...modelInput({ teacher, ...(kindOf(teacher) === null && teacher !== 'bundled' && { hub }) }, 'teacher'),
    adapter: adapter === undefined ? [] : adapterInput(adapter, 'teacher-adapter'),
  };
}

/** Of the rows of a training those that are replayed, where nothing else is said. */
const REPLAY_SHARE = 0.05;

/**
 * `--replay` and its share.
 * @param {Record<string, any>} values
 * @returns {{ file: string | null, share: number } | null} `file` null: the page’s general rows
 */
export function replayInput({ replay, 'replay-share': share }) {
  if (replay === undefined) {
    if (share !== undefined) throw usage('--replay-share: add --replay, or leave this out.');
    return null;
  }
  if (share !== undefined && !(share > 0 && share < 1))
    throw usage('--replay-share: must be above 0 and below 1.');
  return { file: replay === 'general' ? null : fileInput('replay', replay), share: share ?? REPLAY_SHARE };
}

/**
 * A prompt as it stands, or the text of the file of that name.
 * @param {string | undefined} given
 * @param {string} [flag]
 */
export function promptInput(given, flag = 'teacher-prompt') {
  if (given === undefined || kindOf(given) !== 'file') return given;
  const text = readFileSync(given, 'utf8').trim();
  if (text === '') throw usage(`--${flag}: ${given} is empty.`);
  return text;
}

/**
 * `--device` and `--threads`, checked.
 * @param {Record<string, unknown>} values
 */
export function deviceInput({ device = 'auto', threads = null }) {
  if (threads !== null && !(Number(threads) >= 1 && Number(threads) <= 16))
    throw usage('--threads: must be from 1 to 16.');
  return {
    device: oneOf('device', device, /** @type {const} */ (['auto', 'webgpu', 'wasm'])),
    threads: threads === null ? null : Number(threads),
  };
}

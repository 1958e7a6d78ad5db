import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usage } from './failure.mjs';

/**
 * What stands at a path, or null where there is nothing to read.
 * @returns {'file' | 'folder' | null}
 */
export function kindOf(/** @type {string} */ path) {
  try {
    const stat = statSync(path);
    return stat.isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
}

/** Files that belong to a model; anything else in its folder is left alone. */
const MODEL_FILE = /\.(json|safetensors|jinja|model|txt)$/;

/**
 * What `--model` names: `bundled` or the files of a folder.
 * @returns {{ bundled: boolean, files: string[] }}
 */
export function modelInput(/** @type {string} */ model) {
  if (model === 'bundled') return { bundled: true, files: [] };
  const kind = kindOf(model);
  if (kind === 'folder') {
    const files = readdirSync(model)
      .filter((name) => MODEL_FILE.test(name) && kindOf(join(model, name)) === 'file')
      .map((name) => resolve(model, name));
    for (const needed of ['config.json', 'tokenizer.json']) {
      if (!files.includes(resolve(model, needed))) throw usage(`--model: ${join(model, needed)} is missing.`);
    }
    return { bundled: false, files };
  }
  if (/\.gguf$/i.test(model)) {
    if (kind === 'file')
      throw usage('--model: GGUF files come with a later version of Lowrank: give `bundled` or a folder.');
    throw usage(`--model: there is no file ${model}.`);
  }
  if (kind === 'file') throw usage(`--model: ${model} is a file; give the folder that it lies in.`);
  if (/^[\w.-]+\/[\w.-]+$/.test(model)) {
    throw usage(
      `--model: there is no folder ${model}, and models from the hub come with a later version of Lowrank: download it and give its folder.`,
    );
  }
  throw usage(`--model: there is no folder ${model}.`);
}

/** Files of a PEFT adapter's folder. */
export function adapterInput(/** @type {string} */ folder) {
  if (kindOf(folder) !== 'folder') throw usage(`--adapter: there is no folder ${folder}.`);
  return ['adapter_config.json', 'adapter_model.safetensors'].map((name) => {
    const path = resolve(folder, name);
    if (kindOf(path) !== 'file') throw usage(`--adapter: ${join(folder, name)} is missing.`);
    return path;
  });
}

/** A file that must be there. */
export function fileInput(/** @type {string} */ flag, /** @type {string} */ path) {
  if (kindOf(path) !== 'file') throw usage(`--${flag}: there is no file ${path}.`);
  return resolve(path);
}

/** `--device`, checked. */
export function deviceInput(/** @type {unknown} */ device = 'auto') {
  if (device === 'auto' || device === 'webgpu' || device === 'wasm') return device;
  throw usage('--device: must be one of auto, webgpu, wasm.');
}

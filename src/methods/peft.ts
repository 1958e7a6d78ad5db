import { UserError } from '../errors.ts';
import type { NamedFile } from '../files/named-file.ts';
import { unzipFiles } from '../files/zip.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules, exactTargets, matchesTarget, suffixOf } from '../model/families/names.ts';
import { listed } from '../model/families/notes.ts';
import type { AdapterModule } from '../model/modules.ts';
import { decodeToFloats } from '../weights/convert.ts';
import { parsePythonJson } from '../weights/python-json.ts';
import { bytesReader } from '../weights/range-reader.ts';
import { float32Bytes, readSafetensorsHeader, writeSafetensors } from '../weights/safetensors.ts';
import { readIa3 } from './ia3/read.ts';
import { valuesOf } from './keys.ts';
import { methodOf } from './list.ts';
import { adapterMismatch as mismatch, otherType, readMlx } from './mlx.ts';
import { parametersOf, type SiteParameter } from './parameters.ts';
import { declaredModules, peftType, readAdapterConfig, unsupportedAdapter } from './peft-config.ts';
import { readPrefix } from './prefix/read.ts';
import { readPrompt } from './prompt/read.ts';
import type { AdapterSettings, AdapterWeights, LoraSettings, Parameter } from './types.ts';

/** PEFT's adapter folder: `adapter_model.safetensors` and `adapter_config.json`. Checked against PEFT 0.21. */

const PREFIX = 'base_model.model.';

/** What `adapter_config.json` says of the base. */
export interface BaseReference {
  /** Hub id, or `./base`. */
  id: string;
  revision: string | null;
}

/** The two files. Every field that PEFT's default already says is left out: an older PEFT stops at unknown ones. */
export function writePeft(weights: AdapterWeights, config: DecoderConfig, base: BaseReference): NamedFile[] {
  const { settings } = weights;
  const { peft } = methodOf(settings);
  const fields: Record<string, unknown> = {
    base_model_name_or_path: base.id,
    inference_mode: true,
    peft_type: peft.type,
    revision: base.revision,
    task_type: 'CAUSAL_LM',
    ...peft.fields(settings, config, weights.modules),
  };
  const sorted = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
  const tensors = peftTensors(weights).map(({ name, shape, data }) => ({
    name,
    dtype: 'F32' as const,
    shape: [...shape],
    data: float32Bytes(data),
  }));
  return [
    { path: 'adapter_model.safetensors', bytes: writeSafetensors(tensors, { format: 'pt' }) },
    { path: 'adapter_config.json', bytes: new TextEncoder().encode(`${JSON.stringify(sorted, null, 2)}\n`) },
  ];
}

/** Every parameter under PEFT's name and in its shape. @throws UserError `adapter-mismatch` */
export function peftTensors(
  weights: AdapterWeights,
): { name: string; shape: readonly number[]; data: Float32Array }[] {
  return parametersOf(weights.modules, weights.settings).map((one) => ({
    name: peftName(one, weights.settings),
    shape: storedShape(one.parameter),
    data: valuesOf(weights, one.site, one.parameter),
  }));
}

function storedShape({ stored, shape }: Parameter): readonly number[] {
  return stored ?? shape;
}

function peftName({ site, parameter }: SiteParameter, settings: AdapterSettings): string {
  return methodOf(settings).peft.tensor(site, parameter);
}

type Reader = (
  raw: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
  config: DecoderConfig,
) => Promise<AdapterWeights>;

/** Methods other than LoRA, by `peft_type`. */
const READERS: ReadonlyMap<unknown, Reader> = new Map<unknown, Reader>([
  ['IA3', readIa3],
  ['PROMPT_TUNING', readPrompt],
  ['PREFIX_TUNING', readPrefix],
]);

/**
 * Reads an adapter made by PEFT, by mlx-lm or by us, and fits it to the base.
 * @param files the folder's files, or one zip. They may lie in a folder inside.
 * @returns weights as float32, whatever type they were saved in. Its `modules` are those that the adapter has.
 * @throws UserError `no-peft-adapter`, `bad-adapter-config`, `unsupported-adapter`, `adapter-mismatch` (naming the
 * tensor), `safetensors-…`, `not-finite`, `bad-zip`.
 */
export async function readPeft(files: readonly NamedFile[], config: DecoderConfig): Promise<AdapterWeights> {
  const unpacked = oneFolder(
    files.length === 1 && files[0].path.toLowerCase().endsWith('.zip')
      ? unzipFiles(files[0].bytes, files[0].path)
      : files,
  );
  const raw = parsedJson(neededFile(unpacked, 'adapter_config.json'));
  const mlx = fileNamed(unpacked, 'adapters.safetensors');
  if (mlx && !fileNamed(unpacked, 'adapter_model.safetensors')) return readMlx(raw, mlx, config);
  const reader = READERS.get(peftType(raw));
  if (reader)
    return reader(raw as Record<string, unknown>, neededFile(unpacked, 'adapter_model.safetensors'), config);
  const peft = readAdapterConfig(raw);
  const bytes = neededFile(unpacked, 'adapter_model.safetensors');
  const header = await readSafetensorsHeader(bytesReader('adapter_model.safetensors', bytes));

  const found = new Map<string, { dtype: string; shape: number[]; begin: number; end: number }>();
  for (const [name, entry] of header.tensors) found.set(name.replace('.default.weight', '.weight'), entry);

  const all = adapterModules(config, ['all']);
  const settings: LoraSettings = {
    ...(peft.use_dora ? { method: 'dora' } : {}),
    rank: peft.r,
    alpha: peft.lora_alpha,
    dropout: peft.lora_dropout ?? 0,
    targets: [],
    ...(peft.use_rslora ? { rsLora: true } : {}),
    ...pattern('rankPattern', peft.rank_pattern),
    ...pattern('alphaPattern', peft.alpha_pattern),
  };
  const wanted = new Map(parametersOf(all, settings).map((one) => [peftName(one, settings), one]));
  for (const name of found.keys()) {
    if (!wanted.has(name)) {
      const known = knownPart(name, config);
      if (known) throw unsupportedAdapter(`${known} (its tensor ${name})`);
      const meant = [...wanted.keys()].find((one) => name.endsWith(one.slice(PREFIX.length)));
      if (meant)
        throw unsupportedAdapter(
          `names a tensor ${name} where PEFT writes ${meant}`,
          'PEFT would leave it out, too. It may have been saved while the model was wrapped, or be of a model with images: save it from the model itself with save_pretrained.',
        );
      throw mismatch(
        `its tensor ${name} has no place in this base (${config.family.architecture}, ${config.layers} layers)`,
      );
    }
  }
  const present = new Set([...found.keys()].map((name) => wanted.get(name)!.site.path));
  const modules = all.filter(({ path }) => present.has(path));
  if (modules.length === 0) throw mismatch('it holds no LoRA tensor');
  settings.targets = exactTargets(config, modules);
  const declared = declaredModules(peft, all, usualTargets(config));
  refuseHoles(modules, all, declared);
  const stray = declared && modules.find((module) => !declared.includes(module));
  if (stray)
    throw configMismatch(
      `there are tensors for ${stray.path}, which it does not choose (target_modules, exclude_modules, layers_to_transform), and which PEFT would leave out`,
    );

  const read = (one: SiteParameter): Float32Array => {
    const name = peftName(one, settings);
    const shape = storedShape(one.parameter);
    const entry = found.get(name);
    if (!entry) throw mismatch(`its tensor ${name} is missing`);
    const side = shape[1] === one.site.in ? 0 : 1;
    if (
      shape.length === 2 &&
      entry.shape.length === 2 &&
      entry.shape[side] !== shape[side] &&
      entry.shape[1 - side] === shape[1 - side]
    )
      throw configMismatch(
        `the tensor ${name} has the rank ${entry.shape[side]}, where it says ${shape[side]} (r, rank_pattern)`,
      );
    if (entry.shape.join() !== shape.join()) {
      throw mismatch(
        `its tensor ${name} has the shape [${entry.shape.join(', ')}] and this base needs [${shape.join(', ')}]`,
      );
    }
    if (entry.dtype !== 'F32' && entry.dtype !== 'F16' && entry.dtype !== 'BF16')
      throw otherType(name, entry.dtype);
    return decodeToFloats(bytes.slice(entry.begin, entry.end), entry.dtype, name);
  };
  const values = new Map(parametersOf(modules, settings).map((one) => [one.key, read(one)]));
  return { settings, modules, values };
}

function configMismatch(what: string): UserError {
  return new UserError(
    'adapter-mismatch',
    `adapter_config.json does not fit the adapter’s own weights: ${what}. Nothing was changed; save the adapter again.`,
  );
}

/** A pattern of ranks or alphas, where there is one. */
function pattern(
  key: 'rankPattern' | 'alphaPattern',
  entries: Readonly<Record<string, number>> | null | undefined,
): Partial<LoraSettings> {
  return entries && Object.keys(entries).length > 0 ? { [key]: entries } : {};
}

/**
 * An adapter of which a part is missing, or that was made for more layers or fewer, has modules of its own targets
 * without tensors. Where they are not declared, they are read as the suffixes of what is there.
 */
function refuseHoles(
  present: readonly AdapterModule[],
  all: readonly AdapterModule[],
  declared: readonly AdapterModule[] | null,
): void {
  const targets = present.map(({ target }) => target);
  const expected =
    declared ?? all.filter(({ path }) => targets.some((target) => matchesTarget(path, target)));
  const paths = new Set(present.map(({ path }) => path));
  const absent = expected.find(({ path }) => !paths.has(path));
  if (absent) throw mismatch(`it has nothing for ${absent.path}, which is among its targets`);
}

/** What a tensor is that has no place here although the base may fit; null where it is none of these. */
function knownPart(name: string, { family: { tensors } }: DecoderConfig): string | null {
  const inside = name.slice(PREFIX.length);
  const of = (weight: string) => inside.startsWith(weight.slice(0, -'weight'.length));
  if (/lora_magnitude_vector/.test(inside))
    return 'has DoRA’s magnitudes, although its config does not say use_dora';
  if (/lora_B\.bias$/.test(inside)) return 'has a bias beside its matrices';
  if (/trainable_tokens/.test(inside)) return 'also trains the embeddings of single tokens';
  if (/lora_embedding_[AB]/.test(inside)) return 'adapts the embedding';
  if (of(tensors.head) || (tensors.headAlias && of(tensors.headAlias)))
    return /lora_/.test(inside) ? 'adapts the output head' : 'also holds the output head';
  if (of(tensors.embedding)) return 'also holds the embedding';
  return /lora_[AB]\./.test(inside) ? null : 'also holds something else than LoRA’s matrices';
}

/** What PEFT adapts where `target_modules` says nothing: q and v, or the layer that has both. */
function usualTargets({ family: { tensors } }: DecoderConfig): string[] {
  const linears = tensors.linears.filter(({ roles }) => roles.includes('q') || roles.includes('v'));
  return linears.map(({ path }) => suffixOf(path));
}

/**
 * The files of the one folder that holds an adapter: the nearest to the top. A run's checkpoints and what PEFT saves of
 * several adapters are many.
 * @throws UserError `no-peft-adapter`
 */
function oneFolder(files: readonly NamedFile[]): readonly NamedFile[] {
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
  const depth = (folder: string) => folder.split('/').length;
  const folders = files
    .filter(({ path }) => path.slice(folderOf(path).length) === 'adapter_config.json')
    .map(({ path }) => folderOf(path));
  if (folders.length === 0) return files;
  const top = Math.min(...folders.map(depth));
  const [folder, ...others] = folders.filter((one) => depth(one) === top);
  if (others.length > 0)
    throw new UserError(
      'no-peft-adapter',
      `There are ${others.length + 1} adapters among these files (${listed([folder, ...others].map((one) => one.slice(0, -1)))}). Choose the folder of one.`,
    );
  return files.filter(({ path }) => folderOf(path) === folder);
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return parsePythonJson(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function fileNamed(files: readonly NamedFile[], name: string): Uint8Array | null {
  const matching = files.filter(({ path }) => path === name || path.endsWith(`/${name}`));
  matching.sort((x, y) => x.path.split('/').length - y.path.split('/').length);
  return matching[0]?.bytes ?? null;
}

function neededFile(files: readonly NamedFile[], name: string): Uint8Array {
  const found = fileNamed(files, name);
  if (found) return found;
  const has = (other: string) => fileNamed(files, other) !== null;
  throw new UserError(
    'no-peft-adapter',
    has('adapter_model.bin')
      ? 'This adapter’s weights are a PyTorch pickle (adapter_model.bin), which can run code when opened and is therefore not read. Load it once with PEFT and save it again, which writes adapter_model.safetensors.'
      : has('adapters.npz')
        ? 'This is an adapter of an early version of mlx-lm (adapters.npz), which is not read. Save it with a current mlx-lm, which writes adapters.safetensors.'
        : `There is no ${name} among these files, so they are not a PEFT adapter. Choose the folder or zip that contains adapter_config.json and adapter_model.safetensors.`,
  );
}

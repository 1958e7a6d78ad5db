import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { NamedFile } from '../files/named-file.ts';
import { unzipFiles } from '../files/zip.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules, exactTargets, matchesTarget } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { decodeToFloats } from '../weights/convert.ts';
import { bytesReader } from '../weights/range-reader.ts';
import { float32Bytes, readSafetensorsHeader, writeSafetensors } from '../weights/safetensors.ts';
import { methodOf } from './list.ts';
import { parametersOf, type SiteParameter, valuesOf } from './parameters.ts';
import type { AdapterSettings, AdapterWeights, LoraSettings } from './types.ts';

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
    bias: 'none',
    fan_in_fan_out: config.family.tensors.conv1d,
    inference_mode: true,
    modules_to_save: null,
    peft_type: peft.type,
    revision: base.revision,
    target_modules: exactTargets(config, weights.modules),
    task_type: 'CAUSAL_LM',
    ...peft.fields(settings),
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
): { name: string; shape: readonly [number, number]; data: Float32Array }[] {
  return parametersOf(weights.modules, weights.settings).map((one) => ({
    name: peftName(one, weights.settings),
    shape: one.parameter.shape,
    data: valuesOf(weights, one),
  }));
}

function peftName({ site, parameter }: SiteParameter, settings: AdapterSettings): string {
  return `${PREFIX}${site.path}${methodOf(settings).peft.suffix(parameter)}`;
}

const AdapterConfig = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).max(4096),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  bias: z.string().nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  rank_pattern: z.record(z.string(), z.int().min(1).max(4096)).nullish(),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
  base_model_name_or_path: z.string().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  alora_invocation_tokens: z.array(z.int()).nullish(),
  use_qalora: z.boolean().nullish(),
  layer_replication: z.array(z.unknown()).nullish(),
});

/** Ways to begin that leave the base as it is. All others of PEFT (PiSSA, OLoRA, …) may write into its weights. */
const PLAIN_BEGINNINGS: readonly unknown[] = [true, false, null, undefined, 'gaussian', 'eva', 'orthogonal'];

/**
 * Reads an adapter made by PEFT or by us, and fits it to the base.
 * @param files the folder's files, or one zip. They may lie in a folder inside.
 * @returns weights as float32, whatever type they were saved in. Its `modules` are those that the adapter has.
 * @throws UserError `no-peft-adapter`, `bad-adapter-config`, `unsupported-adapter`, `adapter-mismatch` (naming the
 * tensor), `safetensors-…`, `not-finite`, `bad-zip`.
 */
export async function readPeft(files: readonly NamedFile[], config: DecoderConfig): Promise<AdapterWeights> {
  const unpacked =
    files.length === 1 && files[0].path.toLowerCase().endsWith('.zip')
      ? unzipFiles(files[0].bytes, files[0].path)
      : files;
  const peft = parseAdapterConfig(fileNamed(unpacked, 'adapter_config.json'));
  const bytes = fileNamed(unpacked, 'adapter_model.safetensors');
  const header = await readSafetensorsHeader(bytesReader('adapter_model.safetensors', bytes));

  const found = new Map<string, { dtype: string; shape: number[]; begin: number; end: number }>();
  for (const [name, entry] of header.tensors) found.set(name.replace('.default.weight', '.weight'), entry);

  const all = adapterModules(config, ['all']);
  const settings: LoraSettings = {
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
      throw mismatch(
        `its tensor ${name} has no place in this base (${config.family.architecture}, ${config.layers} layers)`,
      );
    }
  }
  const present = new Set([...found.keys()].map((name) => wanted.get(name)!.site.path));
  const modules = all.filter(({ path }) => present.has(path));
  if (modules.length === 0) throw mismatch('it holds no LoRA tensor');
  settings.targets = exactTargets(config, modules);
  refuseHoles(modules, all, peft.target_modules);

  const read = (one: SiteParameter): Float32Array => {
    const name = peftName(one, settings);
    const { shape } = one.parameter;
    const entry = found.get(name);
    if (!entry) throw mismatch(`its tensor ${name} is missing`);
    if (entry.shape.length !== 2 || entry.shape[0] !== shape[0] || entry.shape[1] !== shape[1]) {
      throw mismatch(
        `its tensor ${name} has the shape [${entry.shape.join(', ')}] and this base needs [${shape.join(', ')}]`,
      );
    }
    if (entry.dtype !== 'F32' && entry.dtype !== 'F16' && entry.dtype !== 'BF16')
      throw mismatch(`its tensor ${name} is stored as ${entry.dtype}`);
    return decodeToFloats(bytes.slice(entry.begin, entry.end), entry.dtype, name);
  };
  const values = new Map(parametersOf(modules, settings).map((one) => [one.key, read(one)]));
  return { settings, modules, values };
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
 * without tensors. A pattern or none (`declared` is no list) is read as the suffixes of what is there.
 */
function refuseHoles(
  present: readonly AdapterModule[],
  all: readonly AdapterModule[],
  declared: string | string[] | null | undefined,
): void {
  const targets = Array.isArray(declared) ? declared : present.map(({ target }) => target);
  const paths = new Set(present.map(({ path }) => path));
  const absent = all.find(
    ({ path }) => !paths.has(path) && targets.some((target) => matchesTarget(path, target)),
  );
  if (absent) throw mismatch(`it has nothing for ${absent.path}, which is among its targets`);
}

function parseAdapterConfig(bytes: Uint8Array): z.infer<typeof AdapterConfig> {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    raw = null;
  }
  const result = AdapterConfig.safeParse(raw);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UserError(
      'bad-adapter-config',
      `adapter_config.json is not usable: ${issue.path.join('.') || 'its content'} (${issue.message}). Export the adapter again.`,
    );
  }
  const peft = result.data;
  const unsupported =
    peft.peft_type !== 'LORA'
      ? `is of type ${peft.peft_type}`
      : peft.use_dora
        ? 'uses DoRA'
        : peft.modules_to_save?.length
          ? `also holds whole modules (${peft.modules_to_save.join(', ')})`
          : peft.bias && peft.bias !== 'none'
            ? 'also trains biases'
            : (unreadablePattern(peft) ?? null);
  if (unsupported)
    throw new UserError(
      'unsupported-adapter',
      `This adapter ${unsupported}, which cannot be read here yet. Plain LoRA adapters can.`,
    );
  refuseOtherBases(peft);
  return peft;
}

/** Patterns are Python's regular expressions; one that is none here cannot be matched. */
function unreadablePattern({ rank_pattern, alpha_pattern }: z.infer<typeof AdapterConfig>): string | null {
  for (const key of Object.keys({ ...rank_pattern, ...alpha_pattern })) {
    try {
      new RegExp(key);
    } catch {
      return `has a rank or alpha for modules that match “${key}”, which is no pattern here`;
    }
  }
  return null;
}

/** On the unchanged base, these would load without an error and give other answers than they were trained for. */
function refuseOtherBases(peft: z.infer<typeof AdapterConfig>): void {
  const { init_lora_weights: begun } = peft;
  const refused = (why: string, remedy: string) =>
    new UserError('unsupported-adapter', `This adapter ${why}. Nothing was changed. ${remedy}`);
  if (!PLAIN_BEGINNINGS.includes(typeof begun === 'string' ? begun.toLowerCase() : begun)) {
    const name = String(begun).slice(0, 40);
    throw refused(
      `was started with init_lora_weights “${name}”, which can change the weights of the base, so it does not fit the base as published`,
      name.toLowerCase() === 'loftq'
        ? 'Train it again with init_lora_weights true.'
        : 'Save it from PEFT as plain LoRA, with path_initial_model_for_weight_conversion, or train it again with init_lora_weights true.',
    );
  }
  if (peft.alora_invocation_tokens)
    throw refused(
      'has alora_invocation_tokens: it acts only behind those tokens (aLoRA), and would act on every token here',
      'Choose a plain LoRA adapter.',
    );
  if (peft.use_qalora)
    throw refused(
      'has use_qalora: its matrices are of pooled inputs (QA-LoRA)',
      'Choose a plain LoRA adapter.',
    );
  if (peft.layer_replication)
    throw refused(
      'has layer_replication: it was trained on a base with repeated layers',
      'Choose a plain LoRA adapter.',
    );
}

function fileNamed(files: readonly NamedFile[], name: string): Uint8Array {
  const matching = files.filter(({ path }) => path === name || path.endsWith(`/${name}`));
  matching.sort((x, y) => x.path.split('/').length - y.path.split('/').length);
  if (matching.length > 0) return matching[0].bytes;
  throw new UserError(
    'no-peft-adapter',
    `There is no ${name} among these files, so they are not a PEFT adapter. Choose the folder or zip that contains adapter_config.json and adapter_model.safetensors.`,
  );
}

function mismatch(what: string): UserError {
  return new UserError(
    'adapter-mismatch',
    `The adapter does not fit this base model: ${what}. Nothing was changed; choose the base that it was trained on.`,
  );
}

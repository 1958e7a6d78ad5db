import { z } from 'zod';
import { UserError } from '../errors.ts';
import { matchesTarget } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { pythonPattern } from './python-pattern.ts';

/** PEFT's `adapter_config.json`: what is read, what has no effect, and what is refused. Checked against PEFT 0.21. */

const AdapterConfig = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).max(4096).default(8),
  lora_alpha: z.number().positive().default(8),
  lora_dropout: z.number().min(0).max(1).nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  exclude_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  layers_pattern: z.union([z.string(), z.array(z.string())]).nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.int().min(1).max(4096)).nullish(),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

export type PeftConfig = z.infer<typeof AdapterConfig>;

/** Read, without effect on what a saved adapter computes, or refused unless off: what the adapter then does. */
export type Use = 'read' | { inert: string } | { refused: string; remedy?: string; off?: unknown };

const START = { inert: 'settings of a start that init_lora_weights names' };

/** Every field of PEFT's LoraConfig. */
export const LORA_CONFIG: Readonly<Record<string, Use>> = {
  peft_type: 'read',
  r: 'read',
  lora_alpha: 'read',
  lora_dropout: 'read',
  target_modules: 'read',
  exclude_modules: 'read',
  layers_to_transform: 'read',
  layers_pattern: 'read',
  rank_pattern: 'read',
  alpha_pattern: 'read',
  use_rslora: 'read',
  use_dora: 'read',
  init_lora_weights: 'read',
  base_model_name_or_path: { inert: 'which base; the shapes say whether it fits' },
  revision: { inert: 'which base' },
  task_type: { inert: 'which class of PEFT wraps the model' },
  inference_mode: { inert: 'whether PEFT trains it further' },
  auto_mapping: { inert: 'which class of transformers the base has' },
  peft_version: { inert: 'who wrote it' },
  fan_in_fan_out: { inert: 'how the base stores its matrices' },
  runtime_config: { inert: 'where PEFT computes it' },
  ensure_weight_tying: { inert: 'modules_to_save and adapted embeddings alone' },
  megatron_core: { inert: 'megatron_config alone' },
  qalora_group_size: { inert: 'use_qalora alone' },
  loftq_config: START,
  eva_config: START,
  corda_config: START,
  lora_ga_config: START,
  velora_config: { inert: 'how its gradients were kept' },
  bias: { refused: 'also trains biases', off: 'none' },
  modules_to_save: { refused: 'also holds whole modules' },
  lora_bias: { refused: 'has a bias beside its matrices' },
  trainable_token_indices: { refused: 'also trains the embeddings of single tokens' },
  target_parameters: { refused: 'adapts single parameters instead of linear layers' },
  megatron_config: { refused: 'was made for Megatron’s parallel layers' },
  arrow_config: { refused: 'chooses between several adapters for each token (Arrow)' },
  kasa_config: { refused: 'weighs singular components of a truncated base (KaSA)' },
  use_bdlora: { refused: 'has block-diagonal matrices (BD-LoRA)' },
  monteclora_config: { refused: 'samples its matrices (MonteCLoRA)' },
  alora_invocation_tokens: {
    refused: 'acts only after its invocation tokens (aLoRA), and would act on every token here',
    remedy: 'Choose a plain LoRA adapter.',
  },
  use_qalora: {
    refused: 'has matrices of pooled inputs (QA-LoRA)',
    remedy: 'Choose a plain LoRA adapter.',
  },
  layer_replication: {
    refused: 'was trained on a base with repeated layers',
    remedy: 'Choose a plain LoRA adapter.',
  },
};

/** PEFT's other methods, as people call them. */
export const OTHER_METHODS: Readonly<Record<string, string>> = {
  MULTITASK_PROMPT_TUNING: 'multitask prompt tuning',
  P_TUNING: 'P-tuning',
  CPT: 'context-aware prompt tuning',
  CARTRIDGE: 'a cartridge',
  ADALORA: 'AdaLoRA',
  ADAMSS: 'AdaMSS',
  ADAPTION_PROMPT: 'LLaMA-Adapter',
  BEFT: 'BEFT',
  BOFT: 'BOFT',
  BONE: 'Bone',
  C3A: 'C3A',
  DEFT: 'DEFT',
  DELORA: 'DeLoRA',
  FOURIERFT: 'FourierFT',
  FROD: 'FRoD',
  GLORA: 'GLoRA',
  GRALORA: 'GraLoRA',
  HIRA: 'HiRA',
  HRA: 'HRA',
  LILY: 'Lily',
  LN_TUNING: 'tuning of norms',
  LOHA: 'LoHa',
  LOKR: 'LoKr',
  MISS: 'MiSS',
  OFT: 'OFT',
  OSF: 'OSF',
  PEANUT: 'PEANuT',
  POLY: 'Polytropon',
  PSOFT: 'PSOFT',
  PVERA: 'PVeRA',
  RANDLORA: 'RandLoRA',
  ROAD: 'RoAd',
  SHADOW: 'Shadow',
  SHIRA: 'SHiRA',
  SUPERTUNING: 'supertuning',
  TINYLORA: 'TinyLoRA',
  TRAINABLE_TOKENS: 'trained tokens',
  UNILORA: 'Uni-LoRA',
  VBLORA: 'VB-LoRA',
  VERA: 'VeRA',
  WAVEFT: 'WaveFT',
  XLORA: 'X-LoRA',
};

/** Starts that leave the base as it is. All others of PEFT (PiSSA, OLoRA, …) may write into its weights. */
const PLAIN_STARTS: readonly unknown[] = [true, false, null, undefined, 'gaussian', 'eva', 'orthogonal'];

const isOff = (value: unknown, off: unknown): boolean =>
  value === off || (typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value);

/**
 * @param raw parsed adapter_config.json
 * @throws UserError `unsupported-adapter`, `bad-adapter-config`
 */
export function readAdapterConfig(raw: unknown): PeftConfig {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new UserError(
      'bad-adapter-config',
      'adapter_config.json is not a JSON object. Save the adapter again.',
    );
  const given = raw as Record<string, unknown>;
  const type = peftType(raw);
  if (typeof type === 'string' && type.toUpperCase() !== 'LORA') {
    const name = Object.hasOwn(OTHER_METHODS, type) ? OTHER_METHODS[type] : type.slice(0, 40);
    throw unsupportedAdapter(`is of PEFT’s method ${name} (peft_type ${type.slice(0, 40)})`);
  }
  refuseFields(given, LORA_CONFIG);
  const scales = [given.lora_alpha, ...Object.values((given.alpha_pattern as object | null) ?? {})];
  const dead = scales.find((alpha) => typeof alpha === 'number' && alpha <= 0);
  if (dead !== undefined)
    throw unsupportedAdapter(
      `has an alpha of ${dead} (lora_alpha, alpha_pattern)`,
      'Only an alpha above 0 can be; choose another adapter.',
    );
  const config = readConfig(AdapterConfig, raw);
  const { rank_pattern, alpha_pattern, init_lora_weights: start } = config;
  for (const key of Object.keys({ ...rank_pattern, ...alpha_pattern }))
    if (!pythonPattern(key)) throw unusablePattern(key);
  if (!PLAIN_STARTS.includes(typeof start === 'string' ? start.toLowerCase() : start))
    throw otherBase(String(start).slice(0, 40));
  return config;
}

/** The method that a config names, where it does. */
export function peftType(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>).peft_type : undefined;
}

/** @throws UserError `bad-adapter-config` */
export function readConfig<T>(schema: z.ZodType<T>, raw: unknown): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(
    'bad-adapter-config',
    `adapter_config.json is not usable: ${issue.path.join('.') || 'its content'} (${issue.message}). Export the adapter again.`,
  );
}

/**
 * @param known every field of a method's config
 * @throws UserError `unsupported-adapter` where one changes the result and is not read
 */
export function refuseFields(
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, Use>>,
): void {
  for (const [field, value] of Object.entries(given)) {
    const use = Object.hasOwn(known, field) ? known[field] : null;
    if (use === 'read' || (use && 'inert' in use) || isOff(value, use?.off)) continue;
    const which = Array.isArray(value) ? ` ${value.slice(0, 5).join(', ')}` : '';
    throw unsupportedAdapter(
      use
        ? `${use.refused} (${field}${which})`
        : `has a field that PEFT 0.21 does not know and that may change its result (${field.slice(0, 60)})`,
      use?.remedy,
    );
  }
}

/** On the unchanged base, it would load without an error and give other answers than it was trained for. */
function otherBase(name: string): UserError {
  return unsupportedAdapter(
    `was started with init_lora_weights “${name}”, which can change the weights of the base, so it does not fit the base as published`,
    name.toLowerCase() === 'loftq'
      ? 'Train it again with init_lora_weights true.'
      : 'Save it from PEFT as plain LoRA, with path_initial_model_for_weight_conversion, or train it again with init_lora_weights true.',
  );
}

/** @param key of `rank_pattern` or `alpha_pattern` */
export function unusablePattern(key: string): UserError {
  return unsupportedAdapter(
    `has a rank or alpha for modules that match “${key.slice(0, 80)}”, which is no pattern that can be used here`,
  );
}

export function unsupportedAdapter(
  what: string,
  remedy = 'Adapters of LoRA, DoRA, (IA)³, prompt and prefix tuning can be read; choose one.',
): UserError {
  return new UserError(
    'unsupported-adapter',
    `This adapter ${what}, which cannot be read here. Nothing was changed. ${remedy}`,
  );
}

type Targets = Pick<
  Partial<PeftConfig>,
  'target_modules' | 'exclude_modules' | 'layers_to_transform' | 'layers_pattern'
>;

/**
 * The modules that the config says it adapts, as PEFT's `check_target_module_exists` chooses them.
 * Null where it says so in a regular expression that is none here.
 * @param usual ends of the paths that PEFT takes where the config names none
 */
export function declaredModules(
  peft: Targets,
  all: readonly AdapterModule[],
  usual: readonly string[],
): AdapterModule[] | null {
  const { exclude_modules: excluded } = peft;
  const targets = peft.target_modules ?? usual;
  const everything = typeof targets === 'string' && targets.toLowerCase() === 'all-linear';
  const chosen = everything ? () => true : matcher(targets);
  const left = excluded == null || excluded.length === 0 ? () => false : matcher(excluded);
  const layered = Array.isArray(targets) ? layerFilter(peft) : () => true;
  if (!chosen || !left || !layered) return null;
  return all.filter(({ path }) => chosen(path) && !left(path) && layered(path));
}

function matcher(names: string | readonly string[]): ((path: string) => boolean) | null {
  if (typeof names !== 'string') return (path) => names.some((name) => matchesTarget(path, name));
  const whole = pythonPattern(names, '^(?:', ')$');
  return whole && ((path) => whole.test(path));
}

/** `layers_to_transform`: the first number in a path, after a name that `layers_pattern` may give. */
function layerFilter(peft: Targets): ((path: string) => boolean) | null {
  const { layers_to_transform: layers, layers_pattern: named } = peft;
  if (layers == null || (Array.isArray(layers) && layers.length === 0)) return () => true;
  const names = named == null || named.length === 0 ? [] : [named].flat();
  const found = (names.length > 0 ? names : ['[^.]*']).map((name) =>
    pythonPattern(name, `^(?:${names.length > 0 ? '|' : ''}.*?\\.)`, '\\.(?<idx>\\d+)\\.'),
  );
  if (found.includes(null)) return null;
  return (path) => {
    const index = found.map((one) => one!.exec(path)?.groups?.idx).find((idx) => idx !== undefined);
    return index !== undefined && [layers].flat().includes(Number(index));
  };
}

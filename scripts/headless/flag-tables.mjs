import { usage } from './failure.mjs';

/** @typedef {import('./flags.mjs').Flag} Flag */

/** @type {Flag[]} */
const COMMON = [
  {
    name: 'model',
    kind: 'text',
    value: 'MODEL',
    required: true,
    help: '`bundled`, a folder (config.json, tokenizer.json, safetensors), a .gguf file, or a hub id.',
  },
  {
    name: 'device',
    kind: 'text',
    value: 'auto|webgpu|wasm',
    help: 'What computes. auto: a hardware GPU, else WebAssembly.',
  },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
  { name: 'help', kind: 'switch', help: 'This text.' },
  {
    name: 'revision',
    kind: 'text',
    value: 'NAME',
    help: 'Branch, tag or commit of a model on the hub (main).',
  },
  { name: 'hub', kind: 'text', value: 'URL', help: 'A mirror of the hub; HF_ENDPOINT says the same.' },
];

/** @type {Flag} */
const BASE_DTYPE = {
  name: 'base-dtype',
  kind: 'text',
  value: 'auto|f32|f16|q8|q4|nf4',
  help: 'How the base is held (auto: as in the file).',
};

/**
 * Flags of `train`: what the settings table has, and what a command needs beside it.
 * @param {typeof import('../../src/run/settings.ts')} settings
 * @returns {Flag[]}
 */
export function trainFlags({ RunSettings, SETTINGS }) {
  const fromTable = SETTINGS.map((info) => {
    const kind = kindOf(RunSettings.shape[info.key]);
    /** @type {Flag} */
    const flag = {
      name: info.flag,
      kind,
      help: info.help + defaultOf(RunSettings, info.key),
      value: info.unit?.toUpperCase() ?? choicesOf(RunSettings.shape[info.key]),
    };
    return flag;
  });
  return [
    ...COMMON,
    {
      name: 'data',
      kind: 'text',
      value: 'FILE',
      required: true,
      help: 'The rows to train on: JSONL, JSON list, CSV or TSV.',
    },
    { name: 'out', kind: 'text', value: 'FOLDER', required: true, help: 'Where the adapter goes.' },
    { name: 'method', kind: 'text', value: 'lora', help: 'The kind of adapter.' },
    ...fromTable,
    { name: 'eval-data', kind: 'text', value: 'FILE', help: 'Held-out rows from a file of their own.' },
    {
      name: 'trace',
      kind: 'text',
      value: 'FILE.jsonl',
      help: 'Writes one line a step, with the ids, so that anyone can replay the run.',
    },
    { name: 'kernels', kind: 'text', value: 'FILE', help: 'The choice of kernels, to read or to write.' },
    { name: 'init-adapter', kind: 'text', value: 'FOLDER', help: 'A PEFT adapter to go on from.' },
    {
      name: 'memory-limit',
      kind: 'integer',
      value: 'BYTES',
      help: 'Most GPU memory that the run may plan for; checkpointing is turned on where that makes it fit.',
    },
    {
      name: 'resume',
      kind: 'switch',
      help: 'Goes on from the newest checkpoint in --out; afresh where there is none.',
    },
  ];
}

/** @type {Flag[]} */
export const GENERATE_FLAGS = [
  ...COMMON,
  { name: 'adapter', kind: 'text', value: 'FOLDER', help: 'A trained adapter; without it the base answers.' },
  { name: 'prompt', kind: 'text', value: 'TEXT', required: true, help: 'What to answer.' },
  { name: 'system', kind: 'text', value: 'TEXT', help: 'A system message before it.' },
  { name: 'raw', kind: 'switch', help: 'The prompt as it stands, without the chat template.' },
  { name: 'max-tokens', kind: 'integer', value: 'N', help: 'Longest answer (64).' },
  { name: 'temperature', kind: 'number', value: 'T', help: '0 takes the likeliest token each time (0).' },
  { name: 'top-p', kind: 'number', value: 'P', help: 'Share of the probability that is drawn from (1).' },
  { name: 'seed', kind: 'integer', value: 'N', help: 'Of the draws (0).' },
  { name: 'logits', kind: 'text', value: 'FILE.json', help: 'Writes the logits after the prompt.' },
  BASE_DTYPE,
];

/** @type {Flag[]} */
export const EVALUATE_FLAGS = [
  ...COMMON,
  {
    name: 'adapter',
    kind: 'text',
    value: 'FOLDER',
    help: 'A trained adapter; without it the base is measured.',
  },
  {
    name: 'data',
    kind: 'text',
    value: 'FILE',
    required: true,
    help: 'The rows to measure on: JSONL, JSON list, CSV or TSV.',
  },
  { name: 'max-length', kind: 'integer', value: 'TOKENS', help: 'Longer rows are cut at the end (256).' },
  { name: 'raw', kind: 'switch', help: 'Without the chat template.' },
  { name: 'logits', kind: 'text', value: 'FILE.safetensors', help: 'Writes the logits of the first row.' },
  BASE_DTYPE,
  {
    name: 'generate',
    kind: 'switch',
    help: 'Answers each row too, and says how many answers are right.',
  },
  {
    name: 'shots',
    kind: 'integer',
    value: 'K',
    help: 'Rows of --train-data that stand before each question (with --generate).',
  },
  { name: 'train-data', kind: 'text', value: 'FILE', help: 'Where the examples of --shots come from.' },
];

/** @type {Flag[]} */
export const BENCH_FLAGS = [
  {
    name: 'runtime',
    kind: 'text',
    value: 'chrome|dawn',
    help: 'Where it runs: a headless browser (chrome), or Dawn in Node.',
  },
  {
    name: 'only',
    kind: 'text',
    value: 'kernels|steps|peers',
    help: 'A part: single kernels; whole training steps; what stands beside another library.',
  },
  { name: 'quick', kind: 'switch', help: 'Fewer shapes and rounds: under two minutes in software.' },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
  { name: 'help', kind: 'switch', help: 'This text.' },
];

/** @type {Flag[]} */
export const EXPORT_FLAGS = [
  ...COMMON,
  {
    name: 'adapter',
    kind: 'text',
    value: 'FOLDER',
    required: true,
    help: 'The trained adapter; for continue, the --out of an unfinished run.',
  },
  {
    name: 'format',
    kind: 'text',
    value: 'peft|gguf|mlx|merged|merged-gguf|continue',
    required: true,
    help: 'What is written.',
  },
  { name: 'dtype', kind: 'text', value: 'f32|f16|q8', help: 'f32 for adapters; f16 for merged models.' },
  {
    name: 'out',
    kind: 'text',
    value: 'PATH',
    required: true,
    help: 'A file for gguf and merged-gguf, else a folder.',
  },
];

/**
 * The run's settings from the flags that were given, checked by the table's own schema.
 * @param {typeof import('../../src/run/settings.ts')} table
 * @param {Record<string, unknown>} values
 */
export function settingsFrom({ RunSettings, SETTINGS }, values) {
  /** @type {Record<string, unknown>} */
  const given = {};
  if (values.method !== undefined) given.method = values.method;
  for (const { key, flag } of SETTINGS) if (values[flag] !== undefined) given[key] = values[flag];
  const result = RunSettings.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = String(issue.path[0]);
  const flag = SETTINGS.find((info) => info.key === key)?.flag ?? key;
  throw usage(`--${flag}: ${sentenceOf(issue)}`);
}

function sentenceOf(
  /** @type {{ code: string, message: string, minimum?: unknown, maximum?: unknown, values?: unknown[], inclusive?: boolean }} */ issue,
) {
  if (issue.code === 'too_small')
    return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}.`;
  if (issue.code === 'too_big')
    return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}.`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values?.join(', ')}.`;
  return `${issue.message}.`;
}

/**
 * Kind of a flag's value, from the schema of its setting.
 * @returns {Flag['kind']}
 */
function kindOf(/** @type {any} */ schema) {
  const { def } = schema;
  if (def.innerType) return kindOf(def.innerType);
  if (def.type === 'boolean') return 'switch';
  if (def.type === 'array') return 'list';
  if (def.type === 'number') return schema.isInt || def.format === 'safeint' ? 'integer' : 'number';
  return 'text';
}

/** `linear|cosine|constant`, from the schema of its setting. */
function choicesOf(/** @type {any} */ schema) {
  const { def } = schema;
  if (def.innerType) return choicesOf(def.innerType);
  return def.type === 'enum' ? Object.keys(def.entries).join('|') : undefined;
}

function defaultOf(/** @type {any} */ schema, /** @type {string} */ key) {
  const value = schema.parse({})[key];
  return value === null || value === false ? '' : ` (${value})`;
}

/** @typedef {import('./flags.mjs').Flag} Flag */

/** @type {Flag[]} */
export const COMMON = [
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
  {
    name: 'threads',
    kind: 'integer',
    value: 'N',
    help: 'Threads on the processor, up to 16 (as many as it has cores). The result is the same with any number.',
  },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
  { name: 'help', kind: 'switch', help: 'This text.' },
  {
    name: 'revision',
    kind: 'text',
    value: 'NAME',
    help: 'Branch, tag or commit of a model on the hub (main).',
  },
  {
    name: 'chat-template',
    kind: 'text',
    value: 'NAME|FILE',
    help: 'A chat template in place of the model’s own: `plain` (User: … / Assistant: …), `chatml`, `alpaca`, or a Jinja file.',
  },
  { name: 'hub', kind: 'text', value: 'URL', help: 'A mirror of the hub; HF_ENDPOINT says the same.' },
];

/** @typedef {typeof import('../../src/run/settings/list.ts')} Table */
/** @typedef {import('../../src/run/settings/setting.ts').Setting} Setting */

/**
 * The flag of a setting: its words, its range and how a text is read are the table's.
 * @param {Table} table
 * @param {Setting} setting
 * @param {string} [help]
 * @returns {Flag}
 */
export function flagOf({ readSetting }, setting, help = setting.help) {
  const { type, unit, only, default: usual } = setting;
  const choices = type.kind === 'choice' ? type.choices.map(({ value }) => value).join('|') : undefined;
  return {
    name: setting.flag,
    kind: type.kind === 'switch' ? 'switch' : 'setting',
    value:
      setting.placeholder ?? choices ?? unit?.toUpperCase() ?? (type.kind === 'integer' ? 'N' : 'NUMBER'),
    help: [
      usual === null || usual === false ? help : `${help.replace(/\.$/, '')} (${usual}).`,
      only && `Only ${only.words}.`,
    ]
      .filter(Boolean)
      .join(' '),
    read: (text) => readSetting(setting, text),
  };
}

/**
 * Which columns of a row are what, where their names do not say so.
 * @type {Flag[]}
 */
export const COLUMNS = [
  {
    name: 'prompt-column',
    kind: 'text',
    value: 'PATH',
    help: 'The column that is asked; a dot goes into a nested one (answers.text.0).',
  },
  {
    name: 'completion-column',
    kind: 'text',
    value: 'PATH',
    help: 'The column that is answered; without --prompt-column, a text to continue.',
  },
  { name: 'system-column', kind: 'text', value: 'PATH', help: 'The column of system texts.' },
];

/** @returns {Flag} */
const metricFlag = (/** @type {string} */ help) => ({
  name: 'metric',
  kind: 'text',
  value: 'label|exact|fields|json|words|EXPRESSION',
  help,
});

/**
 * Rows that are mixed in against forgetting.
 * @type {Flag[]}
 */
const REPLAY = [
  {
    name: 'replay',
    kind: 'text',
    value: 'general|FILE',
    help: 'Rows that are mixed in against forgetting: the page’s general ones, or a file.',
  },
  {
    name: 'replay-share',
    kind: 'number',
    value: 'SHARE',
    help: 'Share of the rows that is replayed (0.05).',
  },
];

/**
 * Flags of `train`: those of the table, and what a command needs beside it.
 * @param {Table} table
 * @param {readonly Setting[]} [settings]
 * @returns {Flag[]}
 */
export function trainFlags(table, settings = table.SETTINGS) {
  return [
    ...COMMON,
    {
      name: 'data',
      kind: 'text',
      value: 'FILE',
      required: true,
      help: 'The rows to train on: JSONL, JSON, CSV, TSV, Parquet or plain text, also as .gz or .zip.',
    },
    { name: 'out', kind: 'text', value: 'FOLDER', required: true, help: 'Where the adapter goes.' },
    ...settings.map((setting) => flagOf(table, setting)),
    ...COLUMNS,
    {
      name: 'teacher',
      kind: 'text',
      value: 'MODEL',
      help: 'The model that distil learns from, named like --model; it needs the same tokenizer.',
    },
    {
      name: 'teacher-adapter',
      kind: 'text',
      value: 'FOLDER',
      help: 'A PEFT adapter that the teacher answers with.',
    },
    { name: 'eval-data', kind: 'text', value: 'FILE', help: 'Held-out rows from a file of their own.' },
    metricFlag('Has the held-out rows answered before and after the run, and judges the answers so.'),
    {
      name: 'metric-rows',
      kind: 'integer',
      value: 'N',
      help: 'Most held-out rows that are answered for --metric (all).',
    },
    ...REPLAY,
    {
      name: 'trace',
      kind: 'text',
      value: 'FILE.jsonl',
      help: 'Writes one line a step, with the ids, so that anyone can replay the run.',
    },
    { name: 'kernels', kind: 'text', value: 'FILE', help: 'The choice of kernels, to read or to write.' },
    { name: 'init-adapter', kind: 'text', value: 'FOLDER', help: 'A PEFT adapter to start from.' },
    {
      name: 'memory-limit',
      kind: 'integer',
      value: 'BYTES',
      help: 'Most GPU memory that the run may plan for; checkpointing is turned on where that makes it fit.',
    },
    {
      name: 'resume',
      kind: 'switch',
      help: 'Continues from the newest checkpoint in --out; starts from the beginning if there is none.',
    },
  ];
}

/**
 * @param {Table} table
 * @returns {Flag[]}
 */
export const generateFlags = (table) => [
  ...COMMON,
  { name: 'adapter', kind: 'text', value: 'FOLDER', help: 'A trained adapter; without it the base answers.' },
  { name: 'prompt', kind: 'text', value: 'TEXT', required: true, help: 'What to answer.' },
  { name: 'system', kind: 'text', value: 'TEXT', help: 'A system message before it.' },
  flagOf(table, table.settingOf('raw'), 'The prompt as it stands, without the chat template.'),
  { name: 'max-tokens', kind: 'integer', value: 'N', help: 'Longest answer (64).' },
  { name: 'temperature', kind: 'number', value: 'T', help: '0 takes the likeliest token each time (0).' },
  { name: 'top-p', kind: 'number', value: 'P', help: 'Share of the probability that is drawn from (1).' },
  flagOf(table, table.settingOf('seed'), 'Of the draws.'),
  { name: 'logits', kind: 'text', value: 'FILE.json', help: 'Writes the logits after the prompt.' },
  flagOf(table, table.settingOf('baseDtype')),
];

/**
 * @param {Table} table
 * @returns {Flag[]}
 */
export const evaluateFlags = (table) => [
  ...COMMON.map((flag) => (flag.required ? { ...flag, unless: 'answers' } : flag)),
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
    unless: 'answers',
    help: 'The rows to measure on: JSONL, JSON, CSV, TSV, Parquet or plain text, also as .gz or .zip.',
  },
  flagOf(table, table.settingOf('maxLength')),
  flagOf(table, table.settingOf('raw')),
  ...COLUMNS,
  { name: 'logits', kind: 'text', value: 'FILE.safetensors', help: 'Writes the logits of the first row.' },
  flagOf(table, table.settingOf('baseDtype')),
  {
    name: 'generate',
    kind: 'switch',
    help: 'Answers each row too, and says how many answers are right.',
  },
  metricFlag('Answers each row too, and judges the answers so.'),
  {
    name: 'answers',
    kind: 'text',
    value: 'FILE',
    help: 'Scores the answers that evaluate --generate --json wrote, without a model.',
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
    value: 'chrome|firefox|dawn',
    help: 'Where it runs: a headless browser (chrome or firefox), or Dawn in Node.',
  },
  {
    name: 'only',
    kind: 'text',
    value: 'kernels|steps|peers|tiles|processor|methods',
    help: 'One part: single kernels, whole training steps, the comparison with other libraries, every variant that a GPU chooses among, the processor beside PyTorch and llama.cpp, or the methods beside LoRA.',
  },
  { name: 'quick', kind: 'switch', help: 'Fewer shapes and rounds.' },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
  { name: 'help', kind: 'switch', help: 'This text.' },
];

/** @typedef {import('../../src/export/format.ts').ExportFormat} Format */

/**
 * @param {readonly Format[]} formats
 * @returns {Flag[]}
 */
export function exportFlags(formats) {
  const single = formats.filter(({ file }) => file).map(({ id }) => id);
  return [
    ...COMMON,
    {
      name: 'adapter',
      kind: 'text',
      value: 'FOLDER',
      required: true,
      help: `The trained adapter; for ${joined(formats.filter(({ from }) => from === 'run').map(({ id }) => id))}, the --out of an unfinished run.`,
    },
    {
      name: 'format',
      kind: 'text',
      value: formats.map(({ id }) => id).join('|'),
      required: true,
      help: 'What is written.',
    },
    {
      name: 'dtype',
      kind: 'text',
      value: dtypesOf(formats).join('|'),
      help: `${formats.map(({ id, dtypes }) => `${id}: ${dtypes.map(({ value }) => value).join(' or ')}`).join('; ')}.`,
    },
    {
      name: 'out',
      kind: 'text',
      value: 'PATH',
      required: true,
      help: `A file for ${joined(single)}, else a folder.`,
    },
  ];
}

/** Every precision that some format is written in. */
export function dtypesOf(/** @type {readonly Format[]} */ formats) {
  return [...new Set(formats.flatMap(({ dtypes }) => dtypes.map(({ value }) => value)))];
}

/** Names in a sentence: `a, b and c`. */
export function joined(/** @type {readonly string[]} */ names) {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

/**
 * The run's settings from the flags that were given; those of the table have been checked as they were read.
 * @param {Table} table
 * @param {Record<string, unknown>} values
 * @returns {ReturnType<Table['defaultSettings']>}
 */
export function settingsFrom({ checkedSettings, SETTINGS }, values) {
  return checkedSettings(Object.fromEntries(SETTINGS.map(({ key, flag }) => [key, values[flag]])));
}

/**
 * A sentence for each flag that was given and changes nothing in this run.
 * @param {Table} table
 * @param {Record<string, unknown>} values
 * @param {boolean} heldOut Whether rows are held out.
 */
export function idleFlags(table, values, heldOut) {
  const settings = settingsFrom(table, values);
  return table.SETTINGS.filter(({ flag }) => values[flag] !== undefined).flatMap((setting) => {
    const why = table.withoutEffect(setting, { settings, heldOut });
    return why ? [`--${setting.flag}: ${why}`] : [];
  });
}

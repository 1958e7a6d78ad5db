import { COLUMNS, COMMON, flagOf, joined, trainFlags } from './flag-tables.mjs';

/** The flags of the lab's commands. */

/** @typedef {import('./flags.mjs').Flag} Flag */
/** @typedef {import('./flag-tables.mjs').Table} Table */
/** @typedef {import('../../src/run/settings/setting.ts').Setting} Setting */

/** Of `train`, those that say nothing about a ladder: it writes no trace, begins with no adapter and replays nothing. */
const NOT_OF_LADDER = ['trace', 'init-adapter', 'kernels', 'metric-rows', 'replay', 'replay-share'];

/**
 * @param {Table} table
 * @returns {Flag[]}
 */
export const ladderFlags = (table) => [
  ...trainFlags(table)
    .filter(({ name }) => !NOT_OF_LADDER.includes(name))
    .map((flag) => ({ ...flag, ...LADDER_HELP[flag.name] })),
  {
    name: 'prompt',
    kind: 'text',
    value: 'TEXT',
    help: 'The instruction of the prompt, or a file with it; without it the system turn that most rows have.',
  },
  {
    name: 'documents',
    kind: 'text',
    value: 'FOLDER',
    help: 'Text, Markdown and HTML files that are searched for each answer.',
  },
  {
    name: 'rungs',
    kind: 'text',
    value: 'NAMES',
    help: 'What is measured, with commas between (base,prompt,examples,retrieval,documents,tuned,tuned+retrieval).',
  },
  {
    name: 'apart',
    kind: 'switch',
    help: 'Trains one adapter for each kind of question too, and measures them with a router as a rung.',
  },
];

/** What differs from `train`. @type {Record<string, Partial<Flag>>} */
const LADDER_HELP = {
  out: { help: 'Where report.html, report.json, the adapter and each measured rung go.' },
  'eval-data': { required: true, help: 'The held-out rows, which every rung answers.' },
  'eval-fraction': { help: 'Share of the training rows that chooses the best step of the training (0).' },
  metric: { help: 'How answers are judged; without it as the references call for.' },
  resume: { help: 'Keeps the rungs that --out has already, and continues the training from there.' },
};

/** @typedef {import('../../src/merging/way.ts').Way} Way */

/**
 * @param {Table} table
 * @param {readonly Way[]} ways
 * @returns {Flag[]}
 */
export const mergeFlags = (table, ways) => [
  ...COMMON,
  {
    name: 'adapters',
    kind: 'texts',
    value: 'FOLDER FOLDER …',
    required: true,
    help: 'What is merged: PEFT or mlx-lm adapters of this base.',
  },
  {
    name: 'weights',
    kind: 'numbers',
    value: 'W W …',
    help: 'What each counts, in the order of --adapters (1 each).',
  },
  { name: 'way', kind: 'text', value: ways.map(({ id }) => id).join('|'), help: 'How (sum).' },
  {
    name: 'rank',
    kind: 'integer',
    value: 'R',
    help: 'Rank of the merged adapter (the largest of its sources). Not for cat and PEFT’s ways on A and B.',
  },
  {
    name: 'density',
    kind: 'number',
    value: 'D',
    help: `Share of the values that are kept, above 0 up to 1. Only for ${joined(ways.filter(({ takes }) => takes.density).map(({ id }) => id))}, which need it.`,
  },
  {
    name: 'seed',
    kind: 'integer',
    value: 'N',
    help: `Of what is dropped at random (0). Only for ${joined(ways.filter(({ takes }) => takes.seed).map(({ id }) => id))}.`,
  },
  {
    name: 'sweep',
    kind: 'switch',
    help: 'Tries weights on the rows of --data and keeps those of the least mean loss.',
  },
  {
    name: 'data',
    kind: 'texts',
    value: 'FILE FILE …',
    help: 'Held-out rows of each task, in the order of --adapters. Only with --sweep.',
  },
  flagOf(table, table.settingOf('maxLength')),
  flagOf(table, table.settingOf('raw')),
  ...COLUMNS,
  flagOf(table, table.settingOf('baseDtype')),
  {
    name: 'out',
    kind: 'text',
    value: 'FOLDER',
    required: true,
    help: 'Where the adapter and the report go.',
  },
  {
    name: 'resume',
    kind: 'switch',
    help: 'Goes on with a sweep in --out that was interrupted; returns the report of a merge that is done.',
  },
];

/**
 * @param {Table} table
 * @param {readonly Setting[]} [settings] Of the run that heals.
 * @returns {Flag[]}
 */
export const stackFlags = (table, settings = table.SETTINGS) => [
  ...COMMON,
  {
    name: 'slices',
    kind: 'text',
    value: '0-3,2-5',
    required: true,
    help: 'Ranges of layers, both ends included, counted from 0.',
  },
  { name: 'out', kind: 'text', value: 'FOLDER', required: true, help: 'Where the model and the report go.' },
  {
    name: 'dtype',
    kind: 'text',
    value: 'f16|f32',
    help: 'How it is written (f16 where the model is stored so throughout, else f32).',
  },
  {
    name: 'heal',
    kind: 'text',
    value: 'FILE',
    help: 'Rows of a run that heals it; its adapter goes to --out/healed.',
  },
  {
    name: 'eval-data',
    kind: 'text',
    value: 'FILE',
    help: 'Rows that the losses are measured on (a fifth of --heal).',
  },
  ...COLUMNS,
  {
    name: 'memory-limit',
    kind: 'integer',
    value: 'BYTES',
    help: 'Most GPU memory that the run may plan for.',
  },
  {
    name: 'resume',
    kind: 'switch',
    help: 'Goes on with what is in --out: the model, and the run that heals it.',
  },
  ...settings.map((setting) => flagOf(table, setting)),
];

/** Of `ladder`, those that a point of the frontier has not: it is trained, on each model in each precision. */
const NOT_OF_FRONTIER = ['model', 'revision', 'base-dtype', 'prompt', 'documents', 'rungs', 'apart'];

/**
 * @param {Table} table
 * @returns {Flag[]}
 */
export const frontierFlags = (table) => [
  {
    name: 'models',
    kind: 'text',
    value: 'MODEL,MODEL,…',
    required: true,
    help: 'The models, with commas between: each `bundled`, a folder, a .gguf file, or a hub id.',
  },
  {
    name: 'dtypes',
    kind: 'text',
    value: 'f16,q8,q4',
    help: 'The base precisions that each is trained in, with commas between (f16,q8,q4).',
  },
  {
    name: 'enough',
    kind: 'text',
    value: 'EXPRESSION',
    help: 'What suffices, such as "metric>=0.9 and memory_bytes<=1e9": the cheapest that meets it is chosen. Without it, the cheapest that is not measurably worse than the best.',
  },
  {
    name: 'stop-at-first',
    kind: 'switch',
    help: 'Ends with the first point that meets --enough, the cheapest first.',
  },
  ...ladderFlags(table)
    .filter(({ name }) => !NOT_OF_FRONTIER.includes(name))
    .map((flag) => ({ ...flag, ...FRONTIER_HELP[flag.name] })),
];

/** What differs from `ladder`. @type {Record<string, Partial<Flag>>} */
const FRONTIER_HELP = {
  out: { help: 'Where report.html, report.json and a folder for each point go.' },
  'eval-data': { required: true, help: 'The held-out rows, which every point answers.' },
  resume: { help: 'Keeps the points that --out has already, and goes on with the one that was under way.' },
};

/** Of `ladder`, those that a student has not. A mirror of the hub is named by HF_ENDPOINT: two models may come from it. */
const NOT_OF_DISTIL = [
  ...['model', 'revision', 'hub', 'prompt', 'documents', 'rungs', 'apart', 'teacher', 'eval-data'],
];

/**
 * @param {Table} table
 * @returns {Flag[]}
 */
export const distilFlags = (table) => [
  {
    name: 'teacher',
    kind: 'text',
    value: 'MODEL',
    required: true,
    help: 'The model that answers: `bundled`, a folder, a .gguf file, or a hub id.',
  },
  {
    name: 'student',
    kind: 'text',
    value: 'MODEL',
    required: true,
    help: 'The model that learns from it, named likewise.',
  },
  {
    name: 'prompts',
    kind: 'text',
    value: 'FILE',
    help: 'Questions for the teacher: JSON Lines, or lines of text. Without it, the teacher writes some after the rows.',
  },
  {
    name: 'rows',
    kind: 'integer',
    value: 'N',
    help: 'How many questions the teacher answers (all of --prompts; without it, as many as there are rows).',
  },
  {
    name: 'eval-data',
    kind: 'text',
    value: 'FILE',
    help: 'The held-out rows, which all are measured on (a quarter of --data).',
  },
  ...ladderFlags(table)
    .filter(({ name }) => !NOT_OF_DISTIL.includes(name))
    .map((flag) => ({ ...flag, ...DISTIL_HELP[flag.name] })),
];

/** What differs from `ladder`. @type {Record<string, Partial<Flag>>} */
const DISTIL_HELP = {
  data: { help: 'The small set: rows with questions and answers.' },
  out: { help: 'Where report.html, report.json, made.jsonl and the students go.' },
  objective: {
    value: 'distil|sft',
    help: 'With the teacher’s probabilities (distil, where the tokenizers are the same), or its answers alone (sft).',
  },
  resume: { help: 'Goes on with what --out has: what was made, measured and trained.' },
};

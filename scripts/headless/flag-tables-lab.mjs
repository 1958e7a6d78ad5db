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

import { joined, trainFlags } from './flag-tables.mjs';

/** The flags of `tasks`. */

/** @typedef {import('./flags.mjs').Flag} Flag */
/** @typedef {import('./flag-tables.mjs').Table} Table */

/** Of `train`, those that say nothing here: rows come by task, each training keeps its last step, and writes no trace. */
const NOT_OF_TASKS = [
  ...['data', 'eval-data', 'eval-every', 'patience', 'keep'],
  ...['trace', 'init-adapter', 'kernels', 'metric-rows'],
];

/** What differs from `train`. @type {Record<string, Partial<Flag>>} */
const HELP = {
  out: { help: 'Where report.html, report.json, each adapter and what was measured of it go.' },
  steps: { help: 'Optimizer steps of each strategy in all, instead of epochs.' },
  seed: { help: 'Of the rows that are split off, and of the run where --seeds names none (0).' },
  'eval-fraction': {
    help: 'Share of a task’s rows that is held out where --task-eval names none for it (0.2).',
  },
  metric: { help: 'How answers are judged; without it as the references of each task call for.' },
  resume: { help: 'Keeps what --out has already, and continues a training from its newest checkpoint.' },
};

/**
 * @param {Table} table
 * @param {readonly import('../../src/merging/way.ts').Way[]} ways
 * @returns {Flag[]}
 */
export const tasksFlags = (table, ways) => [
  ...trainFlags(table)
    .filter(({ name }) => !NOT_OF_TASKS.includes(name))
    .map((flag) => ({ ...flag, ...HELP[flag.name] })),
  {
    name: 'task',
    kind: 'texts',
    value: 'NAME=FILE',
    required: true,
    repeated: true,
    help: 'A task and its rows, in the order in which tasks are learned; given for each.',
  },
  {
    name: 'task-eval',
    kind: 'texts',
    value: 'NAME=FILE',
    repeated: true,
    help: 'The held-out rows of a task; without it a share of its rows is held out.',
  },
  {
    name: 'strategies',
    kind: 'text',
    value: 'NAMES',
    help: 'What is tried, with commas between (together,sequence,reverse,merge).',
  },
  {
    name: 'seeds',
    kind: 'text',
    value: 'N,N,…',
    help: 'Seeds with commas between: everything is trained once for each (--seed).',
  },
  {
    name: 'mix',
    kind: 'text',
    value: 'rows|even|temperature',
    help: 'What share of the steps each task has: by its rows, the same, or between the two (rows).',
  },
  {
    name: 'mix-temperature',
    kind: 'number',
    value: 'T',
    help: 'Of --mix temperature: shares by rows^(1/T), from 1 (2).',
  },
  {
    name: 'merge-ways',
    kind: 'text',
    value: 'WAYS',
    help: `How adapters are merged, with commas between (sum,ties,dare-ties): ${joined(ways.map(({ id }) => id))}.`,
  },
  {
    name: 'merge-density',
    kind: 'number',
    value: 'D',
    help: 'Share of the values that a pruning way keeps, above 0 up to 1 (0.5).',
  },
  {
    name: 'merge-scale',
    kind: 'number',
    value: 'L',
    help: 'What a merge is multiplied by (of 1, 0.7, 0.5, 0.35 and 0.25 the one with the least loss on training rows).',
  },
  {
    name: 'reduce-intruders',
    kind: 'switch',
    help: 'Also measures what each strategy ends with after its intruder dimensions were reduced.',
  },
  {
    name: 'intruder-top',
    kind: 'integer',
    value: 'N',
    help: 'Of each matrix, singular vectors that are looked at (10).',
  },
  {
    name: 'intruder-epsilon',
    kind: 'number',
    value: 'E',
    help: 'A vector whose cosine with every one of the base’s is below is an intruder (0.5).',
  },
  {
    name: 'intruder-lambda',
    kind: 'number',
    value: 'L',
    help: 'What an intruder is left of its size, from 0 to 1 (0.75).',
  },
];

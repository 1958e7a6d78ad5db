import type { RowKind } from '../data/forms/row.ts';
import { UserError } from '../errors.ts';
import type { BaseDtype } from '../loading/base-dtype.ts';
import { METHOD_NAMES, START_NAMES } from '../methods/names.ts';
import type { MethodId } from '../methods/types.ts';
import { OBJECTIVE_NAMES, type ObjectiveName, objectiveCalledFor, rowsOf } from '../objectives/names.ts';
import {
  type Choice,
  type Condition,
  choice,
  type Entry,
  integer,
  names,
  number,
  rangeOf,
  type Setting,
  takesValue,
  text,
  toggle,
  writeSetting,
} from './setting.ts';

export {
  isOpen,
  optionsOf,
  rangeOf,
  readSetting,
  showSetting,
  takesValue,
  withoutEffect,
  writeSetting,
} from './setting.ts';

/**
 * The one table of what can be set on a run. It feeds the page's fields, the flags of the commands and their help, the
 * address, recipe files, the report, docs/commands.md and the check of anything that comes from outside. A setting is
 * added here and nowhere else.
 *
 * The order is that of saved files and of the page; keys that stand there must keep theirs.
 */

const BASE_DTYPES: readonly Choice<BaseDtype>[] = [
  { value: 'auto', label: 'auto', about: 'as in the file' },
  { value: 'f32', label: 'f32', about: 'full' },
  { value: 'f16', label: 'f16', about: 'half' },
  { value: 'q8', label: 'q8', about: '8 bits' },
  { value: 'q4', label: 'q4', about: '4 bits' },
  { value: 'nf4', label: 'nf4', about: '4 bits, QLoRA' },
];

const HELD_OUT = {
  words: 'where rows are held out',
  holds: ({ heldOut }: { heldOut: boolean }) => heldOut,
};

function ofMethods(...methods: readonly MethodId[]): Condition {
  const labels = METHOD_NAMES.filter(({ value }) => methods.includes(value)).map(({ label }) => label);
  return {
    words: `for ${labels.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`,
    methods,
    holds: ({ settings }) => methods.some((method) => method === settings.method),
  };
}

/** What LoRA's matrices are told, in whichever method they stand. */
const MATRICES = ofMethods('lora', 'dora');
const LORA = ofMethods('lora');
const PROMPT = ofMethods('prompt');
const PREFIX = ofMethods('prefix');
const VIRTUAL = ofMethods('prompt', 'prefix');
const LINEARS = ofMethods('lora', 'dora', 'ia3');

const EVA: Condition = {
  words: 'for the start eva',
  holds: (run) => LORA.holds(run) && run.settings.init === 'eva',
};

/** Where no objective is named, it may be any. */
function ofObjectives(...names: readonly ObjectiveName[]): Condition {
  const all = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return {
    words: `for ${all}`,
    objectives: names,
    holds: ({ settings: { objective } }) =>
      objective === null || objective === undefined || names.some((name) => name === objective),
  };
}

const TABLE = {
  method: choice({
    flag: 'method',
    label: 'Method',
    group: 'adapter',
    help: 'The kind of adapter. DoRA also trains the length of each row of a weight, and a step takes longer for it: worth a try at low ranks, where its paper finds it ahead; in PEFT’s comparison (Llama-3.2-3B on MetaMathQA, one seed) it came to 0.469, LoRA to 0.478.',
    choices: METHOD_NAMES,
    default: 'lora',
    ofAdapter: true,
  }),
  virtualTokens: integer({
    flag: 'virtual-tokens',
    label: 'Virtual tokens',
    group: 'adapter',
    help: 'How many trained tokens stand in front of every row, beside its own: embeddings, or keys and values in every layer.',
    min: 1,
    max: 1024,
    default: 20,
    only: VIRTUAL,
    ofAdapter: true,
    later: true,
  }),
  promptInit: choice({
    flag: 'prompt-init',
    label: 'Prompt begins as',
    group: 'adapter',
    help: 'What the virtual tokens begin as; at random the prompt learns least (0.057 against 0.343 of PEFT’s comparison on MetaMathQA).',
    choices: [
      { value: 'vocab', label: 'words of the vocabulary' },
      { value: 'text', label: 'a text' },
      { value: 'random', label: 'random numbers' },
    ],
    default: 'vocab',
    only: PROMPT,
    ofAdapter: true,
    later: true,
  }),
  prefixInit: choice({
    flag: 'prefix-init',
    label: 'Prefix begins as',
    group: 'adapter',
    help: 'What the keys and values begin as: those of a text, or of words that the seed draws; zeros; or random numbers, from which a prefix learns least (0.186 against 0.416 of PEFT’s comparison on MetaMathQA).',
    choices: [
      { value: 'text', label: 'a text' },
      { value: 'zero', label: 'zeros' },
      { value: 'random', label: 'random numbers' },
    ],
    default: 'text',
    only: PREFIX,
    ofAdapter: true,
    later: true,
  }),
  promptText: text({
    flag: 'prompt-text',
    label: 'Text to begin with',
    group: 'adapter',
    help: 'Its tokens are cut or repeated to the number of virtual tokens.',
    placeholder: 'TEXT',
    default: null,
    only: {
      words: 'where virtual tokens begin as a text',
      methods: ['prompt', 'prefix'],
      holds: ({ settings: { method, promptInit, prefixInit } }) =>
        (method === 'prompt' && promptInit === 'text') || (method === 'prefix' && prefixInit === 'text'),
    },
    ofAdapter: true,
    later: true,
  }),
  objective: choice({
    flag: 'objective',
    label: 'Objective',
    group: 'adapter',
    help: 'What training minimises. Without it the rows decide: dpo for pairs, kto for answers that are marked good or bad, else sft.',
    choices: OBJECTIVE_NAMES,
    default: null,
    later: true,
  }),
  beta: number({
    flag: 'beta',
    label: 'Beta',
    group: 'adapter',
    help: 'How closely the model stays to the one it began with (dpo, ipo, kto: higher is closer), what the odds ratio counts (orpo), or the scale of rewards (simpo, whose paper takes 2 and more).',
    above: 0,
    max: 1000,
    default: 0.1,
    only: ofObjectives('dpo', 'ipo', 'orpo', 'simpo', 'kto'),
    later: true,
  }),
  gamma: number({
    flag: 'gamma',
    label: 'Gamma',
    group: 'adapter',
    help: 'By how much the reward of the better answer is to be ahead.',
    min: 0,
    max: 1000,
    default: 0.5,
    only: ofObjectives('simpo'),
    later: true,
  }),
  nllWeight: number({
    flag: 'nll-weight',
    label: 'Cross-entropy',
    group: 'adapter',
    help: 'What the cross-entropy of the better answer counts beside the preference; without it 1 for orpo and 0 for simpo.',
    placeholder: 'WEIGHT',
    min: 0,
    max: 1000,
    default: null,
    only: ofObjectives('orpo', 'simpo'),
    later: true,
  }),
  nllTokens: choice({
    flag: 'nll-tokens',
    label: 'Cross-entropy of',
    group: 'adapter',
    help: 'Whether that cross-entropy is taken on the answer, or on the whole row with its prompt, as TRL does for ORPO.',
    choices: [
      { value: 'answer', label: 'the answer' },
      { value: 'row', label: 'the whole row' },
    ],
    default: 'answer',
    only: ofObjectives('orpo', 'simpo'),
    later: true,
  }),
  teacherPrompt: text({
    flag: 'teacher-prompt',
    label: 'Prompt to bake in',
    group: 'adapter',
    help: 'What is baked in: the model learns to answer without it as it does with it as a system turn.',
    placeholder: 'TEXT|FILE',
    default: null,
    only: ofObjectives('bake'),
    later: true,
  }),
  distilWeight: number({
    flag: 'distil-weight',
    label: 'Weight of the teacher',
    group: 'adapter',
    help: 'What the KL to the teacher counts; the cross-entropy of the rows’ own tokens counts what is left of 1.',
    above: 0,
    max: 1,
    default: 0.5,
    only: ofObjectives('distil'),
    later: true,
  }),
  distilTop: integer({
    flag: 'distil-top',
    label: 'Tokens of the teacher',
    group: 'adapter',
    help: 'How many of the teacher’s likeliest tokens are kept for each position; all others are one.',
    placeholder: 'K',
    min: 1,
    max: 1024,
    default: 64,
    only: ofObjectives('distil', 'bake'),
    later: true,
  }),
  rank: integer({
    flag: 'rank',
    label: 'Rank',
    group: 'adapter',
    help: 'Size of the adapter: a higher rank can learn more and takes more memory.',
    min: 1,
    max: 256,
    default: 8,
    only: MATRICES,
    ofAdapter: true,
  }),
  alpha: number({
    flag: 'alpha',
    label: 'Alpha',
    group: 'adapter',
    help: 'Strength of the adapter: its output is scaled by alpha ÷ rank.',
    above: 0,
    max: 4096,
    default: 16,
    only: MATRICES,
    ofAdapter: true,
  }),
  rslora: toggle({
    flag: 'rslora',
    label: 'Rank-stabilised',
    group: 'adapter',
    help: 'Scales the adapter by alpha ÷ √rank instead; meant for high ranks (arXiv 2312.03732).',
    default: false,
    only: MATRICES,
    ofAdapter: true,
    later: true,
  }),
  init: choice({
    flag: 'init',
    label: 'Start',
    group: 'adapter',
    help: 'How the adapter begins: default as the base; pissa with the base’s largest parts, which it then moves (arXiv 2404.02948); olora with its first directions (arXiv 2406.01775); loftq with what rounding took off it (arXiv 2310.08659); eva with the main directions of the data, and more rank where they explain more (arXiv 2410.07170).',
    choices: START_NAMES,
    default: 'default',
    only: LORA,
    ofAdapter: true,
    later: true,
  }),
  evaRows: integer({
    flag: 'eva-rows',
    label: 'Rows for EVA',
    unit: 'rows',
    group: 'adapter',
    help: 'How many training rows EVA looks at before the first step.',
    min: 1,
    default: 64,
    only: EVA,
    later: true,
  }),
  evaRho: number({
    flag: 'eva-rho',
    label: 'EVA’s ρ',
    group: 'adapter',
    help: 'The most that EVA may raise the rank of one layer, as a multiple; 1 leaves all ranks alike.',
    min: 1,
    max: 16,
    default: 2,
    only: EVA,
    later: true,
  }),
  dropout: number({
    flag: 'dropout',
    label: 'Dropout',
    group: 'adapter',
    help: 'Share of the adapter’s inputs set to zero at each step, to reduce overfitting.',
    min: 0,
    max: 0.9,
    default: 0,
    only: MATRICES,
  }),
  targets: names({
    flag: 'targets',
    label: 'Target modules',
    group: 'adapter',
    help: 'Which linear layers of each block get an adapter, by the end of their names; all: every one.',
    placeholder: 'q_proj,k_proj,v_proj,o_proj',
    /** Null: the family's default. */
    default: null,
    only: LINEARS,
    ofAdapter: true,
  }),
  learningRate: number({
    flag: 'lr',
    label: 'Learning rate',
    group: 'optimizer',
    help: 'How far each step goes: halve it if the loss jumps about.',
    above: 0,
    max: 1,
    example: '0.001 or 1e-4',
    default: 1e-3,
  }),
  loraPlusRatio: number({
    flag: 'lora-plus-ratio',
    label: 'LoRA+ ratio',
    group: 'optimizer',
    help: 'Learning rate of B as a multiple of A’s; about 16 is suggested (arXiv 2402.12354).',
    min: 1,
    default: 1,
    only: MATRICES,
    later: true,
  }),
  schedule: choice({
    flag: 'schedule',
    label: 'Schedule',
    group: 'optimizer',
    help: 'How the learning rate falls from its peak to the end of the run.',
    choices: ['linear', 'cosine', 'constant'],
    default: 'linear',
  }),
  warmup: integer({
    flag: 'warmup',
    label: 'Warm-up',
    unit: 'steps',
    group: 'optimizer',
    help: 'Steps over which the learning rate rises from zero.',
    min: 0,
    default: 0,
  }),
  weightDecay: number({
    flag: 'weight-decay',
    label: 'Weight decay',
    group: 'optimizer',
    help: 'Pulls the adapter’s weights towards zero at every step.',
    min: 0,
    max: 1,
    default: 0,
  }),
  clip: number({
    flag: 'clip',
    label: 'Max gradient norm',
    group: 'optimizer',
    help: 'Longer gradients are scaled down to this norm at each step; 0 is no limit.',
    min: 0,
    default: 1,
  }),
  epochs: integer({
    flag: 'epochs',
    label: 'Epochs',
    group: 'length',
    help: 'How often each row is seen.',
    min: 1,
    max: 1000,
    default: 3,
    only: {
      words: 'where no number of steps is set',
      holds: ({ settings }) => settings.steps === null,
    },
  }),
  steps: integer({
    flag: 'steps',
    label: 'Steps',
    group: 'length',
    help: 'Number of optimizer steps, instead of epochs; 0 gives the adapter as initialised.',
    placeholder: 'N',
    min: 0,
    default: null,
  }),
  batch: integer({
    flag: 'batch',
    label: 'Batch size',
    unit: 'rows',
    group: 'length',
    help: 'Rows processed at once: more rows take more memory.',
    min: 1,
    max: 512,
    default: 4,
  }),
  accumulate: integer({
    flag: 'accumulate',
    label: 'Gradient accumulation',
    group: 'length',
    help: 'Batches whose gradients are summed before each step: a larger batch in the same memory.',
    placeholder: 'BATCHES',
    min: 1,
    max: 1024,
    default: 1,
  }),
  maxLength: integer({
    flag: 'max-length',
    label: 'Max length',
    unit: 'tokens',
    group: 'data',
    help: 'Longer rows are cut at the end.',
    min: 8,
    max: 32768,
    default: 256,
  }),
  packing: toggle({
    flag: 'packing',
    label: 'Packing',
    group: 'data',
    help: 'Puts several short rows side by side, so that less of a batch is padding.',
    default: false,
  }),
  raw: toggle({
    flag: 'raw',
    label: 'Skip the chat template',
    group: 'data',
    help: 'Uses prompts and completions as they are, without the model’s chat template.',
    default: false,
  }),
  seed: integer({
    flag: 'seed',
    label: 'Seed',
    group: 'data',
    help: 'Same seed, same data, same device: the same adapter.',
    placeholder: 'N',
    min: 0,
    max: 0xffffffff,
    default: 0,
  }),
  evalFraction: number({
    flag: 'eval-fraction',
    label: 'Held out',
    group: 'data',
    help: 'Share of the rows used only for evaluation, never for training.',
    min: 0,
    max: 0.9,
    default: 0,
  }),
  evalEvery: integer({
    flag: 'eval-every',
    label: 'Evaluate every',
    unit: 'steps',
    group: 'data',
    help: 'How often the held-out loss is measured.',
    placeholder: 'N',
    min: 1,
    default: null,
    only: HELD_OUT,
  }),
  patience: integer({
    flag: 'patience',
    label: 'Patience',
    group: 'length',
    help: 'Stops after this many measurements of the held-out loss without a better one.',
    placeholder: 'K',
    min: 1,
    default: null,
    only: HELD_OUT,
  }),
  keep: choice({
    flag: 'keep',
    label: 'Keep best',
    group: 'length',
    help: 'Whether the adapter with the best held-out loss is kept, or the last.',
    choices: [
      { value: 'best', label: 'yes' },
      { value: 'last', label: 'no, the last' },
    ],
    default: null,
    only: HELD_OUT,
  }),
  baseDtype: choice({
    flag: 'base-dtype',
    label: 'Base precision',
    group: 'memory',
    help: 'Precision of the frozen weights: fewer bits take less GPU memory, but round the weights.',
    choices: BASE_DTYPES,
    default: 'auto',
  }),
  checkpointing: choice({
    flag: 'checkpointing',
    label: 'Activation checkpointing',
    group: 'memory',
    help: 'Computes each layer’s forward pass twice to save memory.',
    choices: ['auto', 'on', 'off'],
    default: 'auto',
  }),
  checkpointEvery: integer({
    flag: 'checkpoint-every',
    label: 'Checkpoint every',
    unit: 'steps',
    group: 'memory',
    help: 'How often the run is saved so that it can resume after a crash.',
    placeholder: 'N',
    min: 1,
    default: null,
  }),
};

export type RunSettings = { [K in keyof typeof TABLE]: ValueOf<(typeof TABLE)[K]> };
export type SettingKey = keyof RunSettings;
type ValueOf<E> = E extends Entry<infer Value> ? Value : never;

export type RunSetting = Setting & { key: SettingKey };

export const SETTINGS: readonly RunSetting[] = Object.keys(TABLE).map((key) => settingOf(key as SettingKey));

/** The entry of a setting. */
export function settingOf(key: SettingKey): RunSetting {
  return { key, ...TABLE[key] };
}

/** Settings with the defaults of those that are not given. @throws UserError `bad-setting` */
export function defaultSettings(given: Partial<RunSettings> = {}): RunSettings {
  return checkedSettings(given);
}

/**
 * The same for what comes from a file or from another thread; what is no setting is left out.
 * @param brought an adapter is trained further: what it brings along may be larger than a person can choose.
 * @throws UserError `bad-setting`, naming the first that cannot be taken
 */
export function checkedSettings(given: Readonly<Record<string, unknown>>, brought = false): RunSettings {
  const settings: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const value = given[setting.key] === undefined ? setting.default : given[setting.key];
    settings[setting.key] = value;
    const larger = brought && setting.ofAdapter && setting.type.kind !== 'choice';
    if (larger || takesValue(setting, value)) continue;
    throw new UserError(
      'bad-setting',
      `The setting ${setting.label} takes ${rangeOf(setting)}, not “${writeSetting(value)}”. Nothing was changed. Choose another value.`,
    );
  }
  return settings as RunSettings;
}

/** Settings as files keep them: those that were added later only where they are not at their default. */
export type SavedSettings = Partial<RunSettings>;

export function savedSettings(settings: RunSettings): SavedSettings {
  const left = new Set<string>(
    SETTINGS.filter(({ key, later, default: usual }) => later && settings[key] === usual).map(
      ({ key }) => key,
    ),
  );
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !left.has(key))) as SavedSettings;
}

/** What a run with these settings minimises on rows that call for this. */
export function objectiveOf(
  { objective }: Pick<RunSettings, 'objective'>,
  calledFor: RowKind,
): ObjectiveName {
  return objective ?? objectiveCalledFor(calledFor);
}

/** Whether it is a setting of some objectives alone; those of one. */
export function isOfObjective({ only }: Setting): boolean {
  return only?.objectives !== undefined;
}

/** Whether it counts for a method, or for every one. */
export function isOfMethod({ only }: Setting, method: MethodId): boolean {
  return only?.methods?.includes(method) ?? true;
}

export function settingsOfObjective(name: ObjectiveName): RunSetting[] {
  return SETTINGS.filter(({ only }) => only?.objectives?.includes(name));
}

/** What rows are read for: undefined where they decide it themselves. */
export function rowKindOf({ objective }: Pick<RunSettings, 'objective'>): RowKind | undefined {
  return objective === null ? undefined : rowsOf(objective);
}

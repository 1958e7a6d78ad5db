import { z } from 'zod';

/**
 * The one table of what can be set on a run. It feeds the command line's flags and help, the page's labels,
 * limits and hints, and the check of anything that comes from outside (URL hash, run files).
 */

export const TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

export const RunSettings = z.object({
  method: z.enum(['lora']).default('lora'),
  rank: z.int().min(1).max(256).default(8),
  alpha: z.number().positive().max(4096).default(16),
  dropout: z.number().min(0).max(0.9).default(0),
  /** Null: the family's default. */
  targets: z.array(z.string()).min(1).nullable().default(null),
  learningRate: z.number().positive().max(1).default(1e-3),
  schedule: z.enum(['linear', 'cosine', 'constant']).default('linear'),
  warmup: z.int().min(0).default(0),
  weightDecay: z.number().min(0).max(1).default(0),
  clip: z.number().min(0).default(1),
  epochs: z.int().min(1).max(1000).default(3),
  /** Wins over epochs; 0 writes the adapter as initialised. */
  steps: z.int().min(0).nullable().default(null),
  batch: z.int().min(1).max(512).default(4),
  accumulate: z.int().min(1).max(1024).default(1),
  maxLength: z.int().min(8).max(32768).default(256),
  packing: z.boolean().default(false),
  raw: z.boolean().default(false),
  seed: z.int().min(0).max(0xffffffff).default(0),
  /** Share of the rows held out. The page uses 0.1, at most 200 rows. */
  evalFraction: z.number().min(0).max(0.9).default(0),
  evalEvery: z.int().min(1).nullable().default(null),
  patience: z.int().min(1).nullable().default(null),
  keep: z.enum(['best', 'last']).nullable().default(null),
  baseDtype: z.enum(['auto', 'f32', 'f16', 'q8', 'q4', 'nf4']).default('auto'),
  checkpointing: z.enum(['auto', 'on', 'off']).default('auto'),
  checkpointEvery: z.int().min(1).nullable().default(null),
});
export type RunSettings = z.infer<typeof RunSettings>;

export interface SettingInfo {
  key: keyof RunSettings;
  label: string;
  /** `--flag` of the command line. */
  flag: string;
  /** One sentence for the page and for `--help`. */
  help: string;
  group: 'adapter' | 'optimizer' | 'length' | 'data' | 'memory';
  unit?: string;
}

export const SETTINGS: readonly SettingInfo[] = [
  {
    key: 'rank',
    flag: 'rank',
    label: 'Rank',
    group: 'adapter',
    help: 'How much it can change: 8 suits a style; 32 and more, new skills.',
  },
  {
    key: 'alpha',
    flag: 'alpha',
    label: 'Alpha',
    group: 'adapter',
    help: 'How strongly the adapter counts: its output is scaled by alpha ÷ rank.',
  },
  {
    key: 'dropout',
    flag: 'dropout',
    label: 'Dropout',
    group: 'adapter',
    help: 'Share of the adapter’s inputs zeroed at each step, against learning rows by heart.',
  },
  {
    key: 'targets',
    flag: 'targets',
    label: 'Target modules',
    group: 'adapter',
    help: 'Which linear layers of each block get an adapter; all: every one.',
  },
  {
    key: 'learningRate',
    flag: 'lr',
    label: 'Learning rate',
    group: 'optimizer',
    help: 'How far each step goes: halve it if the loss jumps about.',
  },
  {
    key: 'schedule',
    flag: 'schedule',
    label: 'Schedule',
    group: 'optimizer',
    help: 'How the learning rate falls from its peak to the end of the run.',
  },
  {
    key: 'warmup',
    flag: 'warmup',
    label: 'Warm-up',
    unit: 'steps',
    group: 'optimizer',
    help: 'Steps over which the learning rate rises from zero.',
  },
  {
    key: 'weightDecay',
    flag: 'weight-decay',
    label: 'Weight decay',
    group: 'optimizer',
    help: 'Pulls the adapter’s weights towards zero at every step.',
  },
  {
    key: 'clip',
    flag: 'clip',
    label: 'Gradient clip',
    group: 'optimizer',
    help: 'Longest gradient that a step may follow; 0 is no limit.',
  },
  {
    key: 'epochs',
    flag: 'epochs',
    label: 'Passes over the data',
    group: 'length',
    help: 'How often each row is seen.',
  },
  {
    key: 'steps',
    flag: 'steps',
    label: 'Steps',
    group: 'length',
    help: 'Number of optimizer steps, instead of passes over the data.',
  },
  {
    key: 'batch',
    flag: 'batch',
    label: 'Batch',
    unit: 'rows',
    group: 'length',
    help: 'Rows worked on at once: more is faster and takes more memory.',
  },
  {
    key: 'accumulate',
    flag: 'accumulate',
    label: 'Accumulation',
    unit: 'batches',
    group: 'length',
    help: 'Batches whose gradients are summed before each step: a larger batch in the same memory.',
  },
  {
    key: 'maxLength',
    flag: 'max-length',
    label: 'Longest row',
    unit: 'tokens',
    group: 'data',
    help: 'Longer rows are cut at the end.',
  },
  {
    key: 'packing',
    flag: 'packing',
    label: 'Packing',
    group: 'data',
    help: 'Puts several short rows side by side so that less time goes to padding.',
  },
  {
    key: 'raw',
    flag: 'raw',
    label: 'Without chat template',
    group: 'data',
    help: 'Prompt and completion stand as they are, without the model’s chat marks.',
  },
  {
    key: 'seed',
    flag: 'seed',
    label: 'Seed',
    group: 'data',
    help: 'Same seed, same data, same device: the same adapter.',
  },
  {
    key: 'evalFraction',
    flag: 'eval-fraction',
    label: 'Held out',
    group: 'data',
    help: 'Share of the rows that are only measured, never trained on.',
  },
  {
    key: 'evalEvery',
    flag: 'eval-every',
    label: 'Measure every',
    unit: 'steps',
    group: 'data',
    help: 'How often the held-out loss is taken.',
  },
  {
    key: 'patience',
    flag: 'patience',
    label: 'Patience',
    group: 'length',
    help: 'Stops after this many measurements of the held-out loss without a better one.',
  },
  {
    key: 'keep',
    flag: 'keep',
    label: 'Keep',
    group: 'length',
    help: 'Whether the adapter with the best held-out loss is kept, or the last.',
  },
  {
    key: 'baseDtype',
    flag: 'base-dtype',
    label: 'Base precision',
    group: 'memory',
    help: 'How the frozen weights are held: fewer bits take less memory.',
  },
  {
    key: 'checkpointing',
    flag: 'checkpointing',
    label: 'Activation checkpointing',
    group: 'memory',
    help: 'Computes each layer’s forward pass twice to save memory.',
  },
  {
    key: 'checkpointEvery',
    flag: 'checkpoint-every',
    label: 'Checkpoint every',
    unit: 'steps',
    group: 'memory',
    help: 'How often the run is saved so that it can go on after a crash.',
  },
];

/** Checked settings with defaults filled in. */
export function defaultSettings(partial: Partial<RunSettings> = {}): RunSettings {
  return RunSettings.parse(partial);
}

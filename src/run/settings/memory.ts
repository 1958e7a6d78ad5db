import type { BaseDtype } from '../../loading/base-dtype.ts';
import { type Choice, choice, integer } from './setting.ts';

const BASE_DTYPES: readonly Choice<BaseDtype>[] = [
  { value: 'auto', label: 'auto', about: 'as in the file' },
  { value: 'f32', label: 'f32', about: 'full' },
  { value: 'f16', label: 'f16', about: 'half' },
  { value: 'q8', label: 'q8', about: '8 bits' },
  { value: 'q4', label: 'q4', about: '4 bits' },
  { value: 'nf4', label: 'nf4', about: '4 bits, QLoRA' },
];

/** What is kept in memory, and on disk while a run lasts. */
export const MEMORY = {
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

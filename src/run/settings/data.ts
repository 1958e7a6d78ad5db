import { integer, toggle } from './setting.ts';

/** What becomes of the rows. */
export const DATA = {
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
};

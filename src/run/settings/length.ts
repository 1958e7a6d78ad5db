import { integer } from './setting.ts';

/** How many steps a run has, and how many rows a step. */
export const LENGTH = {
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
};

import { type Condition, choice, integer, number } from './setting.ts';

const HELD_OUT: Condition = {
  words: 'where rows are held out',
  holds: ({ heldOut }) => heldOut,
};

/** Rows held out, how often they are measured, and what follows from it. */
export const MEASURES = {
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
};

import type { RowKind } from '../data/forms/row.ts';

/**
 * The objectives: the name in settings, flags and files, the one that people read, the rows that they learn from, and
 * when to take them.
 */
export const OBJECTIVE_NAMES = [
  {
    value: 'sft',
    label: 'Supervised',
    rows: 'answers',
    about: 'Learns to give the answers of the rows: take it where you have good answers.',
  },
  {
    value: 'dft',
    label: 'DFT',
    rows: 'answers',
    about:
      'Supervised training in which tokens that the model finds unlikely pull less: take it where supervised training learns the rows by heart.',
  },
  {
    value: 'dpo',
    label: 'DPO',
    rows: 'pairs',
    about:
      'Learns to prefer the better of two answers, and stays near the model it began with: the usual choice for pairs.',
  },
  {
    value: 'ipo',
    label: 'IPO',
    rows: 'pairs',
    about: 'As DPO with a margin that it stops at: take it where DPO continues until its answers break.',
  },
  {
    value: 'orpo',
    label: 'ORPO',
    rows: 'pairs',
    about:
      'Learns the better answers and to avoid the worse in one go: take it where nothing was trained before.',
  },
  {
    value: 'simpo',
    label: 'SimPO',
    rows: 'pairs',
    about:
      'Prefers by the mean over each answer, so that long answers win nothing: take it where DPO makes answers longer.',
  },
  {
    value: 'kto',
    label: 'KTO',
    rows: 'verdicts',
    about: 'Learns from single answers that are marked good or bad: take it where nobody compared two.',
  },
  {
    value: 'distil',
    label: 'Distillation',
    rows: 'answers',
    about:
      'Learns from all that a larger model finds likely at each token, not from the rows’ words alone: take it where a larger model of the same family knows the task.',
  },
  {
    value: 'bake',
    label: 'Prompt baking',
    rows: 'answers',
    about:
      'Learns to answer without a prompt as the model does that sees it: take it where a long system prompt works, and stands before every question.',
  },
] as const satisfies readonly { value: string; label: string; rows: RowKind; about: string }[];

export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number]['value'];

/** What an objective learns from. */
export function rowsOf(name: ObjectiveName): RowKind {
  return OBJECTIVE_NAMES.find(({ value }) => value === name)!.rows;
}

/** The objective that is taken where rows call for this and none is named. */
export function objectiveCalledFor(rows: RowKind): ObjectiveName {
  const usual = { answers: 'sft', pairs: 'dpo', verdicts: 'kto' } as const;
  return usual[rows];
}

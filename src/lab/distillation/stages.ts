import type { Question } from '../../data/forms/questions.ts';
import type { Criterion } from '../criterion.ts';
import type { MeasuredRung } from '../ladder/measure.ts';
import type { Attempt } from './made.ts';

/** What a distillation has done, stage by stage, before the student is trained: whole, so that it need not be done again. */
export interface Stages {
  rows?: {
    train: Question[];
    heldOut: Question[];
    /** Training rows that ask what a held-out row asks. */
    removed: number;
    /** Rows that are no question with an answer. */
    without: number;
  };
  teacher?: { metric: Criterion; rung: MeasuredRung } & Measured;
  attempts?: Attempt[];
  /** All attempts are there. */
  made?: true;
  student?: StudentStage;
}

/** A model without its adapter. */
export interface Measured {
  parameters: number;
  tokens_per_second: number | null;
}

export interface StudentStage extends Measured {
  /** Why it has not the teacher's probabilities. */
  answersOnly: string | null;
}

/** What a person should know of the rows, a sentence each. */
export function rowWarnings({ removed, without }: Pick<NonNullable<Stages['rows']>, 'removed' | 'without'>) {
  return [
    ...(without > 0
      ? [`${without} rows are no question with an answer. They are neither asked nor trained on.`]
      : []),
    ...(removed > 0 ? [`${removed} training rows ask what a held-out row asks. They are left out.`] : []),
  ];
}

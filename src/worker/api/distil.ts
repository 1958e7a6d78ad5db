import type { Question } from '../../data/forms/questions.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { Criterion } from '../../lab/criterion.ts';
import type { Attempt, MadeRows } from '../../lab/distillation/made.ts';
import type { Contender, DistilResult, TableRow } from '../../lab/distillation/report.ts';
import type { Reason } from '../../lab/distillation/sieve.ts';
import type { Stages } from '../../lab/distillation/stages.ts';
import type { KeptRung } from '../../lab/ladder/climb.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { AdapterUse } from './adapter-use.ts';
import type { KeptExperiment } from './kept-experiment.ts';
import type { PickedModel } from './training.ts';

/** What a distillation asks of the worker, and what the page keeps of one: questions and answers of `WorkerApi`. */

export interface MakeRowsRequest {
  train: Question[];
  heldOut: Question[];
  /** Questions of the person's; null: the teacher writes them. */
  own: Question[] | null;
  wanted: number | null;
  seed: number;
  raw: boolean;
  /** Tokens of an answer. */
  maxLength: number;
  before: Attempt[];
  /** Answers; questions are written by the model alone. */
  adapter: AdapterUse | null;
}

export interface SiftRequest {
  attempts: Attempt[];
  rows: Question[];
  heldOut: Question[];
}

/** Who was measured so far, and once all were, what was made and what the student minimised on all rows. */
export interface DistilFiguresRequest {
  contenders: Contender[];
  seed: number;
  whole: { made: MadeRows; objective: string } | null;
}

export interface DistilFigures {
  table: TableRow[];
  /** Null until all were measured. */
  result: DistilResult | null;
}

/** A student as far as it is trained and measured. */
export interface KeptStudent {
  /** Rows that it was trained on. */
  trainedOn: number;
  /** As PEFT files; null: too large to be kept, and it has answered. */
  files: NamedFile[] | null;
  train_seconds: number;
  memory_bytes: number | null;
  /** What it came to on the held-out rows; null: it has not answered yet. */
  rung: KeptRung | null;
}

/** A distillation as the page keeps it in the browser, with its rows: all that it takes to go on. */
export interface KeptDistil extends KeptExperiment {
  version: 1;
  given: DistilInputs;
  stages: Stages & Required<Pick<Stages, 'rows'>>;
  /** Why each attempt is not kept, once all are made; null: it is. */
  verdicts: (Reason | null)[];
  /** Places of attempts that the person has taken out. */
  byHand: number[];
  students: Partial<Record<'student-small' | 'student-larger', KeptStudent>>;
  /** Steps of each student, once that is known. */
  steps: number | null;
  /** Figures of what was measured so far. */
  figures: DistilFigures;
  /** Of the rows and the questions, a sentence each. */
  notes: string[];
}

/** What a person gave to a distillation, as it was begun; the rows are in its stages. */
export interface DistilInputs {
  teacher: PickedModel;
  /** On the teacher. */
  adapter: { name: string; files: NamedFile[] } | null;
  student: PickedModel;
  /** Questions as they were read; null: the teacher writes them. */
  own: Question[] | null;
  wanted: number | null;
  metric: Criterion | null;
  settings: RunSettings;
  /** Names and hashes of what was opened. */
  files: { rows: string; heldOut: string | null; prompts: string | null };
  device: string;
}

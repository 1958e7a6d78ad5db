import type { Question } from '../../data/forms/questions.ts';
import type { Asked } from '../../lab/distillation/rows.ts';
import type { MadeText } from '../../lab/distillation/sieve.ts';
import type { AdapterUse } from './adapter-use.ts';

export type { MadeText };

/** What a teacher is asked to make rows of its own: questions and answers of `WorkerApi`. */

export interface AnswersRequest {
  questions: Asked[];
  /** Null: the base alone. */
  adapter: AdapterUse | null;
  raw: boolean;
  maxTokens: number;
  /** Each goes on to its last token, whatever would end it: to see how fast models are that answer at different lengths. */
  untilLength?: boolean;
}

export interface MadeAnswers {
  /** Where a question left no room for an answer, its text is empty and its stop `length`. */
  answers: MadeText[];
  /** Of all answers together, made side by side. */
  tokens: number;
  seconds: number;
}

export interface InventRequest {
  /** For each question that is to be made, rows after which the next user turn is written. */
  examples: Question[][];
  adapter: AdapterUse | null;
  maxTokens: number;
  temperature: number;
  topP: number;
  /** One for each. */
  seeds: number[];
}

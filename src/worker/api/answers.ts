import type { Scores } from '../../data/scores.ts';
import type { AdapterUse } from './adapter-use.ts';

/** What a model is asked, and what it answers and scores. */

export interface GenerateRequest {
  prompt: string;
  system?: string;
  /** Earlier turns, for the chat. */
  history?: { role: string; content: string }[];
  raw: boolean;
  maxTokens: number;
  temperature: number;
  topP: number;
  seed: number;
  /** Null: the base alone. */
  adapter: AdapterUse | null;
}

export interface GenerateResult {
  prompt: string;
  text: string;
  input_ids: number[];
  output_ids: number[];
  stop: 'eos' | 'length';
  tokens_per_second: number;
  /** It was given up before its end, so that it is no whole answer. */
  given_up?: true;
}

export interface EvaluateResult {
  loss: number;
  perplexity: number;
  rows: number;
  dropped: number;
  tokens: number;
  supervised_tokens: number;
  /** Of pairs: the share in which the better answer gains more on the base, and by how much on the mean, in nats. */
  preference_accuracy?: number;
  margin?: number;
}

export interface ScoreRequest {
  /** Null: the base alone. */
  adapter: AdapterUse | null;
  raw: boolean;
  /** Rows of the open training data that stand before each question in the prompt. */
  shots: number;
  /** Rows of the open training data that are asked in place of the evaluation data, by their places among the used ones. */
  rows?: number[];
  /** At most so many. */
  most?: number;
}

export interface ScoreResult extends Scores {
  /** The last user turn of each row, its reference, and what the model said. */
  answers: { line: number; prompt: string; reference: string; answer: string }[];
}

import type { EngineInfo } from '../../engine/engine.ts';
import type { AdapterUse } from './adapter-use.ts';

/** What the page measures before and behind a run: questions and answers of `WorkerApi`. */

/** Rows by their place among the used ones. */
export interface HeldOutRows {
  heldOut: number[];
  /** Rows that are trained on, to stand as examples in a prompt. */
  shots: number[];
  /** Rows that are trained on, spread over all of them, to ask whether they can be recited. */
  trained: number[];
}

/** Rows that are best asked in one request: they are answered side by side, and a person's question waits for them. */
export const ASKED_AT_ONCE = 8;

export interface AskRowsRequest {
  rows: number[];
  /** Rows that stand before each question in the prompt. */
  shots: number[];
  raw: boolean;
  /** Null: the base alone. */
  adapter: AdapterUse | null;
  /** Whether to answer, or only to measure the loss. */
  answers: boolean;
}

export interface AskedRow {
  row: number;
  /** In the file, from 1. */
  line: number;
  prompt: string;
  reference: string;
  answer: string | null;
  /** Mean over the row's trained tokens; null where none is left, or with examples before it. */
  loss: number | null;
}

/** What the trained tokens of a row lose, in nats; NaN where no loss is taken. */
export interface RowLosses {
  row: number;
  /** By token, as `RowPreview.tokens` has them up to the cut; null where the row can no longer be read. */
  losses: Float32Array | null;
  /** The same of a pair's worse answer. */
  rejected?: Float32Array;
}

export interface NextTokensRequest {
  prompt: string;
  raw: boolean;
  /** Beginning of the answer, behind which the next token is asked for. */
  begun: string;
  /** Null: the base alone, on both sides. */
  adapter: AdapterUse | null;
  most: number;
}

/** A token with its probability under the base and under the tuned model. */
export interface NextToken {
  id: number;
  text: string;
  base: number;
  tuned: number;
}

/** Thirty training steps of a committed model on this device, beside what PyTorch computed of the same. */
export interface DeviceCheck {
  device: EngineInfo['device'];
  /** For people. */
  name: string;
  ours: number[];
  theirs: number[];
  /** Largest relative difference of a loss, and of a gradient's length. */
  lossError: number;
  gradientError: number;
  /** Largest difference of a logit before and after training, over the largest logit. */
  logitError: number;
  /** Each kernel of the matrix products that this device takes, against float64; none on the processor. */
  kernels: { op: string; name: string; error: number }[];
  seconds: number;
}

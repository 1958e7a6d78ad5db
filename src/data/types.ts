import type { Question } from './questions.ts';

/** What the data side gives to the trainer and to the page. */

/** A row as the model sees it. `labels[i]` is `ids[i]` where a loss is taken on predicting it, else −100. */
export interface Example {
  /** Position of the row in the dataset as used (0-based, bad and dropped rows not counted). */
  index: number;
  /** Line in the file, from 1. */
  line: number;
  ids: Int32Array;
  labels: Int32Array;
  /** Tokens cut off at the end. */
  truncated: number;
}

export type DataFormat = 'chat' | 'prompt-completion' | 'text' | 'alpaca' | 'sharegpt' | 'mapped';

export interface DataOptions {
  maxLength: number;
  /** No chat template: prompt ids, completion ids, EOS. */
  raw: boolean;
  /** Columns chosen by the person where the format is not clear. */
  mapping?: { prompt: string; completion: string; system?: string } | { text: string };
  /** True in preview on the page only. */
  format?: DataFormat;
}

export interface BadRow {
  line: number;
  reason: string;
}

/** read = used + dropped + badCount. */
export interface DataReport {
  name: string;
  /** Of the JSON Lines that are trained on: the file itself, or what was made of a list, a table or several files. */
  bytes: number;
  sha256: string;
  converted: boolean;
  format: DataFormat | null;
  formatReason: string;
  /** Keys of the rows, for a mapping. */
  columns: string[];
  read: number;
  used: number;
  /** No target token left after truncation. */
  dropped: number;
  badCount: number;
  /** The first 1,000. */
  bad: BadRow[];
  truncatedRows: number;
  duplicates: number;
  /** Lengths in tokens before the cut: bins of `binWidth` from 0. Exact up to 20,000 rows, else of a sample. */
  histogram: { binWidth: number; counts: number[]; exact: boolean };
  /** Over used rows after the cut (estimated where the histogram is). */
  tokens: number;
  supervisedTokens: number;
  longest: number;
  warnings: string[];
}

/** A used row for the page's table. */
export interface RowPreview {
  index: number;
  line: number;
  /** The row's JSON text (at most 2,000 characters). */
  source: string;
  tokens: { id: number; text: string; kind: 'trained' | 'context' | 'template' | 'cut' }[];
}

/** Rows ready for training; lives in the data worker, asked for by index when a batch is near. */
export interface Dataset {
  readonly report: DataReport;
  /** Number of used rows. */
  readonly rows: number;
  examples(indices: readonly number[]): Promise<Example[]>;
  preview(begin: number, end: number): Promise<RowPreview[]>;
  /** Rows as something to ask; those without an answer are left out. */
  questions(indices: readonly number[]): Promise<Question[]>;
  /** How many of these rows have the very text of a row that is not among them. */
  leaks(heldOut: readonly number[]): Promise<number>;
  /** What is trained on, as JSON Lines. */
  jsonLines(): Promise<Blob>;
}

/** The tokenizer as the rest of the project uses it. */
export interface ChatTokenizer {
  readonly vocabSize: number;
  readonly eosTokenId: number | null;
  readonly hasTemplate: boolean;
  /** No special tokens added; special-token text inside `text` is encoded as plain text when `plain`. */
  encode(text: string, options?: { addSpecial?: boolean; plain?: boolean }): number[];
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): string;
  /** Ids of a conversation through the chat template. */
  chat(messages: { role: string; content: string }[], options: { addGenerationPrompt: boolean }): number[];
}

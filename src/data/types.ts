import type { SoftTargets } from './batch.ts';
import type { Form } from './forms/form.ts';
import type { Question } from './forms/questions.ts';
import type { DataFormat, Mapping, RowKind, Tool, Turn } from './forms/row.ts';

/** What the data side gives to the trainer and to the page. */

/** Tokens as the model sees them. `labels[i]` is `ids[i]` where a loss is taken on predicting it, else −100. */
export interface Labelled {
  ids: Int32Array;
  labels: Int32Array;
  /** What the loss of each label counts; 1 everywhere where there are none. */
  weights?: Float32Array;
  /** What a teacher gives to the tokens with a label, but for a first one, which nothing predicts. */
  soft?: SoftTargets;
  /** Tokens cut off at the end. */
  truncated: number;
}

/** A row as the model sees it; of a pair the better answer. */
export interface Example extends Labelled {
  /** Position of the row in the dataset as used (0-based, bad and dropped rows not counted). */
  index: number;
  /** Line in the file, from 1. */
  line: number;
  /** Of a pair: the worse answer to the same. */
  rejected?: Labelled;
  /** Of an answer with a verdict: whether it is a good one. */
  good?: boolean;
  /** What a teacher saw in place of it. */
  taught?: Pick<Labelled, 'ids' | 'labels'>;
}

/** A row as a teacher sees it that was given a prompt: the same supervised tokens, at other positions. */
export interface PromptedRow extends Pick<Labelled, 'ids' | 'labels'> {
  /** Tokens that the prompt adds to the row. */
  added: number;
}

/** A row with a prompt before it, or why there is none. */
export type Prompted = { index: number; line: number } & (PromptedRow | { reason: string });

export interface DataOptions {
  maxLength: number;
  /** No chat template: prompt ids, completion ids, EOS. */
  raw: boolean;
  /** Positions that the model has learned, where it learns them: no longer row can be kept whole. */
  positions?: number;
  /** Columns chosen by the person where the format is not clear. */
  mapping?: Mapping;
  /** The date that the chat template is given, local time as ISO 8601 writes it; the present where none is given. */
  date?: string;
  /** What is to be learned from; where none is given, what the file calls for. */
  rowKind?: RowKind;
  /** The forms that rows may have; those of `forms/list.ts` where none are given. */
  forms?: readonly Form[];
}

export interface BadRow {
  line: number;
  reason: string;
}

/** read = used + dropped + badCount + waiting. */
export interface DataReport {
  name: string;
  /** Of the JSON Lines that are trained on: the file itself, or what was made of a list, a table or several files. */
  bytes: number;
  sha256: string;
  converted: boolean;
  format: DataFormat | null;
  formatReason: string;
  /** What the rows were read for, and what they call for: another is refused row by row. */
  rowKind: RowKind;
  calledFor: RowKind;
  /** Keys of the rows, for a mapping. */
  columns: string[];
  /** The form was told by names that may mean something else: a person should look at it. */
  guessed: boolean;
  /** The first two rows, their columns' texts shortened: how a choice of columns would read them. */
  firstRows: Record<string, unknown>[];
  /** Which columns are likely to be asked and answered; null where none holds text. */
  proposed: Mapping | null;
  /** Rows of no known form, which wait for a choice of columns. */
  waiting: number;
  /** Keys of used rows that are neither asked, answered nor refused, with the number of rows that have them. */
  ignored: { key: string; rows: number }[];
  read: number;
  used: number;
  /** No target token left after truncation. */
  dropped: number;
  /**
   * Bad and dropped rows in all. Above 20,000 rows only a sample is rendered, and where some of it cannot be used these
   * are estimates (`isEstimate`), while `dropped` and `badCount` are what was found.
   */
  skipped: { bad: number; dropped: number; isEstimate: boolean };
  /** What rows are cut at, and the length that keeps every dropped row whole (0: none was cut to nothing). */
  maxLength: number;
  keepsAll: number;
  /** As in `DataOptions`; null: as many as are asked for. */
  positions: number | null;
  badCount: number;
  /** Bad rows that only lack a chat template, which the model has not. */
  needTemplate: number;
  /** The first 1,000. */
  bad: BadRow[];
  /** The first 1,000 of the dropped. */
  droppedRows: BadRow[];
  truncatedRows: number;
  duplicates: number;
  /** Where answers are labels: how many of the readable rows each has, the commonest first. */
  labels: { label: string; rows: number }[] | null;
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
  /** What it asks, in full, where it asks something; and what it answers. */
  question: string;
  answer: string;
  /** `text` is null where a token is a further piece of the character that a token before it begins. */
  tokens: PreviewToken[];
  /** Of a pair: the worse answer. */
  rejected?: { answer: string; tokens: PreviewToken[] };
  /** Of an answer with a verdict. */
  good?: boolean;
}

export interface PreviewToken {
  id: number;
  text: string | null;
  kind: 'trained' | 'context' | 'template' | 'cut';
}

/** Rows ready for training; lives in the data worker, asked for by index when a batch is near. */
/** Rows that have these words in what they ask or answer, in small letters; and, if wanted, are cut. */
export interface RowSearch {
  words: string;
  cut: boolean;
}

export interface Dataset {
  readonly report: DataReport;
  /** Number of used rows. */
  readonly rows: number;
  examples(indices: readonly number[]): Promise<Example[]>;
  /** Rows as a teacher sees them that was given this prompt. */
  prompted(indices: readonly number[], prompt: string): Promise<Prompted[]>;
  preview(begin: number, end: number): Promise<RowPreview[]>;
  /** Which of these rows (ascending) are searched for. */
  find(search: RowSearch, among: Uint32Array): Promise<number[]>;
  /** Rows as something to ask; those without an answer are left out. */
  questions(indices: readonly number[]): Promise<Question[]>;
  /** How many of these rows have the very text of a row that is not among them. */
  leaks(heldOut: readonly number[]): Promise<number>;
  /** What rows ask, in one spelling, to find the same question elsewhere; of a text, the text. */
  askings(indices: readonly number[]): Promise<string[]>;
  /** What is trained on, as JSON Lines. */
  jsonLines(): Promise<Blob>;
  /** The same without these rows, in whose places are blank lines. */
  jsonLinesWithout(indices: readonly number[]): Promise<Blob>;
  /** These rows alone, in this order and as often as they are named. */
  jsonLinesOf(indices: readonly number[]): Promise<Blob>;
}

export interface EncodeOptions {
  /** The tokenizer's own control tokens around the text; `front`: those before it alone, for a text to go on from. */
  addSpecial?: boolean | 'front';
  /** The text of a control token inside the text is ordinary text. */
  plain?: boolean;
}

/** A turn as it is asked. */
export type ChatTurn = Omit<Turn, 'train'>;

export interface ChatOptions {
  addGenerationPrompt: boolean;
  /** What the conversation may call. */
  tools?: readonly Tool[];
  /** As in `DataOptions`. */
  date?: string;
}

/** The tokenizer as the rest of the project uses it. */
export interface ChatTokenizer {
  readonly vocabSize: number;
  readonly eosTokenId: number | null;
  readonly hasTemplate: boolean;
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): string;
  /** Ids of a conversation through the chat template. */
  chat(messages: readonly ChatTurn[], options: ChatOptions): number[];
}

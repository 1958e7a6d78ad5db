import { expose } from 'comlink';
import { type AnsweredRow, answeredRow } from '../../data/answered.ts';
import { openDataset, type RowWatch, tryRow } from '../../data/dataset.ts';
import { memoryScratch } from '../../data/files/one-file.ts';
import type { Question } from '../../data/forms/questions.ts';
import { knownIds } from '../../data/text/known-tokens.ts';
import { openTokenizer, type RowTokenizer } from '../../data/text/tokenizer.ts';
import type {
  ChatOptions,
  ChatTurn,
  DataOptions,
  DataReport,
  Dataset,
  EncodeOptions,
  Example,
  Prompted,
  RowPreview,
  RowSearch,
} from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../../weights/source.ts';
import { guarded } from '../api/errors.ts';
import { DiskScratch } from './disk-scratch.ts';

/**
 * The disposable worker: it reads files, renders templates and tokenises. A chat template can loop for ever, so
 * the worker says which row it begins before each one, and whoever owns it ends it when no more is heard.
 */

/** What goes out before a row (`line` from 1; 0: a conversation outside a file) and behind it. */
export type WatchMessage = { type: 'begin'; line: number; bytes: number } | { type: 'end' };

export interface HungRows {
  hung: [line: number, reason: string][];
  late: [line: number, reason: string][];
  refuseAll: string | null;
}

/** Sent behind each other, every 100 ms at most. */
export type ProgressListener = (done: number, total: number) => void;

export interface DataWorkerApi {
  watch(port: MessagePort): void;
  openTokenizer(
    files: TokenizerFiles,
    modelVocab?: number,
  ): Promise<{ vocabSize: number; eosTokenId: number | null; hasTemplate: boolean }>;
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): string;
  chat(messages: readonly ChatTurn[], options: ChatOptions): number[];
  endOfTurn(): number | null;
  tryTemplate(
    template: string,
    rows: readonly Record<string, unknown>[],
    options: DataOptions,
  ): (RowPreview['tokens'] | string)[];
  open(
    id: number,
    files: readonly File[],
    options: DataOptions,
    rows: HungRows,
    progress: ProgressListener,
  ): Promise<DataReport>;
  /** Whether what is made of large files may lie on the disk while they are open. */
  mayUseDisk(may: boolean): void;
  cancel(id: number): void;
  close(id: number): void;
  examples(id: number, indices: readonly number[]): Promise<Example[]>;
  prompted(id: number, indices: readonly number[], prompt: string): Promise<Prompted[]>;
  preview(id: number, begin: number, end: number): Promise<RowPreview[]>;
  find(id: number, search: RowSearch, among: Uint32Array): Promise<number[]>;
  questions(id: number, indices: readonly number[]): Promise<Question[]>;
  leaks(id: number, heldOut: readonly number[]): Promise<number>;
  askings(id: number, indices: readonly number[]): Promise<string[]>;
  jsonLines(id: number): Promise<Blob>;
  jsonLinesWithout(id: number, indices: readonly number[]): Promise<Blob>;
  jsonLinesOf(id: number, indices: readonly number[]): Promise<Blob>;
  answered(question: Question, raw: boolean, date?: string): AnsweredRow;
}

let watchPort: MessagePort | null = null;
let tokenizer: RowTokenizer | null = null;
const datasets = new Map<number, Dataset>();
const disk = new DiskScratch();
let onDisk = true;
const scans = new Map<number, AbortController>();

const say = (message: WatchMessage): void => watchPort?.postMessage(message);

function opened(): RowTokenizer {
  if (!tokenizer) throw new UserError('no-model', 'No model is open. Choose one first.');
  return tokenizer;
}

/** Does what renders the template outside a file, with word of it before and behind. */
function watched<T>(bytes: number, render: () => T): T {
  say({ type: 'begin', line: 0, bytes });
  try {
    return render();
  } finally {
    say({ type: 'end' });
  }
}

function dataset(id: number): Dataset {
  const found = datasets.get(id);
  if (!found) throw new UserError('no-data', 'No dataset is open. Drop a file first.');
  return found;
}

expose({
  watch: (port: MessagePort) => {
    watchPort = port;
  },
  openTokenizer: guarded(async (files: TokenizerFiles, modelVocab?: number) => {
    tokenizer = await openTokenizer(files, modelVocab);
    datasets.clear();
    const { vocabSize, eosTokenId, hasTemplate } = tokenizer;
    return { vocabSize, eosTokenId, hasTemplate };
  }),
  encode: guarded((text: string, options?: EncodeOptions) =>
    knownIds(opened().encode(text, options), opened()),
  ),
  decode: guarded((ids: readonly number[], options?: { skipSpecial?: boolean }) =>
    opened().decode(ids, options),
  ),
  chat: guarded((messages: readonly ChatTurn[], options: ChatOptions) => {
    const bytes = messages.reduce((sum, message) => sum + message.content.length, 0);
    return watched(bytes, () => knownIds(opened().chat(messages, options), opened()));
  }),
  endOfTurn: guarded(() => watched(0, () => opened().endOfTurnId())),
  tryTemplate: guarded((template: string, rows: readonly Record<string, unknown>[], options: DataOptions) => {
    const other = opened().withTemplate(template);
    return rows.map((row) => watched(JSON.stringify(row).length, () => tryRow(row, other, options)));
  }),
  open: guarded(
    async (
      id: number,
      files: readonly File[],
      options: DataOptions,
      rows: HungRows,
      progress: ProgressListener,
    ) => {
      const scan = new AbortController();
      scans.set(id, scan);
      const watch: RowWatch = {
        begin: (line, bytes) => say({ type: 'begin', line, bytes }),
        end: () => say({ type: 'end' }),
        hung: new Map(rows.hung),
        late: new Map(rows.late),
        refuseAll: rows.refuseAll,
      };
      let told = 0;
      try {
        const found = await openDataset(files, opened(), options, {
          progress: ({ done, total }) => {
            if (performance.now() - told < 100) return;
            told = performance.now();
            progress(done, total);
          },
          signal: scan.signal,
          watch,
          makeScratch: onDisk ? disk.for(id) : memoryScratch,
        });
        datasets.set(id, found);
        return found.report;
      } catch (error) {
        void disk.discard(id);
        throw error;
      } finally {
        scans.delete(id);
      }
    },
  ),
  mayUseDisk: (may: boolean) => {
    onDisk = may;
  },
  cancel: (id: number) => scans.get(id)?.abort(),
  close: (id: number) => {
    datasets.delete(id);
    void disk.discard(id);
  },
  examples: guarded((id: number, indices: readonly number[]) => dataset(id).examples(indices)),
  prompted: guarded((id: number, indices: readonly number[], prompt: string) =>
    dataset(id).prompted(indices, prompt),
  ),
  preview: guarded((id: number, begin: number, end: number) => dataset(id).preview(begin, end)),
  find: guarded((id: number, search: RowSearch, among: Uint32Array) => dataset(id).find(search, among)),
  questions: guarded((id: number, indices: readonly number[]) => dataset(id).questions(indices)),
  leaks: guarded((id: number, heldOut: readonly number[]) => dataset(id).leaks(heldOut)),
  askings: guarded((id: number, indices: readonly number[]) => dataset(id).askings(indices)),
  jsonLines: guarded((id: number) => dataset(id).jsonLines()),
  jsonLinesWithout: guarded((id: number, indices: readonly number[]) =>
    dataset(id).jsonLinesWithout(indices),
  ),
  jsonLinesOf: guarded((id: number, indices: readonly number[]) => dataset(id).jsonLinesOf(indices)),
  answered: guarded((question: Question, raw: boolean, date?: string) => {
    const bytes = question.turns.reduce(
      (sum, { content }) => sum + content.length,
      question.reference.length,
    );
    const own = opened();
    return watched(bytes, () => answeredRow(question, date === undefined ? own : own.on(date), raw));
  }),
});

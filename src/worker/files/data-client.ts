import { proxy, type Remote, releaseProxy, transfer, wrap } from 'comlink';
import type { AnsweredRow } from '../../data/answered.ts';
import type { Question } from '../../data/forms/questions.ts';
import type {
  ChatOptions,
  ChatTokenizer,
  ChatTurn,
  DataOptions,
  DataReport,
  Dataset,
  EncodeOptions,
  Example,
  Prompted,
  RowPreview,
} from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../../weights/source.ts';
import { asUserError } from '../api/errors.ts';
import { keeping } from '../storage/keeping.ts';
import type { DataWorkerApi, HungRows, WatchMessage } from './data-worker.ts';

/**
 * The owner of the data worker. A row whose chat template has not answered within 2 s (and a little more for a
 * long row) costs the worker its life: another is started, what was open is opened again, that row is bad, and
 * the call that met it goes on. The run never notices more than the delay.
 */

const PATIENCE_MS = 2000;
/** Tokenising a long row takes time too. */
const PATIENCE_MS_PER_BYTE = 0.005;
const LOOK_MS = 250;
/** After so many hung rows the template is taken to hang on every row. */
const MOST_HUNG_ROWS = 3;
const HUNG = 'The chat template did not end within 2 seconds.';

/**
 * A dataset in the worker. `examples` leaves out rows that turn out unusable when their batch is near. `close` frees what
 * the worker holds of it; whoever still asks has it opened again.
 */
export type RemoteDataset = Dataset & { close(): void };

export type TokenizerFacts = Pick<ChatTokenizer, 'vocabSize' | 'eosTokenId' | 'hasTemplate'>;

interface OpenFile {
  id: number;
  files: readonly File[];
  options: DataOptions;
  rows: HungRows;
  /** Its report is out, so its rows keep their places. */
  reported: boolean;
}

class WorkerHung extends Error {
  readonly line: number;
  constructor(line: number) {
    super(HUNG);
    this.line = line;
  }
}

/** One life of the worker. */
interface Life {
  worker: Worker;
  remote: Remote<DataWorkerApi>;
  /** Rejects when the worker is ended. */
  death: Promise<never>;
  /** Ids of datasets that this worker has open. */
  open: Set<number>;
  end(reason: Error): void;
}

export class DataClient {
  #life: Life | null = null;
  #tokenizer: [files: TokenizerFiles, modelVocab?: number] | null = null;
  #ready: Promise<Life> | null = null;
  #nextId = 1;

  /** @param modelVocab rows of the model's embedding: no token of a higher id is let through. */
  async openTokenizer(files: TokenizerFiles, modelVocab?: number): Promise<TokenizerFacts> {
    this.end();
    this.#tokenizer = [files, modelVocab];
    const life = this.#start();
    this.#ready = null;
    const facts = await this.#race(life, life.remote.openTokenizer(files, modelVocab));
    this.#ready = Promise.resolve(life);
    return facts;
  }

  /** @throws UserError `unknown-token` */
  encode(text: string, options?: EncodeOptions): Promise<number[]> {
    return this.#call((remote) => remote.encode(text, options));
  }

  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): Promise<string> {
    return this.#call((remote) => remote.decode(ids, options));
  }

  /** @throws UserError `unknown-token`, `template-hangs` */
  chat(messages: readonly ChatTurn[], options: ChatOptions): Promise<number[]> {
    return this.#call((remote) => remote.chat(messages, options));
  }

  /** Rows as this template, Jinja text, would have them. @throws UserError `template-hangs` */
  tryTemplate(
    template: string,
    rows: readonly Record<string, unknown>[],
    options: DataOptions,
  ): Promise<(RowPreview['tokens'] | string)[]> {
    return this.#call((remote) => remote.tryTemplate(template, rows, options));
  }

  /** A question and its reference as a row is trained. @throws UserError `unknown-token`, `template-hangs` */
  answered(question: Question, raw: boolean, date?: string): Promise<AnsweredRow> {
    return this.#call((remote) => remote.answered(question, raw, date));
  }

  /** As `RowTokenizer.endOfTurnId`. @throws UserError `template-hangs` */
  endOfTurn(): Promise<number | null> {
    return this.#call((remote) => remote.endOfTurn());
  }

  /**
   * @param progress told of bytes read, then of rows tokenised.
   * @throws UserError as `openDataset`; the signal's reason when aborted.
   */
  async openDataset(
    files: File | readonly File[],
    options: DataOptions,
    progress: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<RemoteDataset> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const entry: OpenFile = {
      id,
      files: files instanceof File ? [files] : files,
      options,
      rows: { hung: [], late: [], refuseAll: null },
      reported: false,
    };
    const cancel = (): void => void this.#life?.remote.cancel(id);
    signal?.addEventListener('abort', cancel);
    try {
      const report = await this.#call((_remote, life) => this.#openIn(life, entry, progress), entry);
      entry.reported = true;
      return this.#dataset(entry, report);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Ends the worker. What was open is opened again when it is next asked for. */
  end(): void {
    this.#life?.end(new Error('The data worker was ended.'));
    this.#life = null;
    this.#ready = null;
  }

  #dataset(entry: OpenFile, report: DataReport): RemoteDataset {
    const { id } = entry;
    const opened = async (life: Life): Promise<void> => {
      if (!life.open.has(id)) await this.#openIn(life, entry, () => {});
    };
    return {
      report,
      rows: report.used,
      examples: (indices): Promise<Example[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.examples(id, [...indices]);
        }, entry),
      prompted: (indices, prompt): Promise<Prompted[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.prompted(id, [...indices], prompt);
        }, entry),
      preview: (begin, end): Promise<RowPreview[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.preview(id, begin, end);
        }, entry),
      find: (search, among): Promise<number[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.find(id, search, among);
        }, entry),
      questions: (indices): Promise<Question[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.questions(id, [...indices]);
        }, entry),
      leaks: (heldOut): Promise<number> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.leaks(id, [...heldOut]);
        }, entry),
      askings: (indices): Promise<string[]> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.askings(id, [...indices]);
        }, entry),
      jsonLines: (): Promise<Blob> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.jsonLines(id);
        }, entry),
      jsonLinesWithout: (indices): Promise<Blob> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.jsonLinesWithout(id, [...indices]);
        }, entry),
      jsonLinesOf: (indices): Promise<Blob> =>
        this.#call(async (remote, life) => {
          await opened(life);
          return remote.jsonLinesOf(id, [...indices]);
        }, entry),
      close: () => {
        if (this.#life?.open.delete(id)) void this.#life.remote.close(id);
      },
    };
  }

  async #openIn(
    life: Life,
    entry: OpenFile,
    progress: (done: number, total: number) => void,
  ): Promise<DataReport> {
    const { id, files, options, rows } = entry;
    void life.remote.mayUseDisk(!keeping.nothing);
    const report = await life.remote.open(id, files, options, rows, proxy(progress));
    life.open.add(id);
    return report;
  }

  /** Asks the worker, and asks again after a row hung it. */
  async #call<T>(
    ask: (remote: Remote<DataWorkerApi>, life: Life) => Promise<T>,
    entry?: OpenFile,
  ): Promise<T> {
    for (;;) {
      const life = await this.#alive();
      try {
        return await this.#race(life, ask(life.remote, life));
      } catch (error) {
        if (!(error instanceof WorkerHung)) throw error;
        if (error.line === 0 || !entry) {
          throw new UserError(
            'template-hangs',
            'The model’s chat template does not finish. Nothing is lost; ask without the template (raw), or choose another model.',
          );
        }
        noteHungRow(entry, error.line);
      }
    }
  }

  async #race<T>(life: Life, work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, life.death]);
    } catch (error) {
      throw asUserError(error);
    }
  }

  #alive(): Promise<Life> {
    if (this.#ready && this.#life) return this.#ready;
    const tokenizer = this.#tokenizer;
    if (!tokenizer) throw new UserError('no-model', 'No model is open. Choose one first.');
    const life = this.#start();
    this.#ready = this.#race(life, life.remote.openTokenizer(...tokenizer)).then(() => life);
    return this.#ready;
  }

  #start(): Life {
    const worker = new Worker(new URL('./data-worker.ts', import.meta.url), { type: 'module' });
    const remote = wrap<DataWorkerApi>(worker);
    let reject: (reason: Error) => void = () => {};
    const death = new Promise<never>((_resolve, fail) => {
      reject = fail;
    });
    death.catch(() => {});
    const channel = new MessageChannel();
    const stopWatching = watch(channel.port1, (line) => life.end(new WorkerHung(line)));
    const life: Life = {
      worker,
      remote,
      death,
      open: new Set(),
      end: (reason) => {
        stopWatching();
        worker.terminate();
        remote[releaseProxy]();
        if (this.#life === life) {
          this.#life = null;
          this.#ready = null;
        }
        reject(reason);
      },
    };
    worker.onerror = (event) => {
      event.preventDefault();
      life.end(new UserError('data-worker', 'The worker that reads data could not start. Reload the page.'));
    };
    this.#life = life;
    void remote.watch(transfer(channel.port2, [channel.port2]));
    return life;
  }
}

function noteHungRow(entry: OpenFile, line: number): void {
  const { rows, reported } = entry;
  (reported ? rows.late : rows.hung).push([line, HUNG]);
  if (rows.hung.length >= MOST_HUNG_ROWS) rows.refuseAll = HUNG;
}

/** Watches which row the worker is at; `onHung` is told the line when it stays there too long. */
function watch(port: MessagePort, onHung: (line: number) => void): () => void {
  let current: { line: number; deadline: number; late: boolean } | null = null;
  port.onmessage = ({ data }: MessageEvent<WatchMessage>) => {
    current =
      data.type === 'end'
        ? null
        : {
            line: data.line,
            deadline: performance.now() + PATIENCE_MS - LOOK_MS + data.bytes * PATIENCE_MS_PER_BYTE,
            late: false,
          };
  };
  const timer = setInterval(() => {
    if (!current || performance.now() < current.deadline) return;
    // This side may have been busy with the answer waiting in its queue: look once more.
    if (current.late) onHung(current.line);
    else current.late = true;
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    port.close();
  };
}

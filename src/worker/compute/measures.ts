import { heldOutSplit, padBatch, paddedLength } from '../../data/batches.ts';
import type { Question } from '../../data/forms/questions.ts';
import type { Labelled } from '../../data/types.ts';
import type { Engine } from '../../engine/engine.ts';
import { type TokenLosses, tokenLosses } from '../../engine/token-losses.ts';
import { UserError } from '../../errors.ts';
import { pageFile } from '../../files/page-file.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type {
  AskedRow,
  AskRowsRequest,
  HeldOutRows,
  NextToken,
  NextTokensRequest,
  RowLosses,
} from '../api/api.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Answers } from './answers.ts';
import type { OpenModel, Workspace } from './workspace.ts';

/** Rows of general conversation that come with the page; the bundled model has its own, since it knows little else. */
const GENERAL_FILES = { bundled: 'general/small-world.jsonl', other: 'general/general.jsonl' };
/** Tokens of a general row at most. The same whatever data are open, so that the base's loss is the same after each run. */
const GENERAL_LENGTH = 64;
/** Training rows offered as examples for a prompt. */
const MOST_SHOTS = 8;
/** Training rows offered to be recited. */
const MOST_RECITED = 50;
/** Positions of the engine that answers before any run. */
const ANSWER_LENGTH = 256;

/** What the page measures behind a run, or before one, a few rows at a time so that it can be given up. */
export class Measures {
  #general: { of: OpenModel; dataset: RemoteDataset } | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
  ) {}

  /** Rows that a run with these settings holds out, and the first ones that it trains on. */
  heldOutRows(settings: { evalFraction: number; seed: number }, most: number): HeldOutRows {
    const { rows } = this.workspace.dataset('train');
    const { train, heldOut } = heldOutSplit(rows, settings.evalFraction, settings.seed, most);
    return {
      heldOut: [...heldOut],
      shots: [...train.subarray(0, MOST_SHOTS)],
      trained: spread(train, MOST_RECITED),
    };
  }

  #using<T>(adapter: AdapterUse | null, work: (engine: Engine, strength: number) => Promise<T>): Promise<T> {
    const { longest } = this.workspace.dataset('train').report;
    return this.answers.using(adapter, { longest: Math.max(ANSWER_LENGTH, longest) }, work);
  }

  /** Loss of each row's answer, and where asked the answer itself, greedily. */
  async askRows(request: AskRowsRequest): Promise<AskedRow[]> {
    const dataset = this.workspace.dataset('train');
    const shots = request.shots.length > 0 ? await dataset.questions(request.shots) : [];
    const asked: AskedRow[] = [];
    const questions: (Question | null)[] = [];
    for (const row of request.rows) questions.push((await dataset.questions([row]))[0] ?? null);
    const said = request.answers
      ? await this.#answer(request, questions, shots)
      : new Map<Question, string>();
    for (const [i, row] of request.rows.entries()) {
      const question = questions[i];
      const answer = (question && said.get(question)) ?? null;
      const [example] = await dataset.examples([row]);
      // With examples before it a row is longer than the engine may hold: then it is only asked.
      const measured =
        example && example.good !== false && shots.length === 0
          ? await this.#using(request.adapter, (engine, strength) =>
              engine.evaluate(padBatch([example]), strength),
            )
          : null;
      asked.push({
        row,
        line: question?.line ?? example?.line ?? 0,
        prompt: question?.turns.findLast((turn) => turn.role === 'user')?.content ?? '',
        reference: question?.reference ?? '',
        answer,
        loss: measured && measured.tokens > 0 ? measured.lossSum / measured.tokens : null,
      });
    }
    return asked;
  }

  /** Answers of all that is a question, asked together. */
  async #answer(
    { adapter, raw }: AskRowsRequest,
    rows: readonly (Question | null)[],
    shots: readonly Question[],
  ): Promise<Map<Question, string>> {
    const questions = rows.filter((question) => question !== null);
    if (questions.length === 0) return new Map();
    const answers = await this.#using(adapter, (engine, strength) =>
      this.answers.answersTo(engine, questions, {
        ...{ shots, strength, raw },
        goOn: () => !this.answers.cancelled,
      }),
    );
    return new Map(questions.map((question, i) => [question, answers[i]]));
  }

  /** Loss of each trained token of some rows; of a pair of both answers. */
  async rowLosses(rows: readonly number[], adapter: AdapterUse | null): Promise<RowLosses[]> {
    const dataset = this.workspace.dataset('train');
    const lossesOf = (row: Labelled): Promise<TokenLosses> =>
      this.answers.using(
        adapter,
        // A run may have been on shorter rows than those that are open now.
        { longest: dataset.report.longest, atOnce: paddedLength(row.ids.length) },
        (engine, strength) => tokenLosses(engine, row, strength),
      );
    const found: RowLosses[] = [];
    for (const row of rows) {
      const [example] = await dataset.examples([row]);
      const rejected = example?.rejected && (await lossesOf(example.rejected));
      found.push({ row, losses: example ? await lossesOf(example) : null, ...(rejected && { rejected }) });
    }
    return found;
  }

  /** Sum of the token losses over some of the general rows, and how many rows there are. */
  async generalLoss(
    adapter: AdapterUse | null,
    begin: number,
    end: number,
  ): Promise<{ lossSum: number; tokens: number; rows: number }> {
    const dataset = await this.general();
    let lossSum = 0;
    let tokens = 0;
    for (let row = begin; row < Math.min(end, dataset.rows); row++) {
      const [example] = await dataset.examples([row]);
      const part = await this.answers.using(adapter, { atOnce: GENERAL_LENGTH }, (engine, strength) =>
        engine.evaluate(padBatch([example]), strength),
      );
      lossSum += part.lossSum;
      tokens += part.tokens;
    }
    return { lossSum, tokens, rows: dataset.rows };
  }

  /** The general rows in the open model's tokens. */
  async general(): Promise<RemoteDataset> {
    const { model } = this.workspace;
    if (this.#general?.of === model) return this.#general.dataset;
    const name = GENERAL_FILES[this.workspace.modelChoice.kind === 'bundled' ? 'bundled' : 'other'];
    const rows = await pageFile(`${this.workspace.root}${name}`);
    if (!rows)
      throw new UserError(
        'no-general',
        'The general rows could not be read. The run is safe. Reload the page.',
      );
    const file = new File([rows], 'general.jsonl');
    const options = { maxLength: GENERAL_LENGTH, raw: false };
    const dataset = await this.workspace.data.openDataset(file, options, () => {});
    this.#general = { of: model, dataset };
    return dataset;
  }

  /** The likeliest next tokens of base and tuned behind a prompt and the beginning of an answer. */
  async nextTokens(request: NextTokensRequest): Promise<NextToken[]> {
    const { data } = this.workspace;
    const ids = await this.answers.promptIds(request);
    if (request.begun) ids.push(...(await data.encode(request.begun, { plain: true })));
    const softmaxOf = (adapter: AdapterUse | null) =>
      this.#using(adapter, async (engine, strength) => {
        const session = await engine.decode(ids.length + 1, strength);
        try {
          return softmax(await session.feed(ids));
        } finally {
          session.close();
        }
      });
    const base = await softmaxOf(null);
    const tuned = request.adapter === null ? base : await softmaxOf(request.adapter);
    return Promise.all(
      likeliest(base, tuned, request.most).map(async (id) => ({
        id,
        text: await data.decode([id]),
        base: base[id],
        tuned: tuned[id],
      })),
    );
  }
}

/** At most so many of these, evenly spread, the first among them. */
export function spread(rows: ArrayLike<number>, most: number): number[] {
  const count = Math.min(most, rows.length);
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]);
}

/** p = exp(z − max z) / Σ exp(z − max z). */
export function softmax(logits: Float32Array): Float32Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > top) top = value;
  const weights = logits.map((value) => Math.exp(value - top));
  let sum = 0;
  for (const weight of weights) sum += weight;
  return weights.map((weight) => weight / sum);
}

/** Tokens with the highest probability in either, the highest first. */
export function likeliest(base: Float32Array, tuned: Float32Array, most: number): number[] {
  const best = (id: number) => Math.max(base[id], tuned[id]);
  const top: number[] = [];
  for (let id = 0; id < base.length; id++) {
    if (top.length === most && best(id) <= best(top[most - 1])) continue;
    const at = top.findIndex((other) => best(other) < best(id));
    top.splice(at < 0 ? top.length : at, 0, id);
    if (top.length > most) top.pop();
  }
  return top;
}

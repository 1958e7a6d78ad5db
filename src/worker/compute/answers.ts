import { type Question, withShots } from '../../data/forms/questions.ts';
import { scoresOf } from '../../data/scores.ts';
import type { Engine } from '../../engine/engine.ts';
import { generate, generateEach } from '../../engine/generate.ts';
import { UserError } from '../../errors.ts';
import { sft } from '../../objectives/sft.ts';
import { goodOnes, heldOutLoss, preferenceOf } from '../../run/held-out.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type {
  EvaluateResult,
  GenerateRequest,
  GenerateResult,
  ScoreRequest,
  ScoreResult,
} from '../api/api.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

/** Rows that are measured at once. */
const BATCH = 4;
/** Questions that are read before they are asked: of more of them more are of one length. */
const QUESTIONS = 64;

/** What is asked, of whichever adapter. */
type Prompt = Omit<GenerateRequest, 'adapter'>;

export interface EngineSize {
  /** Tokens of a row, where no run has decided it. */
  longest: number;
  rows: number;
  /** Tokens that a batch must have room for, whatever a run has decided. */
  atOnce?: number;
  /** Gradients of single rows are asked for: without dropout, and of labels alone. */
  gradients?: boolean;
}

export interface AskingOptions {
  shots: readonly Question[];
  raw: boolean;
  strength: number;
  goOn: () => boolean;
  onAnswer?: () => void;
}

/** An engine of this size with this adapter in place. */
export type EngineFor = (use: AdapterUse | null, size: EngineSize) => Promise<Engine>;

/** Answers and measurements by the base, or with the adapter of the shelf that a request names. */
export class Answers {
  #cancelled = false;
  /** One answer at a time: an engine holds one sequence and one adapter, and another would end it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly workspace: Workspace,
    readonly engineFor: EngineFor,
  ) {}

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** What is to be measured from now on is not given up. */
  begin(): void {
    this.#cancelled = false;
  }

  /** Does `work` when nothing else uses the engine. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { host } = this.workspace.model;
    // An answer on a device that is gone would keep the turn for ever.
    const result = this.#turn.then(() => host.unlessLost(work()));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Does `work` with this adapter in place, on an engine of this size, when nothing else uses the engine. */
  using<T>(
    use: AdapterUse | null,
    { longest = 256, rows = BATCH, atOnce, gradients }: Partial<EngineSize>,
    work: (engine: Engine, strength: number) => Promise<T>,
  ): Promise<T> {
    return this.inTurn(async () =>
      work(await this.engineFor(use, { longest, rows, atOnce, gradients }), use?.strength ?? 0),
    );
  }

  /** Whether a question goes through the chat template. */
  #chats(raw: boolean | undefined): boolean {
    return !raw && this.workspace.model.info.hasTemplate;
  }

  /** Ids that end an answer: the model's, and in a chat what rows are trained to end a turn with. */
  async stopIds(raw: boolean | undefined): Promise<number[]> {
    const { data, model } = this.workspace;
    const { eosTokenIds } = model.config;
    const endOfTurn = this.#chats(raw) ? await data.endOfTurn() : null;
    return endOfTurn === null ? eosTokenIds : [...eosTokenIds, endOfTurn];
  }

  async promptIds(
    request: Pick<GenerateRequest, 'prompt' | 'system' | 'history' | 'raw'>,
  ): Promise<number[]> {
    const ids = await this.#idsOf(request);
    if (ids.length > 0) return ids;
    throw new UserError('no-prompt', 'The prompt is empty: there is nothing to continue. Write something.');
  }

  async #idsOf(request: Pick<GenerateRequest, 'prompt' | 'system' | 'history' | 'raw'>): Promise<number[]> {
    // As it stands: a control mark that a person writes is one. No end is put behind it.
    if (!this.#chats(request.raw)) return this.workspace.data.encode(request.prompt, { addSpecial: 'front' });
    const messages = [
      ...(request.system ? [{ role: 'system', content: request.system }] : []),
      ...(request.history ?? []),
      { role: 'user', content: request.prompt },
    ];
    return this.workspace.data.chat(messages, { addGenerationPrompt: true, date: this.workspace.date });
  }

  /** One answer by an engine that trains, with its adapter as it is; `goOn` false ends it. */
  whileTraining(
    engine: Engine,
    request: Prompt & { strength: number },
    onText: (text: string) => void,
    goOn: () => boolean,
  ): Promise<GenerateResult> {
    return this.inTurn(() => this.#answer(engine, request, onText, goOn));
  }

  async #answer(
    engine: Engine,
    request: Prompt & { strength: number },
    onText: (text: string) => void,
    goOn: () => boolean,
  ): Promise<GenerateResult> {
    const { data } = this.workspace;
    const prompt = await this.promptIds(request);
    if (prompt.length >= engine.positions)
      throw new UserError(
        'prompt-too-long',
        `The prompt has ${prompt.length} tokens, but at most ${engine.positions} can be read here. Nothing was changed. Shorten it.`,
      );
    const result = await generate(
      engine,
      prompt,
      { ...request, stopIds: await this.stopIds(request.raw) },
      async (ids) => {
        onText(await data.decode(ids, { skipSpecial: true }));
        return goOn();
      },
    );
    return {
      prompt: request.prompt,
      text: await data.decode(result.ids, { skipSpecial: true }),
      input_ids: prompt,
      output_ids: result.ids,
      stop: result.stop,
      tokens_per_second: result.seconds > 0 ? result.ids.length / result.seconds : 0,
    };
  }

  async generate(request: GenerateRequest, onText: (text: string) => void): Promise<GenerateResult> {
    this.#cancelled = false;
    const { adapter, ...prompt } = request;
    return this.using(adapter, {}, async (engine, strength) => {
      if (!this.#cancelled) {
        const answer = await this.#answer(engine, { ...prompt, strength }, onText, () => !this.#cancelled);
        return this.#cancelled ? { ...answer, given_up: true } : answer;
      }
      // Given up while the engine was made: not even the prompt is read.
      return {
        prompt: request.prompt,
        ...{ text: '', input_ids: [], output_ids: [], stop: 'length', tokens_per_second: 0, given_up: true },
      };
    });
  }

  cancel(): void {
    this.#cancelled = true;
  }

  async promptLogits(request: GenerateRequest): Promise<{ input_ids: number[]; logits: Float32Array }> {
    return this.using(request.adapter, {}, async (engine, strength) => {
      const ids = await this.promptIds(request);
      const session = await engine.decode(ids.length + 1, strength);
      try {
        return { input_ids: ids, logits: await session.feed(ids) };
      } finally {
        session.close();
      }
    });
  }

  /** @throws UserError `no-rows`, `stopped` once it was cancelled */
  async evaluate(adapter: AdapterUse | null, listener: Listener): Promise<EvaluateResult> {
    const dataset = this.workspace.dataset('eval');
    const { report } = dataset;
    needRows(report);
    const rows = everyRow(dataset);
    const settings = { batch: BATCH, packing: false, maxLength: report.longest };
    const isPairs = report.rowKind === 'pairs';
    // A pair is two rows of a batch.
    const size = { longest: report.longest, ...(isPairs && { rows: 2 * BATCH }) };
    return this.using(adapter, size, async (engine, strength) => {
      const measured = { dataset: goodOnes(dataset), rows, settings, strength };
      const { loss, tokens, count } = await heldOutLoss(engine, {
        ...measured,
        objective: sft,
        progress: (done) => {
          if (this.#cancelled)
            throw new UserError('stopped', 'Stopped. What was measured before stays. Measure again.');
          listener({ type: 'progress', what: 'Evaluating', done, total: rows.length });
        },
      });
      return {
        loss,
        perplexity: Math.exp(loss),
        rows: rows.length,
        dropped: report.dropped,
        tokens,
        supervised_tokens: count,
        ...(isPairs && (await preferenceOf(engine, measured))),
      };
    });
  }

  /** What a person would ask and read, for every row. */
  async score(
    { adapter, raw, shots, rows, most: limit }: ScoreRequest,
    listener: Listener,
  ): Promise<ScoreResult> {
    const { workspace } = this;
    const dataset = workspace.dataset(rows ? 'train' : 'eval');
    needRows(dataset.report);
    const asked = [...(rows ?? everyRow(dataset))].slice(0, limit);
    const most = shots > 0 ? Math.min(shots, workspace.dataset('train').rows) : 0;
    const examples =
      most > 0 ? await workspace.dataset('train').questions(Array.from({ length: most }, (_, i) => i)) : [];
    if (examples.length < shots)
      throw new UserError(
        'too-few-shots',
        `${shots} examples were requested, but the training data has only ${examples.length} with an answer. Nothing was changed. Ask for fewer.`,
      );
    const answers: ScoreResult['answers'] = [];
    const tell = (done: number) =>
      listener({ type: 'progress', what: 'Answering', done, total: asked.length });
    tell(0);
    for (let at = 0; at < asked.length; at += QUESTIONS) {
      const questions = await dataset.questions(asked.slice(at, at + QUESTIONS));
      let done = 0;
      const said = await this.using(adapter, dataset.report, (engine, strength) =>
        this.answersTo(engine, questions, {
          ...{ shots: examples, strength, raw, goOn: () => true },
          onAnswer: () => tell(at + ++done),
        }),
      );
      questions.forEach(({ line, turns, reference }, i) => {
        const prompt = turns.findLast((turn) => turn.role === 'user')?.content ?? '';
        answers.push({ line, prompt, reference, answer: said[i] });
      });
    }
    return { ...scoresOf(answers), answers };
  }

  /**
   * The greedy answers to rows' questions after some examples; `goOn` false ends them. Only within `using`.
   * @throws UserError `too-many-shots`
   */
  async answersTo(
    engine: Engine,
    questions: readonly Question[],
    { shots, raw, strength, goOn, onAnswer = () => {} }: AskingOptions,
  ): Promise<string[]> {
    const { data } = this.workspace;
    const prompts = [];
    for (const question of questions) {
      const { ids, reference } = await this.idsOfQuestion(withShots(question, shots), raw);
      // A right answer is as long as its reference; one that rambles need not be heard to the end.
      const maxTokens = Math.min(2 * reference + 16, engine.positions - ids.length);
      if (maxTokens <= 0)
        throw new UserError(
          'too-many-shots',
          `With ${shots.length} examples the prompt has ${ids.length} tokens, but at most ${engine.positions} can be read here. Nothing was changed. Use fewer examples, or train.`,
        );
      prompts.push({ ids, maxTokens });
    }
    const answers: string[] = questions.map(() => '');
    const stopIds = await this.stopIds(raw);
    await generateEach(engine, prompts, { strength, stopIds, goOn }, async (index, ids) => {
      answers[index] = await data.decode(ids, { skipSpecial: true });
      onAnswer();
    });
    return answers;
  }

  /** Ids of a question's prompt, and how many tokens its reference has. */
  async idsOfQuestion(question: Question, raw: boolean): Promise<{ ids: number[]; reference: number }> {
    const ids = await this.#questionIds(question, raw);
    const reference = await this.workspace.data.encode(question.reference, { plain: true });
    return { ids, reference: reference.length };
  }

  #questionIds({ turns, tools }: Question, raw: boolean): Promise<number[]> {
    const { data, date } = this.workspace;
    if (this.#chats(raw)) return data.chat(turns, { addGenerationPrompt: true, tools, date });
    // As rows are trained: control tokens that stand in them are control tokens.
    const text = turns.map(({ content }) => content).join('\n');
    return data.encode(text, { addSpecial: 'front' });
  }

  async rowLogits(
    adapter: AdapterUse | null,
  ): Promise<{ input_ids: number[]; logits: Float32Array; vocab: number }> {
    const dataset = this.workspace.dataset('eval');
    needRows(dataset.report);
    const [row] = await dataset.examples([0]);
    const ids = [...row.ids];
    return this.using(adapter, dataset.report, async (engine, strength) => ({
      input_ids: ids,
      logits: await engine.logits(ids, strength),
      vocab: engine.config.vocab,
    }));
  }
}

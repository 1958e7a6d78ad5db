import { isSystem, type Question } from '../../data/forms/questions.ts';
import type { ChatTurn } from '../../data/types.ts';
import { generateEach, type Prompted, sample, uniform } from '../../engine/generate.ts';
import { UserError } from '../../errors.ts';
import type { AnswersRequest, InventRequest, MadeAnswers, MadeText } from '../api/teaching.ts';
import type { Answers } from './answers.ts';
import { questionsOf } from './asking.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Engines come in lengths of this, so that not every group of questions has another made. */
const LENGTHS = 128;
/** Two texts with no token in common, to find where in a conversation a turn begins and ends. */
const MARKS = ['Q', '7'];

/** A model makes rows for another: it answers questions, and writes questions like those of rows. */
export class Teaching {
  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
  ) {}

  /** The open rows as things to ask. */
  questions(role: 'train' | 'eval'): Promise<Question[]> {
    return questionsOf(this.workspace.dataset(role));
  }

  /** Greedy answers, several side by side. */
  async answer(
    { questions, adapter, raw, maxTokens, untilLength = false }: AnswersRequest,
    listener: Listener,
  ): Promise<MadeAnswers> {
    const asked = await Promise.all(
      questions.map((question) => this.answers.idsOfQuestion({ line: 0, reference: '', ...question }, raw)),
    );
    const stopIds = untilLength ? [] : await this.answers.stopIds(raw);
    return this.#made({
      prompts: asked.map(({ ids }) => ids),
      ...{ adapter, maxTokens, stopIds, what: 'Answering', listener },
    });
  }

  /**
   * The user turn that would follow some rows, as the model draws it from its own distribution (the idea of Magpie, arXiv
   * 2406.08464, with rows before it).
   *
   * @throws UserError `no-template`
   */
  async invent(
    { examples, adapter, maxTokens, temperature, topP, seeds }: InventRequest,
    listener: Listener,
  ): Promise<MadeText[]> {
    if (!this.workspace.model.info.hasTemplate)
      throw new UserError(
        'no-template',
        'Without a chat template the teacher cannot tell where a question ends, and makes none. Nothing was changed. Give questions of your own (--prompts), or a chat template (--chat-template).',
      );
    const begun = await Promise.all(examples.map((rows) => this.#beforeNextQuestion(rows)));
    const ends = new Set(begun.flatMap(({ end }) => (end === null ? [] : [end])));
    const draws = seeds.map(uniform);
    const { answers } = await this.#made({
      prompts: begun.map(({ ids }) => ids),
      stopIds: [...(await this.answers.stopIds(false)), ...ends],
      choose: (logits, index) => sample(logits, { temperature, topP }, draws[index]()),
      ...{ adapter, maxTokens, what: 'Making questions', listener },
    });
    return answers;
  }

  async #made({
    prompts,
    adapter,
    maxTokens,
    stopIds,
    choose,
    what,
    listener,
  }: {
    prompts: readonly number[][];
    stopIds: readonly number[];
    choose?: (logits: Float32Array, index: number) => number;
    what: string;
    listener: Listener;
  } & Pick<AnswersRequest, 'adapter' | 'maxTokens'>): Promise<MadeAnswers> {
    const longest =
      LENGTHS * Math.ceil((maxTokens + Math.max(0, ...prompts.map((ids) => ids.length))) / LENGTHS);
    return this.answers.using(adapter, { longest }, async (engine, strength) => {
      const made = prompts.map((): MadeText => ({ text: '', stop: 'length' }));
      const places: number[] = [];
      const asked: Prompted[] = [];
      for (const [place, ids] of prompts.entries()) {
        const room = Math.min(maxTokens, engine.positions - ids.length);
        if (room <= 0) continue;
        places.push(place);
        asked.push({ ids, maxTokens: room });
      }
      let tokens = 0;
      let done = prompts.length - asked.length;
      const begin = performance.now();
      await generateEach(
        engine,
        asked,
        {
          ...{ strength, stopIds, goOn: () => !this.answers.cancelled },
          ...(choose && { choose: (logits, index) => choose(logits, places[index]) }),
        },
        async (index, ids, stop) => {
          const text = await this.workspace.data.decode(ids, { skipSpecial: true });
          made[places[index]] = { text, stop };
          tokens += ids.length;
          listener({ type: 'progress', what, done: ++done, total: prompts.length });
        },
      );
      return { answers: made, tokens, seconds: (performance.now() - begin) / 1000 };
    });
  }

  /** A conversation of rows up to where its next user turn begins, and the token that follows such a turn, if any does. */
  async #beforeNextQuestion(rows: readonly Question[]): Promise<{ ids: number[]; end: number | null }> {
    const { data, date } = this.workspace;
    const system = rows[0]?.turns.filter(({ role }) => isSystem(role)) ?? [];
    const before: ChatTurn[] = rows.flatMap(({ turns, reference }) => [
      ...turns.filter(({ role }) => !isSystem(role)),
      { role: 'assistant', content: reference },
    ]);
    const [one, other] = await Promise.all(
      MARKS.map((content) =>
        data.chat([...system, ...before, { role: 'user', content }], { addGenerationPrompt: true, date }),
      ),
    );
    let front = 0;
    while (front < one.length && one[front] === other[front]) front++;
    let back = 0;
    const least = Math.min(one.length, other.length) - front;
    while (back < least && one[one.length - 1 - back] === other[other.length - 1 - back]) back++;
    return { ids: one.slice(0, front), end: back > 0 ? one[one.length - back] : null };
  }
}

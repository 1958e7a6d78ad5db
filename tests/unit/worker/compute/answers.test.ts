import { describe, expect, test } from 'vitest';
import { encodeRow } from '../../../../src/data/encode.ts';
import type { EncodeOptions } from '../../../../src/data/types.ts';
import { Answers } from '../../../../src/worker/compute/answers.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { tinyTokenizer } from '../../data/text/tiny-tokenizer.ts';
import { ToyEngine } from '../../run/toy-engine.ts';

/** A base model with a chat template on it: its own end of text is not the template's end of turn. */
const tokenizer = await tinyTokenizer({ eos_token: '<|endoftext|>' });
const END_OF_TEXT = 0;
const END_OF_TURN = 2;
const WORD = 300;

/** Says these tokens, the last one for ever. */
class Reciting extends ToyEngine {
  constructor(readonly said: readonly number[]) {
    super();
  }

  override async decode() {
    let at = 0;
    const feed = async () => {
      const logits = new Float32Array(4096);
      logits[this.said[Math.min(at++, this.said.length - 1)]] = 1;
      return logits;
    };
    return { feed, close: () => {} };
  }
}

function answering(said: readonly number[]) {
  const engine = new Reciting(said);
  const workspace = {
    model: {
      config: { ...engine.config, eosTokenIds: [END_OF_TEXT] },
      info: { hasTemplate: true },
      host: { unlessLost: (work: Promise<unknown>) => work },
    },
    data: {
      encode: async (text: string, options?: EncodeOptions) => tokenizer.encode(text, options),
      chat: async (...args: Parameters<typeof tokenizer.chat>) => tokenizer.chat(...args),
      decode: async (...args: Parameters<typeof tokenizer.decode>) => tokenizer.decode(...args),
      endOfTurn: async () => tokenizer.endOfTurnId(),
    },
  } as unknown as Workspace;
  const answers = new Answers(workspace, async () => engine);
  const ask = (raw: boolean, prompt = 'Hi', onText: () => void = () => {}) =>
    answers.generate({ prompt, raw, maxTokens: 6, temperature: 0, topP: 1, seed: 0, adapter: null }, onText);
  const answerTo = async (raw: boolean) => {
    const question = { line: 1, turns: [{ role: 'user', content: 'Hi' }], reference: 'Hello' };
    const how = { shots: [], raw, strength: 1, goOn: () => true };
    return (await answers.answersTo(engine, [question], how))[0];
  };
  return { answers, ask, answerTo };
}

test('an answer that is given up says so, and the next is whole', async () => {
  const { answers, ask } = answering([WORD]);
  const early = ask(false, 'Hi', () => answers.cancel());
  expect(await early).toMatchObject({ stop: 'length', given_up: true });
  expect((await early).output_ids.length).toBeLessThan(6);
  const begun = ask(false);
  answers.cancel();
  expect(await begun).toMatchObject({ output_ids: [], given_up: true });
  const whole = await ask(false);
  expect(whole.output_ids).toHaveLength(6);
  expect(whole).not.toHaveProperty('given_up');
});

describe('an answer ends', () => {
  test('in a chat with the end of turn that rows are trained to end with', async () => {
    const { ask, answerTo } = answering([WORD, END_OF_TURN, WORD]);
    expect(await ask(false)).toMatchObject({ output_ids: [WORD], stop: 'eos' });
    expect(await answerTo(false)).toBe(tokenizer.decode([WORD]));
  });

  test('in a chat and in a raw text with the ids of the model', async () => {
    const { ask } = answering([WORD, END_OF_TEXT, WORD]);
    for (const raw of [false, true])
      expect(await ask(raw)).toMatchObject({ output_ids: [WORD], stop: 'eos' });
  });

  test('in a raw text not with an end of turn, which no raw row was trained to end with', async () => {
    const { ask, answerTo } = answering([WORD, END_OF_TURN, WORD]);
    const said = [WORD, END_OF_TURN, WORD, WORD, WORD, WORD];
    expect(await ask(true)).toMatchObject({ output_ids: said, stop: 'length' });
    expect((await answerTo(true)).length).toBeGreaterThan(tokenizer.decode([WORD]).length);
  });
});

test('a raw prompt stands as it is: a control token in it is one, and it begins as raw rows do', async () => {
  const { ask } = answering([END_OF_TEXT]);
  expect((await ask(true, 'say <|im_end|>')).input_ids.at(-1)).toBe(END_OF_TURN);
  const row = { kind: 'pair', prompt: 'say it', completion: 'x' } as const;
  const trained = encodeRow(row, tokenizer, true);
  expect((await ask(true, 'say it')).input_ids).toEqual(trained.ids.slice(0, trained.targets[0].begin));
});

test('an empty prompt is refused', async () => {
  await expect(answering([WORD]).ask(true, '')).rejects.toMatchObject({ code: 'no-prompt' });
});

import { describe, expect, test } from 'vitest';
import { bundledLadder, sampleRows } from '../../lab/ladder/bundled.ts';

const rows = await sampleRows('form.jsonl');
const { teaching, answers, engine } = await bundledLadder(rows.slice(0, 12), rows.slice(12, 15));
const ask = (content: string) => ({ turns: [{ role: 'user', content }] });

test('rows are things to ask', async () => {
  const questions = await teaching.questions('eval');
  expect(questions.map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(questions[0].turns.at(-1)?.role).toBe('user');
});

describe('answers', () => {
  const request = { adapter: null, raw: false, maxTokens: 48 };

  test('made side by side are those of each alone, and say how they ended', async () => {
    const asked = ['What is a cat?', 'What is 2 plus 3?', 'Tell me a fact about the moon.'];
    const told: number[] = [];
    const made = await teaching.answer({ questions: asked.map(ask), ...request }, (event) => {
      if (event.type === 'progress') told.push(event.done);
    });
    const alone = [];
    for (const prompt of asked)
      alone.push(
        await answers.generate(
          { prompt, raw: false, maxTokens: 48, temperature: 0, topP: 1, seed: 0, adapter: null },
          () => {},
        ),
      );
    expect(made.answers).toEqual(alone.map(({ text, stop }) => ({ text, stop })));
    expect(made.tokens).toBe(alone.reduce((sum, { output_ids }) => sum + output_ids.length, 0));
    expect(made.seconds).toBeGreaterThan(0);
    expect(told).toEqual([1, 2, 3]);
  });

  test('that do not end within their tokens are said to be cut', async () => {
    const { answers: made } = await teaching.answer(
      { questions: [ask('Tell me a story about a dog.')], ...request, maxTokens: 3 },
      () => {},
    );
    expect(made[0].stop).toBe('length');
    expect(made[0].text).not.toBe('');
  });

  test('go on to their last token where that is asked for', async () => {
    const questions = [ask('What is a cat?'), ask('What is 2 plus 3?')];
    const made = await teaching.answer({ questions, ...request, maxTokens: 20, untilLength: true }, () => {});
    expect(made.tokens).toBe(40);
    expect(made.answers.map(({ stop }) => stop)).toEqual(['length', 'length']);
  });

  test('to questions that leave no room are cut and empty, and the others are there', async () => {
    const long = ask('again and '.repeat(engine.positions));
    const { answers: made } = await teaching.answer(
      { questions: [long, ask('What is a cat?')], ...request },
      () => {},
    );
    expect(made[0]).toEqual({ text: '', stop: 'length' });
    expect(made[1].stop).toBe('eos');
  });
});

describe('questions that are made', () => {
  const invent = async (seeds: number[]) => {
    const questions = await teaching.questions('train');
    return teaching.invent(
      {
        examples: seeds.map((_, i) => questions.slice(i, i + 2)),
        ...{ adapter: null, maxTokens: 40, temperature: 0.8, topP: 0.95, seeds },
      },
      () => {},
    );
  };

  test('end as user turns do, without any of the template, and come again by their seeds', async () => {
    const made = await invent([1, 2, 3, 4]);
    expect(made).toEqual(await invent([1, 2, 3, 4]));
    expect(made).not.toEqual(await invent([5, 6, 7, 8]));
    for (const { text, stop } of made) {
      expect(stop).toBe('eos');
      expect(text.trim()).not.toBe('');
      expect(text).not.toMatch(/im_start|im_end|assistant\n/);
    }
    expect(new Set(made.map(({ text }) => text)).size).toBeGreaterThan(1);
  });
});

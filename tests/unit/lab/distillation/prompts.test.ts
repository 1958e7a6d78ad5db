import { expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import { asksOnly, NO_ANSWER, withAnswers } from '../../../../src/lab/distillation/prompts.ts';
import { tinyTokenizer } from '../../data/text/tiny-tokenizer.ts';

const asked = async (text: string) => {
  const file = new File([withAnswers(text)], 'prompts.jsonl');
  const dataset = await openDataset(file, await tinyTokenizer(), { maxLength: 128, raw: false });
  const questions = await dataset.questions(Array.from({ length: dataset.rows }, (_, i) => i));
  return { questions, report: dataset.report };
};

test('questions of every usual kind are read as rows are', async () => {
  const given = [
    { prompt: 'a' },
    { prompt: 'b', system: 'S' },
    { messages: [{ role: 'user', content: 'c' }] },
    {
      messages: [
        { role: 'user', content: 'd' },
        { role: 'assistant', content: 'seen' },
        { role: 'user', content: 'e' },
      ],
    },
    { conversations: [{ from: 'human', value: 'f' }] },
    { instruction: 'g', input: 'h' },
    { question: 'i' },
    { prompt: 'j', completion: 'an answer that is there' },
  ];
  const { questions } = await asked(given.map((one) => JSON.stringify(one)).join('\n'));
  expect(questions.map(({ turns }) => turns.map(({ content }) => content))).toEqual([
    ...[['a'], ['S', 'b'], ['c'], ['d', 'seen', 'e'], ['f'], ['g\n\nh'], ['i'], ['j']],
  ]);
  expect(questions[0].reference).toBe(NO_ANSWER);
});

test('each line of a plain text is a question, empty ones are none', async () => {
  const { questions } = await asked('What is a cat?\r\n\r\n  What is a dog?\n');
  expect(questions.map(({ turns }) => turns[0].content)).toEqual(['What is a cat?', 'What is a dog?']);
});

test('what is no row among rows is told of with its line', async () => {
  const { questions, report } = await asked('{"prompt": "a"}\nnot a row\n{"other": 1}\n{"prompt": "b"}');
  expect(questions.map(({ turns }) => turns[0].content)).toEqual(['a', 'b']);
  expect(report.bad.map(({ line }) => line)).toContain(2);
});

test('a file only asks where its first row has nothing but a question; else it is rows', () => {
  const asks = (row: unknown) => asksOnly(`\n${JSON.stringify(row)}\n`, { plain: false });
  const user = { role: 'user', content: 'a' };
  for (const row of [
    { prompt: 'a' },
    { id: 7, prompt: 'a', system: 'S' },
    { instruction: 'a', input: 'b' },
    { messages: [user], tools: [] },
    { conversations: [{ from: 'human', value: 'a' }] },
  ])
    expect(asks(row), JSON.stringify(row)).toBe(true);
  for (const row of [
    { prompt: 'a', completion: 'b' },
    { prompt: 'a', chosen: 'b', rejected: 'c' },
    { prompt: 'a', response: 'b' },
    { input: 'a', preferred_output: 'b', non_preferred_output: 'c' },
    { messages: [user, { role: 'assistant', content: 'b' }] },
    { messages: [user], label: true },
    { text: 'a' },
  ])
    expect(asks(row), JSON.stringify(row)).toBe(false);
  // A row that is longer than what was read of it, or a line that is none.
  const long = JSON.stringify({ prompt: 'a'.repeat(100), completion: 'b' });
  expect(asksOnly(long.slice(0, 50), { plain: false })).toBe(false);
  expect(asksOnly('What is a cat?\n', { plain: true })).toBe(true);
  expect(asksOnly(' \n', { plain: true })).toBe(false);
});

import { expect, test } from 'vitest';
import { answeredRow } from '../../../src/data/answered.ts';
import { encodeRow } from '../../../src/data/encode.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

const tokenizer = await tinyTokenizer();
const question = { line: 1, turns: [{ role: 'user', content: 'Hi there' }], reference: 'Hello!' };

test('a question and its reference are the ids of the row that is trained', () => {
  const row = encodeRow({ kind: 'pair', prompt: 'Hi there', completion: 'Hello!' }, tokenizer, false);
  const { ids, begin, end } = answeredRow(question, tokenizer, false);
  expect({ ids, targets: [{ begin, end }] }).toEqual({ ids: row.ids, targets: row.targets });
  expect(tokenizer.decode(ids.slice(begin, end))).toBe('Hello!<|im_end|>');
});

test('of the answers that stand before it none is predicted', () => {
  const turns = [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Ho' }, ...question.turns];
  const { ids, begin, end } = answeredRow({ ...question, turns }, tokenizer, false);
  expect(tokenizer.decode(ids.slice(begin, end))).toBe('Hello!<|im_end|>');
  const asked = tokenizer.chat(turns, { addGenerationPrompt: true });
  expect(ids.slice(0, begin)).toEqual(asked);
});

test('without the template the prompt is as it stands, and the row ends as raw rows do', () => {
  const row = encodeRow({ kind: 'pair', prompt: 'Hi there', completion: 'Hello!' }, tokenizer, true);
  const { ids, begin, end } = answeredRow(question, tokenizer, true);
  expect({ ids, targets: [{ begin, end }] }).toEqual({ ids: row.ids, targets: row.targets });
});

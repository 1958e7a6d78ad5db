import { expect, test } from 'vitest';
import { openDataset } from '../../../src/data/dataset.ts';
import { exchangeOf } from '../../../src/data/forms/questions.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

const tokenizer = await tinyTokenizer();

async function preview(row: unknown, maxLength = 4096) {
  const dataset = await openDataset(new Blob([JSON.stringify(row)]), tokenizer, { maxLength, raw: false });
  return (await dataset.preview(0, 1))[0];
}

test.each([
  'It’s “a place” for €5 coffee…',
  'Où est le café — naïve ?',
  'a family 👨‍👩‍👧‍👦 and a flag 🏳️‍🌈',
  'מה שלומך היום?',
  '日本語の文章です。',
  'broken \uFFFD and \uFFFD\uFFFD again',
])('%s is shown and asked as it was written', async (text) => {
  const { question, answer, tokens } = await preview({ prompt: text, completion: `${text} 2` });
  expect([question, answer]).toEqual([text, `${text} 2`]);
  const drawn = (kind: string) =>
    tokens
      .filter((token) => token.kind === kind)
      .map((token) => token.text ?? '')
      .join('');
  // U+FFFD alone cannot be told from a piece of a character: each of its tokens shows it.
  const plain = (shown: string) => shown.replace(/\uFFFD+/g, '\uFFFD');
  expect(plain(drawn('context'))).toBe(plain(text));
  expect(plain(drawn('trained'))).toBe(plain(`${text} 2<|im_end|>`));
});

test('every token of a character is there, and its text is with the first', async () => {
  const { tokens } = await preview({ prompt: '日', completion: 'x' });
  const begin = tokens.findIndex(({ text }) => text === '日');
  expect(tokens.slice(begin, begin + 3).map(({ text }) => text)).toEqual(['日', null, null]);
  const ids = tokens.slice(begin, begin + 3).map(({ id }) => id);
  expect(tokenizer.decode(ids)).toBe('日');
});

test('a row that ends within a character keeps the text of what is cut', async () => {
  const row = { prompt: 'a', completion: 'b日' };
  const whole = await preview(row);
  const begin = whole.tokens.findIndex(({ text }) => text === '日');
  const { tokens } = await preview(row, begin + 1);
  expect(tokens.slice(begin, begin + 2)).toMatchObject([
    { text: '日', kind: 'trained' },
    { text: null, kind: 'cut' },
  ]);
});

test('what is asked is never cut', async () => {
  const long = 'word '.repeat(400).trim();
  expect((await preview({ prompt: long, completion: 'x' })).question).toBe(long);
});

test('a conversation asks what stands before the first answer that is trained on', () => {
  const turn = (role: string, content: string, train = role === 'assistant') => ({ role, content, train });
  const messages = [
    turn('system', 'Be brief.'),
    turn('user', 'one?'),
    turn('assistant', 'not learned', false),
    turn('user', ' two? '),
    turn('assistant', 'Two.'),
    turn('user', 'three?'),
    turn('assistant', 'Three.'),
  ];
  expect(exchangeOf({ kind: 'messages', messages })).toEqual({ question: 'two?', answer: 'Two.' });
  expect(exchangeOf({ kind: 'messages', messages: messages.slice(0, 2) })).toEqual({
    question: '',
    answer: '',
  });
  expect(exchangeOf({ kind: 'text', text: 'Once. ' })).toEqual({ question: '', answer: 'Once.' });
});

import { expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import { sharedRows, withoutHeldOut } from '../../../../src/lab/ladder/leaks.ts';
import { tinyTokenizer } from '../../data/text/tiny-tokenizer.ts';

const tokenizer = await tinyTokenizer();
const open = (...rows: object[]) =>
  openDataset(new Blob([`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`]), tokenizer, {
    maxLength: 64,
    raw: false,
  });

const chat = (...contents: string[]) => ({
  messages: contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
});

test('a training row is a held-out one where it asks the same, whatever it answers', async () => {
  const train = await open(
    { prompt: 'Who mends nets?', completion: 'Ann' },
    { prompt: '  who   mends NETS? ', completion: 'Ben' },
    { prompt: 'Who mends boats?', completion: 'Ann' },
    { prompt: 'Where?', completion: 'There' },
  );
  const held = await open(
    { prompt: 'Who mends nets?', completion: 'Ann' },
    { prompt: 'Where', completion: 'There' },
  );
  expect(await sharedRows(train, held)).toEqual([0, 1]);
});

test('of a conversation all that comes before its last answer counts, but for its system turn', async () => {
  const train = await open(chat('Hi', 'Hello', 'Who?', 'Ann'), chat('Who?', 'Ann'), {
    messages: [{ role: 'system', content: 'Be brief.' }, ...chat('Hi', 'Hello', 'Who?', 'Ben').messages],
  });
  const held = await open(chat('Hi', 'Hello', 'Who?', 'Cid'));
  expect(await sharedRows(train, held)).toEqual([0, 2]);
});

test('what is left after rows were taken out reads as before, line by line', async () => {
  const train = await open(
    { prompt: 'a', completion: 'one' },
    { prompt: 'b', completion: 'two' },
    { prompt: 'c', completion: 'three' },
  );
  const left = await openDataset(await train.jsonLinesWithout([2, 0]), tokenizer, {
    maxLength: 64,
    raw: false,
  });
  expect(left.report).toMatchObject({ read: 1, used: 1, badCount: 0 });
  expect(await left.questions([0])).toEqual([
    { line: 2, turns: [{ role: 'user', content: 'b' }], reference: 'two' },
  ]);
});

test('a passage in which a held-out row stands, question and answer, is left out', () => {
  const held = [{ line: 1, turns: [{ role: 'user', content: 'Who mends nets?' }], reference: 'Ann' }];
  const passages = ['Q: who mends  nets? A: Ann.', 'Ann mends nets.', 'Who mends nets? Nobody knows.'];
  expect(withoutHeldOut(passages, held)).toEqual(passages.slice(1));
});

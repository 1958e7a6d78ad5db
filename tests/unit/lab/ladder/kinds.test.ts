import { expect, test } from 'vitest';
import type { Question } from '../../../../src/data/forms/questions.ts';
import { askingApart } from '../../../../src/lab/ladder/apart.ts';
import { kindsOf, vote } from '../../../../src/lab/ladder/kinds.ts';
import type { Asking } from '../../../../src/lab/ladder/measure.ts';
import { wordVectors } from '../../../../src/lab/ladder/word-vectors.ts';

const refunds = Array.from({ length: 12 }, (_, i) => `When is my refund for order ${i} paid to the bank?`);
const colours = Array.from(
  { length: 10 },
  (_, i) => `Which colour has the ${i % 2 ? 'lamp' : 'chair'} number ${i}?`,
);
const training = [...refunds, ...colours].map((_, i, all) => all[(i * 5) % all.length]);
const heldOut = [
  'Is the refund for order 77 paid?',
  'Which colour has the table?',
  'When was my refund paid to the bank?',
];

const kinds = (given: Partial<Parameters<typeof kindsOf>[0]> = {}) =>
  kindsOf({
    ...{ training, heldOut, seed: 0 },
    vectors: wordVectors(training, [...training, ...heldOut]),
    ...given,
  });

test('kinds are found among training questions, named by their words, and others are sent to the nearest', () => {
  const found = kinds()!;
  expect(found.names).toHaveLength(2);
  const [refund, colour] = found.names[0].includes('refund') ? [0, 1] : [1, 0];
  expect(found.names[colour]).toContain('colour');
  expect(found.training).toEqual(training.map((text) => (text.includes('refund') ? refund : colour)));
  expect(found.heldOut).toEqual([refund, colour, refund]);
});

test('held-out questions have no part in what the kinds are', () => {
  const more = [...heldOut, ...Array.from({ length: 40 }, (_, i) => `A poem about the sea ${i}`)];
  const found = kinds({ heldOut: more, vectors: wordVectors(training, [...training, ...more]) })!;
  expect(found.training).toEqual(kinds()!.training);
  expect(found.names).toEqual(kinds()!.names);
});

test('of few rows, or of rows that are all the same, there are none', () => {
  const few = training.slice(0, 15);
  expect(kinds({ training: few })).toBeNull();
  const same = training.map(() => 'When is it?');
  expect(kinds({ training: same, vectors: wordVectors(same, [...same, ...heldOut]) })).toBeNull();
});

test('the nearest decides where votes are even', () => {
  expect(vote([1, 0, 0, 1, 2])).toBe(1);
  expect(vote([2, 0, 1, 0, 1])).toBe(0);
  expect(vote([2, 1, 1, 1, 2])).toBe(1);
});

test('words are weighed by how often they stand in a text and how few texts have them', () => {
  const texts = ['sea sea boat', 'boat sky', 'sky sea', 'only'];
  const vectors = wordVectors(texts, [...texts, 'sea unknown']);
  // In the order of how many texts have them, then of the alphabet: boat, sea, sky; “only” stands in one.
  const twice = Math.log(4 / 2);
  expect([...vectors.get('sea sea boat')!]).toEqual([twice, (1 + Math.log(2)) * twice, 0].map(Math.fround));
  expect([...vectors.get('sea unknown')!]).toEqual([0, twice, 0].map(Math.fround));
  expect([...vectors.get('only')!]).toEqual([0, 0, 0]);
});

const question = (line: number): Question => ({
  ...{ line, turns: [{ role: 'user', content: `question ${line}` }], reference: `${line}` },
});

test('each question goes to the adapter of its kind, and answers come in the order of the questions', async () => {
  const asked: [string, number[]][] = [];
  const asking = (name: string): Asking => ({
    prompted: async ({ line }) => ({ tokens: line, fits: name === 'even' }),
    async answers(questions, onAnswer) {
      asked.push([name, questions.map(({ line }) => line)]);
      for (const _ of questions) onAnswer();
      return questions.map(({ line }) => `${name} ${line}`);
    },
    losses: async (questions) =>
      questions.map(({ line }) => ({ lossSum: line, tokens: name === 'even' ? 2 : 3 })),
  });
  const apart = askingApart([asking('even'), asking('odd'), asking('none')], ({ line }) => line % 2);
  const questions = [1, 4, 3, 2].map(question);
  let told = 0;
  expect(await apart.answers(questions, () => told++)).toEqual(['odd 1', 'even 4', 'odd 3', 'even 2']);
  expect(told).toBe(4);
  expect(asked).toEqual([
    ['even', [4, 2]],
    ['odd', [1, 3]],
  ]);
  expect((await apart.losses(questions)).map(({ lossSum, tokens }) => [lossSum, tokens])).toEqual([
    [1, 3],
    [4, 2],
    [3, 3],
    [2, 2],
  ]);
  expect(await apart.prompted(question(4))).toEqual({ tokens: 4, fits: true });
});

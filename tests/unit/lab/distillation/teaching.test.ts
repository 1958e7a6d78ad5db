import { expect, test } from 'vitest';
import {
  DRAW,
  fewQuestions,
  speedOf,
  type TeacherAsked,
  teacherRows,
} from '../../../../src/lab/distillation/teaching.ts';
import { row } from './asked.ts';

const train = ['a', 'b', 'c'].map((text) => row(text, `said ${text}`));
const heldOut = Array.from({ length: 20 }, (_, i) => row(`held out ${i}`, '1'));

function teacher(more: Partial<TeacherAsked> = {}) {
  const invented: Parameters<TeacherAsked['invent']>[0][] = [];
  const told: number[][] = [];
  const result = teacherRows({
    ...{ train, heldOut, own: null, wanted: 2, seed: 7, maxLength: 40, before: [] },
    answer: async ({ questions, maxTokens }) => ({
      answers: questions.map(({ turns }) => ({ text: `${maxTokens}: ${turns[0].content}`, stop: 'eos' })),
      ...{ tokens: 1, seconds: 1 },
    }),
    async invent(request) {
      invented.push(request);
      return request.seeds.map((seed) => ({ text: `question ${seed} `, stop: 'eos' }));
    },
    noExamples: () => new Error('no examples'),
    onAttempts: (attempts, answered, wanted) => void told.push([attempts.length, answered, wanted]),
    ...more,
  });
  return { result, invented, told };
}

test('a teacher writes as many questions as are wanted, each drawn by a seed of its own, and answers them', async () => {
  const { result, invented, told } = teacher();
  expect((await result).map(({ turns, answer }) => [turns[0].content, answer?.text])).toEqual([
    ['question 7', '40: question 7'],
    ['question 8', '40: question 8'],
  ]);
  expect(invented).toHaveLength(1);
  expect(invented[0]).toMatchObject({ ...DRAW, seeds: [7, 8] });
  expect(invented[0].examples.map((rows) => rows.length)).toEqual([3, 3]);
  expect(told).toEqual([[2, 2, 2]]);
});

test('a person’s questions are asked in its place, each once', async () => {
  const own = ['one', 'two', 'three'].map((text) => row(text, '–'));
  const { result, invented } = teacher({ own, wanted: null });
  expect((await result).map(({ turns }) => turns[0].content)).toEqual(['one', 'two', 'three']);
  expect(invented).toEqual([]);
  expect(fewQuestions({ train, own, wanted: null })).toBeNull();
  expect(fewQuestions({ train, own, wanted: 5 })).toBe(
    '3 questions were given, 5 are asked for: each is asked once.',
  );
  expect(await teacher({ own, wanted: 5 }).result).toHaveLength(3);
});

test('rows of several turns are no examples, and that is said', async () => {
  const [first] = train;
  const several = [
    { ...first, turns: [...first.turns, { role: 'assistant', content: 'b' }, ...first.turns] },
  ];
  await expect(teacher({ train: several }).result).rejects.toThrow('no examples');
});

test('the speed is that of the second time, over the same tokens for each question', async () => {
  const asked: number[] = [];
  const speed = await speedOf(heldOut, async ({ questions, maxTokens, untilLength }) => {
    expect(untilLength).toBe(true);
    asked.push(questions.length);
    const tokens = questions.length * maxTokens;
    return { answers: [], tokens, seconds: asked.length === 1 ? 100 : 2 };
  });
  expect(asked).toEqual([16, 16]);
  expect(speed).toBe((16 * 32) / 2);
  expect(await speedOf(heldOut, async () => ({ answers: [], tokens: 0, seconds: 1 }))).toBeNull();
});

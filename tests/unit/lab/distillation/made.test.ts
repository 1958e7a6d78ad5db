import { expect, test } from 'vitest';
import {
  type Attempt,
  madeRows,
  makeRows,
  verdicts,
  withoutByHand,
} from '../../../../src/lab/distillation/made.ts';
import { row } from './asked.ts';

const rows = [row('a', '1'), row('b', '2')];
const heldOut = [row('held out', '3')];
const pool = ['a', 'one', 'two', 'held out', 'one', 'three', 'four', 'five', 'six'].map((text) => ({
  turns: row(text, '').turns,
}));

function making(wanted: number, before: Attempt[] = []) {
  const asked: string[] = [];
  const kept: Attempt[][] = [];
  const result = makeRows({
    ...{ rows, heldOut, wanted, before },
    next: async (nth, most) => pool.slice(nth, nth + Math.min(most, 3)),
    async answer(questions) {
      asked.push(...questions.map(({ turns }) => turns[0].content));
      return questions.map(({ turns }) => ({
        text: turns[0].content === 'two' ? '' : `said ${turns[0].content} `,
        stop: 'eos',
      }));
    },
    onAttempts: (attempts) => void kept.push([...attempts]),
  });
  return { asked, kept, result };
}

test('as many questions are answered as are wanted; what is not asked is made up for', async () => {
  const { asked, result } = making(4);
  const attempts = await result;
  expect(asked).toEqual(['one', 'two', 'three', 'four']);
  expect(attempts).toHaveLength(7);
  const { kept, left, dropped } = madeRows(attempts, verdicts(attempts, rows, heldOut));
  expect(kept).toEqual(
    ['one', 'three', 'four'].map((text) => ({ turns: row(text, '').turns, answer: `said ${text}` })),
  );
  expect(left.map(({ reason }) => reason)).toEqual(['repeated', 'empty', 'near_held_out', 'repeated']);
  expect(left[0].answer).toBeNull();
  expect(dropped).toEqual({
    empty: 1,
    cut: 0,
    repeated: 2,
    near_held_out: 1,
    looping: 0,
    not_json: 0,
  });
  expect(kept.length + left.length).toBe(attempts.length);
});

test('what a person takes out is counted as that, and nothing else is judged otherwise', async () => {
  const attempts = await making(4).result;
  const before = verdicts(attempts, rows, heldOut);
  const [first] = before.flatMap((reason, place) => (reason === null ? [place] : []));
  const repeated = before.indexOf('repeated');
  const after = withoutByHand(before, [first, repeated]);
  expect(after).toEqual(before.map((reason, place) => (place === first ? 'by_hand' : reason)));
  const { kept, left, dropped } = madeRows(attempts, after);
  expect([kept.length, dropped.by_hand]).toEqual([2, 1]);
  expect(left.find(({ reason }) => reason === 'by_hand')!.answer).toBe('said one ');
});

test('what was made before a kill is taken as it is, and the rest comes out the same', async () => {
  const whole = making(5);
  const attempts = await whole.result;
  const [before] = whole.kept;
  expect(before).toHaveLength(3);
  const again = making(5, before);
  expect(await again.result).toEqual(attempts);
  expect(again.asked).toEqual(whole.asked.slice(whole.asked.indexOf('three')));
});

test('it ends where there are no more questions, and where a teacher only repeats itself', async () => {
  expect(await making(50).result).toHaveLength(pool.length);
  let made = 0;
  const attempts = await makeRows({
    ...{ rows, heldOut, wanted: 2, before: [] },
    next: async (_, most) => {
      made += most;
      return Array.from({ length: most }, () => pool[0]);
    },
    answer: async () => [],
    onAttempts: () => {},
  });
  expect(attempts).toHaveLength(8);
  expect(made).toBe(8);
});

import { expect, test } from 'vitest';
import type { Attempt } from '../../../../src/lab/distillation/made.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { AnswersRequest } from '../../../../src/worker/api/teaching.ts';
import {
  distilFigures,
  makeRowsOf,
  sift,
  splitOpenRows,
} from '../../../../src/worker/compute/distillation.ts';
import type { Teaching } from '../../../../src/worker/compute/teaching.ts';
import { row } from '../../lab/distillation/asked.ts';

const train = Array.from({ length: 40 }, (_, i) => row(`row ${i}`, `said ${i}`));
const heldOut = [row('held out', '1')];

function teaching(answers = { cancelled: false }) {
  const asked: AnswersRequest[] = [];
  const it = {
    answers,
    workspace: { dataset: (role: string) => ({ rows: role === 'train' ? 42 : 1 }) },
    questions: async (role: string) => (role === 'train' ? train : heldOut),
    async answer(request: AnswersRequest, listener: (event: RunEvent) => void) {
      asked.push(request);
      listener({ type: 'progress', what: 'Answering', done: 1, total: request.questions.length });
      return {
        answers: request.questions.map(() => ({ text: 'said', stop: 'eos' as const })),
        ...{ tokens: 1, seconds: 1 },
      };
    },
  };
  return { it: it as unknown as Teaching, asked };
}

test('open rows are split into those to train on and those that are held out; what is no question is counted', async () => {
  const { it } = teaching();
  const given = await splitOpenRows(it, { heldOut: true, seed: 0 });
  expect([given.train.length, given.heldOut.length, given.without]).toEqual([40, 1, 2]);
  const drawn = await splitOpenRows(it, { heldOut: false, seed: 0 });
  expect([drawn.train.length, drawn.heldOut.length]).toEqual([30, 10]);
  const none = { ...it, questions: async () => heldOut } as unknown as Teaching;
  await expect(splitOpenRows(none, { heldOut: true, seed: 0 })).rejects.toThrow(
    '0 rows with a question and an answer are left to train on',
  );
});

const request = (before: Attempt[] = []) => ({
  ...{ train, heldOut, own: Array.from({ length: 40 }, (_, i) => row(`own ${i}`, '–')), wanted: null },
  ...{ seed: 0, raw: false, maxLength: 50, adapter: { id: 'a', strength: 1 }, before },
});

test('rows are made in batches, of which each is told once, and how far all of it is', async () => {
  const { it, asked } = teaching();
  const told: Attempt[][] = [];
  const far: (number | null)[][] = [];
  const hear = (event: RunEvent) => event.type === 'progress' && far.push([event.done, event.total]);
  await makeRowsOf(it, request(), hear, (more) => void told.push(more));
  expect(told.map(({ length }) => length)).toEqual([32, 8]);
  expect(far).toEqual([
    [1, 40],
    [33, 40],
  ]);
  expect(asked[0]).toMatchObject({ adapter: { id: 'a', strength: 1 }, maxTokens: 50, raw: false });
  const rest: Attempt[][] = [];
  await makeRowsOf(
    it,
    request(told[0]),
    () => {},
    (more) => void rest.push(more),
  );
  expect(rest).toEqual([told[1]]);
  expect(sift({ attempts: told[1], rows: train, heldOut })).toEqual(told[1].map(() => null));
});

test('a batch that was cut short by Stop is told to nobody', async () => {
  const { it } = teaching({ cancelled: true });
  const told: Attempt[][] = [];
  await expect(
    makeRowsOf(
      it,
      request(),
      () => {},
      (more) => void told.push(more),
    ),
  ).rejects.toThrow('Stopped.');
  expect(told).toEqual([]);
});

test('figures are there of whoever was measured, and the gain once all were', () => {
  const judged = (right: number) =>
    Array.from({ length: 20 }, (_, i) => ({ right: i < right ? 1 : 0, of: 1 }));
  const one = (who: 'teacher' | 'student-small' | 'student-larger', right: number) => ({
    ...{ who, rows: judged(right), loss: 1, parameters: 5, tokens_per_second: 1 },
    ...{ trained_on: null, train_seconds: null, memory_bytes: null },
  });
  const first = distilFigures({ contenders: [one('teacher', 18)], seed: 0, whole: null });
  expect(first).toMatchObject({ table: [{ who: 'teacher', metric: 0.9 }], result: null });
  const dropped = { empty: 0, cut: 0, repeated: 0, near_held_out: 0, looping: 0, not_json: 0, by_hand: 1 };
  const contenders = [one('teacher', 18), one('student-small', 2), one('student-larger', 16)];
  const { result } = distilFigures({
    ...{ contenders, seed: 0 },
    whole: { made: { kept: [], left: [], dropped }, objective: 'sft' },
  });
  expect(result!.gain.metric).toBeCloseTo(0.7);
  expect(result!.dropped.by_hand).toBe(1);
});

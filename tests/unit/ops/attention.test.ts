import { describe, expect, it } from 'vitest';
import {
  type AttentionProblem,
  attentionBackwardReference,
  attentionReference,
} from '../../../src/ops/reference/attention.ts';
import { dense, rows } from '../../../src/ops/reference/linear.ts';
import { along, differences, expectClose, scattered } from './finite-differences.ts';

function problem(values: Partial<AttentionProblem> = {}): AttentionProblem {
  const shape = { heads: 4, kvHeads: 2, headDim: 3, scale: 0.7, window: null, batch: 2, length: 5 };
  const count = shape.batch * shape.length;
  return {
    ...shape,
    q: scattered(count, shape.heads * shape.headDim, 1),
    k: scattered(count, shape.kvHeads * shape.headDim, 2),
    v: scattered(count, shape.kvHeads * shape.headDim, 3),
    ...values,
  };
}

const CASES: [string, AttentionProblem][] = [
  ['grouped heads', problem()],
  ['one group', problem({ kvHeads: 4, k: scattered(10, 12, 4), v: scattered(10, 12, 5) })],
  ['a window', problem({ window: 2 })],
  ['documents', problem({ documents: [0, 0, 1, 1, 1, 2, 3, 3, 3, 3] })],
  ['a window and documents', problem({ window: 3, documents: [0, 0, 0, 0, 1, 2, 2, 2, 2, 2] })],
];

describe.each(CASES)('with %s', (_, p) => {
  it('has the gradients of its finite differences', () => {
    const dO = scattered(p.q.rows, p.q.cols, 6);
    const loss = () => along(attentionReference(p).o, dO);
    const { dq, dk, dv } = attentionBackwardReference(p, dO);
    expectClose(dq.values, differences(p.q.values, loss));
    expectClose(dk.values, differences(p.k.values, loss));
    expectClose(dv.values, differences(p.v.values, loss));
  });
});

it('gives the average of the values in reach where all scores are equal', () => {
  const of = (values: number[]) => dense(values.length, 1, (i) => values[i]);
  const one = { heads: 1, kvHeads: 1, headDim: 1, scale: 1, batch: 1, length: 4 };
  const p = { ...one, q: of([0, 0, 0, 0]), k: of([9, 9, 9, 9]), v: of([2, 4, 12, 6]) };
  const all = attentionReference({ ...p, window: null });
  expectClose(all.o.values, [2, 3, 6, 6], 1e-14);
  expectClose(all.lse, [0, Math.log(2), Math.log(3), Math.log(4)], 1e-14);
  expectClose(attentionReference({ ...p, window: 2 }).o.values, [2, 3, 8, 9], 1e-14);
  const apart = attentionReference({ ...p, window: null, documents: [5, 5, 2, 2] });
  expectClose(apart.o.values, [2, 3, 12, 9], 1e-14);
});

it('over a cache gives the last rows of what it gives at once', () => {
  const p = problem({ batch: 1, q: scattered(5, 12, 1), k: scattered(5, 6, 2), v: scattered(5, 6, 3) });
  const whole = attentionReference(p);
  const late = attentionReference({ ...p, q: rows(p.q, 3, 5), length: 2, start: 3, keyRows: 5 });
  expect(late.o.values).toEqual(rows(whole.o, 3, 5).values);
  expect([...late.lse]).toEqual(
    [0, 1, 2, 3].flatMap((head) => [...whole.lse.slice(5 * head + 3, 5 * head + 5)]),
  );
});

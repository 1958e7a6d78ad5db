import { expect, test } from 'vitest';
import { onCommonRows, pointRows } from '../../../../src/lab/progression/common.ts';
import { rung } from '../ladder/measured.ts';
import { point } from './measured.ts';

const [all] = [point('small', 'q4', 12)];
const lines = ({ rows }: { rows: readonly { line: number }[] }) => rows.map(({ line }) => line);

test('points that were asked the same rows stay as they are', () => {
  const { points, leftOut } = onCommonRows([all, point('large', 'q4', 3)]);
  expect(points[0]).toBe(all);
  expect(leftOut).toEqual([]);
  expect(onCommonRows([]).points).toEqual([]);
});

test('rows that one was not asked are left out of all, with their loss', () => {
  const costly = {
    ...all,
    rows: all.rows.map((row) => (row.line === 1 ? { ...row, loss_sum: 1000 } : row)),
    loss: 42,
  };
  const fewer = { ...all, rows: all.rows.filter(({ line }) => line > 2), loss: null };
  const { points, leftOut } = onCommonRows([costly, fewer]);
  expect(points.map((one) => lines(one))).toEqual([lines(fewer), lines(fewer)]);
  expect(points.map(({ loss }) => loss)).toEqual([0.5, null]);
  expect(leftOut).toEqual([1, 2]);
});

test('the same line of two files are two rows, and a row that is there twice counts twice', () => {
  const [first] = all.rows;
  const twice = { ...all, rows: [first, { ...first, text: 7 }, first] };
  expect(onCommonRows([twice, twice]).points[0].rows).toHaveLength(3);
  const once = { ...all, rows: [first, { ...first, text: 7 }] };
  expect(onCommonRows([twice, once])).toMatchObject({ leftOut: [1], points: [{ rows: once.rows }, {}] });
});

test('without a row in common nothing can be compared, which is said', () => {
  const other = { ...all, rows: all.rows.map((row) => ({ ...row, line: row.line + 100 })) };
  expect(() => onCommonRows([all, other])).toThrow(
    'There is no held-out row that every model could be asked',
  );
});

test('a row is told apart by what it asks and by its reference', () => {
  const { rows } = rung('tuned', 3);
  const [row] = pointRows({ rows: [rows[0]] });
  expect(row).toMatchObject({ line: 1, right: 1, of: 1, loss_sum: 2, loss_tokens: 4 });
  const texts = [rows[0], { ...rows[0], prompt: 'other' }, { ...rows[0], reference: 'no' }].map(
    (one) => pointRows({ rows: [one] })[0].text,
  );
  expect(new Set(texts).size).toBe(3);
  expect(row.text).toBe(pointRows({ rows: [{ ...rows[0], answer: 'x' }] })[0].text);
});

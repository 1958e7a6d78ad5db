import { expect, test } from 'vitest';
import {
  countsOf,
  type EndedFile,
  failedAmong,
  lineOf,
  Progress,
  totalOf,
} from '../../../../scripts/test/progress.mjs';

const ended = (file: string, statuses: string[], broken = statuses.includes('failed')): EndedFile => ({
  file,
  assertions: statuses.map((status, at) => ({ fullName: `test ${at}`, status })),
  broken,
  seconds: 1.25,
});

test('what was not shown to pass has failed: skipped tests too, and a file that broke without one', () => {
  expect(countsOf(ended('a', ['passed', 'passed']))).toEqual({ passed: 2, failed: 0 });
  expect(countsOf(ended('a', ['passed', 'failed', 'skipped']))).toEqual({ passed: 1, failed: 2 });
  expect(countsOf(ended('a', [], true))).toEqual({ passed: 0, failed: 1 });
  expect(countsOf(ended('a', ['passed'], true)), 'an error between tests').toEqual({ passed: 1, failed: 1 });
});

test('a file and a part are one line each, with counts and time', () => {
  expect(lineOf(ended('tests/a.test.ts', ['passed', 'passed']))).toBe(
    '  passed  tests/a.test.ts: 2 passed (1.3 s)',
  );
  expect(lineOf(ended('tests/a.test.ts', ['passed', 'failed']))).toBe(
    '  FAILED  tests/a.test.ts: 1 passed, 1 failed (1.3 s)',
  );
  expect(totalOf('e2e', { passed: 3, failed: 0 }, 61.04)).toBe(
    'e2e             passed: 3 passed, 0 failed (61.0 s)',
  );
  expect(totalOf('gpu', { passed: 3, failed: 2 }, 5)).toBe(
    'gpu             FAILED: 3 passed, 2 failed (5.0 s)',
  );
});

test('what failed is named again at the end, by test, or by file where none is to blame', () => {
  const files = [
    ended('a', ['passed', 'passed']),
    ended('b', ['passed', 'failed', 'skipped']),
    ended('c', ['passed'], true),
    { file: 'd', assertions: [{ fullName: 'O1: case', status: 'failed' }] },
  ];
  expect(failedAmong(files)).toEqual([
    'FAILED  b: test 1',
    'FAILED  b: test 2',
    'FAILED  c',
    'FAILED  d: O1: case',
  ]);
});

test('a run that is cut off keeps what has ended, and names and counts what has not', () => {
  const progress = new Progress();
  progress.hear({ type: 'file begins', file: 'a' });
  progress.hear({ type: 'test begins', file: 'a', name: 'first' });
  expect(progress.running()).toEqual(['a: first']);
  progress.hear({ type: 'test ends', file: 'a', name: 'first' });
  progress.hear({ type: 'file ends', ended: ended('a', ['passed']) });
  expect(progress.running()).toEqual([]);
  expect(progress.counts()).toEqual({ passed: 1, failed: 0 });
  progress.hear({ type: 'file begins', file: 'b' });
  progress.hear({ type: 'file begins', file: 'c' });
  progress.hear({ type: 'test begins', file: 'c', name: 'hangs' });
  expect(progress.running()).toEqual(['b', 'c: hangs']);
  expect(progress.counts()).toEqual({ passed: 1, failed: 2 });
  expect(progress.ended.map(({ file }) => file)).toEqual(['a']);
});

test('what is told of a file after its end does not open it again', () => {
  const progress = new Progress();
  progress.hear({ type: 'file ends', ended: ended('a', ['passed']) });
  progress.hear({ type: 'file begins', file: 'a' });
  progress.hear({ type: 'test begins', file: 'a', name: 'late' });
  progress.hear({ type: 'test ends', file: 'a', name: 'late' });
  expect(progress.running()).toEqual([]);
  expect(progress.counts()).toEqual({ passed: 1, failed: 0 });
});

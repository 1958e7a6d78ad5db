import { expect, test } from 'vitest';
import { pageError } from '../../../../src/app/shared/page-error.ts';

test('a code in front is taken off', () => {
  expect(pageError(new Error('no-rows: None of the 3 rows: none.'))).toEqual({
    code: 'no-rows',
    text: 'None of the 3 rows: none.',
  });
});

test('anything else is a fault of the page, in a sentence that says what is safe', () => {
  const { code, text } = pageError(new TypeError('x is undefined'));
  expect(code).toBe('unexpected');
  expect(text).toContain('x is undefined');
  expect(text).toContain('Your files are untouched');
});

import { expect, test } from 'vitest';
import { MissingPart } from '../../../../src/app/shared/import-part.ts';
import { pageError } from '../../../../src/app/shared/page-error.ts';
import { errorKind } from '../../../../src/error-codes.ts';
import { UserError } from '../../../../src/errors.ts';

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

test.each(['Failed to fetch', 'NetworkError when attempting to fetch resource.', 'Load failed'])(
  'a request that a browser reports as “%s” is a file that did not arrive, and can be tried again',
  (message) => {
    const error = pageError(new TypeError(message));
    expect(error).toMatchObject({ code: 'page-file', text: expect.stringContaining('try again') });
    expect(JSON.stringify(error)).not.toContain(message);
    expect(errorKind(error.code).retry).toBe(true);
  },
);

test('a chunk that does not come is told in words, and one of a version that is gone asks for a reload', () => {
  const cause = new TypeError('Failed to fetch dynamically imported module: http://x/client-1.js');
  expect(pageError(new MissingPart(false, cause))).toMatchObject({ code: 'page-file' });
  expect(pageError(new MissingPart(true, cause)).text).toContain('reload the page');
});

test('an error that the page throws itself keeps its code', () => {
  expect(pageError(new UserError('no-sample', 'It did not arrive.'))).toEqual({
    ...{ code: 'no-sample', text: 'It did not arrive.' },
  });
});

import { describe, expect, test } from 'vitest';
import { columnsInput, sayRows } from '../../../scripts/headless/data-columns.mjs';

describe('the column flags', () => {
  test.each([
    [{}, undefined],
    [
      { 'prompt-column': 'q', 'completion-column': 'a' },
      { prompt: 'q', completion: 'a' },
    ],
    [
      { 'prompt-column': 'q', 'completion-column': 'a.0', 'system-column': 's' },
      { prompt: 'q', completion: 'a.0', system: 's' },
    ],
    [{ 'completion-column': 'a' }, { text: 'a' }],
  ])('%j', (values, wanted) => expect(columnsInput(values)).toEqual(wanted));

  test.each([
    [{ 'prompt-column': 'q' }, /--completion-column is missing/],
    [{ 'system-column': 's' }, /--prompt-column and --completion-column/],
    [{ 'system-column': 's', 'completion-column': 'a' }, /--prompt-column is missing/],
  ])('%j is refused', (values, why) => {
    expect(() => columnsInput(values)).toThrow(
      expect.objectContaining({ status: 2, message: expect.stringMatching(why) }),
    );
  });
});

test('what the rows were read as is said, a guess with the flags that decide, an unknown form refused with them', () => {
  const said: string[] = [];
  const report = {
    name: 'x.csv',
    format: 'chat',
    formatReason: 'The rows have a "messages" list.',
    guessed: false,
    read: 2,
    waiting: 0,
    proposed: null,
    bad: [],
  };
  const say = (given: object) => sayRows({ ...report, ...given } as never, (line) => void said.push(line));
  say({});
  expect(said).toEqual(['x.csv: The rows have a "messages" list.']);
  say({ guessed: true });
  expect(said.at(-1)).toMatch(/Warning: .*--prompt-column and --completion-column/);
  const refused = (given: object, message: RegExp) =>
    expect(() => say({ format: null, ...given })).toThrow(
      expect.objectContaining({ status: 2, message: expect.stringMatching(message) }),
    );
  refused(
    { waiting: 2, proposed: { prompt: "What's asked", completion: 'Reply' } },
    /--prompt-column and --completion-column.*--prompt-column 'What'\\''s asked' --completion-column Reply\.$/,
  );
  refused(
    { waiting: 2, proposed: { prompt: 'q', completion: 'a', system: 'System prompt' } },
    /--prompt-column q --completion-column a --system-column 'System prompt'\.$/,
  );
  const bad = [{ line: 3, reason: 'The row is a pair.' }];
  refused({ bad }, /Line 3: The row is a pair\. The file was not changed\.$/);
});

import { describe, expect, test } from 'vitest';
import { readRow } from '../../../../src/data/forms/formats.ts';

const mapped = (json: string, completion = 'id') =>
  readRow(JSON.parse(json), 'mapped', { prompt: 'o', completion });

describe('a number in a chosen column', () => {
  test.each([
    ['9007199254740991', '9007199254740991'],
    ['-3', '-3'],
    ['0.5', '0.5'],
  ])('%s is its text', (number, completion) => {
    expect(mapped(`{"o":"x","id":${number}}`)).toEqual({ kind: 'pair', prompt: 'x', completion });
  });

  test.each(['12345678901234567890', '-9007199254740993', '1e999'])(
    '%s is refused, not changed',
    (number) => {
      const reason = '"id" is a number too large to be read exactly; write it in quotes.';
      expect(mapped(`{"o":"x","id":${number}}`)).toBe(reason);
      expect(readRow({ o: 'x', id: JSON.parse(number) }, 'mapped', { prompt: 'id', completion: 'o' })).toBe(
        reason,
      );
    },
  );

  test('what is missing is named as such', () => {
    expect(mapped('{"o":"x"}')).toBe('"id" is missing.');
  });
});

describe('the tool calls of a message', () => {
  const chat = (calls: unknown) =>
    readRow(
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b', tool_calls: calls },
        ],
      },
      'chat',
    );

  test.each([[[]], [null]])('%j are none', (calls) => {
    expect(chat(calls)).toMatchObject({ kind: 'messages', messages: [{ content: 'a' }, { content: 'b' }] });
  });

  test('one makes a bad row', () => {
    expect(chat([{ id: '1' }])).toMatch(/calls a tool/);
  });
});

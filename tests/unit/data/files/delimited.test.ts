import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DelimitedParser,
  type DelimitedRecord,
  delimiterOf,
  parseDelimited,
} from '../../../../src/data/files/delimited.ts';

const rows = (text: string) => parseDelimited(text, ',').map(({ fields }) => fields);

describe('delimited text', () => {
  test.each([
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a\rb\r', [['a'], ['b']]],
    ['"a","b,c"\n', [['a', 'b,c']]],
    ['"a ""quoted"" word",x', [['a "quoted" word', 'x']]],
    [
      '"two\nlines","three\r\n\r\nlines"\nz,',
      [
        ['two\nlines', 'three\r\n\r\nlines'],
        ['z', ''],
      ],
    ],
    [
      'a,,c\n,,\n',
      [
        ['a', '', 'c'],
        ['', '', ''],
      ],
    ],
    ['\n\na\n\n', [['a']]],
    ['""', [['']]],
    ['5" pipe,6\n', [['5" pipe', '6']]],
    ['', []],
  ])('%j', (text, wanted) => {
    const found = rows(text);
    // A quoted nothing is one empty field; alone on its line it is no record.
    expect(found).toEqual(text === '""' ? [] : wanted);
  });

  test('says in which line a record begins, and what is wrong with it', () => {
    const records = parseDelimited('q,a\n"two\nlines",x\n"a" b,c\nlast,"open\nnever', ',');
    expect(records.map(({ line, problem }) => [line, problem])).toEqual([
      [1, null],
      [2, null],
      [4, expect.stringMatching(/after a closing quote/)],
      [5, 'A quote that opens in line 5 is never closed.'],
    ]);
  });

  test('any table survives being written and read, however it is cut into pieces', () => {
    const cell = fc.stringMatching(/^[ab",;\n\r\t 5é]*$/);
    const table = fc
      .array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
      .map((all) => all.map((one) => one.slice(0, 4)));
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        (all, size, end) => {
          const text = all
            .map((one) => one.map((field) => `"${field.replaceAll('"', '""')}"`).join(',') + end)
            .join('');
          const found: DelimitedRecord[] = [];
          const parser = new DelimitedParser(',', (record) => found.push(record));
          for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size));
          parser.end();
          expect(found.map(({ fields }) => fields)).toEqual(all);
          expect(found.every(({ problem }) => problem === null)).toBe(true);
        },
      ),
    );
  });

  test('the delimiter is what the first record has most of', () => {
    expect(delimiterOf('a,b\n1;2;3,4\n')).toBe(',');
    expect(delimiterOf('question;answer\n')).toBe(';');
    expect(delimiterOf('a\tb\tc\n')).toBe('\t');
    expect(delimiterOf('"a;b;c",d\n')).toBe(',');
    expect(delimiterOf('text\nhello\n')).toBe(',');
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asJsonLines, nameOfFiles } from '../../../../src/data/files/as-json-lines.ts';
import { UserError } from '../../../../src/errors.ts';

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);

async function read(...files: File[]) {
  const { blob, problems, place, converted, name } = await asJsonLines(files);
  const lines = (await blob.text()).split('\n');
  type Found = { file: string | null; line: number; row?: unknown; problem?: string };
  const rows = lines.flatMap((text, i): Found[] => {
    const where = place(i + 1);
    const problem = problems.get(i + 1);
    if (problem !== undefined) return [{ ...where, problem }];
    return text.trim() === '' ? [] : [{ ...where, row: JSON.parse(text) }];
  });
  return { rows, converted, name };
}

describe('a table', () => {
  test('becomes an object a record, with the line that it began in', async () => {
    const { rows, converted } = await read(
      file('a.csv', '\uFEFFprompt,completion\r\nHi,"two\r\nlines"\r\n\r\nfew\r\nmany,b,c\r\nBye,ok,\r\n'),
    );
    expect(converted).toBe(true);
    expect(rows).toEqual([
      { file: null, line: 2, row: { prompt: 'Hi', completion: 'two\r\nlines' } },
      { file: null, line: 5, problem: 'The row has 1 field, and the first line names 2 columns.' },
      { file: null, line: 6, problem: 'The row has 3 fields, and the first line names 2 columns.' },
      { file: null, line: 7, row: { prompt: 'Bye', completion: 'ok' } },
    ]);
  });

  test('takes semicolons, tabs, nameless and double columns, conversations as JSON', async () => {
    expect((await read(file('a.csv', 'a;b\n1;2\n'))).rows).toMatchObject([{ row: { a: '1', b: '2' } }]);
    expect((await read(file('a.tsv', 'a\t\ta\n1\t2, 3\t4\n'))).rows).toMatchObject([
      { row: { a: '1', 'column 2': '2, 3', 'a 3': '4' } },
    ]);
    const messages = [{ role: 'user', content: 'Hi' }];
    const cell = `"${JSON.stringify(messages).replaceAll('"', '""')}"`;
    expect((await read(file('a.csv', `messages\n${cell}\n`))).rows).toMatchObject([{ row: { messages } }]);
  });

  test('that is not UTF-8 is refused, and says how to save it', async () => {
    await expect(read(file('a.csv', new Uint8Array([97, 10, 0xe9, 10])))).rejects.toThrow(/CSV UTF-8/);
    const cut = new TextEncoder().encode('a\ncafé').subarray(0, -1);
    await expect(read(file('a.csv', cut))).rejects.toThrow(/cut off/);
  });
});

describe('a JSON list', () => {
  test.each([
    ['on one line', '[{"a":1},{"a":"],["}]', [1, 1]],
    ['written nicely', '[\n  {\n    "a": 1\n  },\n  {"a": "],["}\n]\n', [2, 5]],
  ])('%s becomes a row a line', async (_, text, lines) => {
    const { rows } = await read(file('a.json', text));
    expect(rows).toEqual([
      { file: null, line: lines[0], row: { a: 1 } },
      { file: null, line: lines[1], row: { a: '],[' } },
    ]);
  });

  test('with something after it says so', async () => {
    const { rows } = await read(file('a.json', '[{"a":1}]\n\n{"a":2}\n'));
    expect(rows).toMatchObject([
      { row: { a: 1 } },
      { line: 3, problem: expect.stringMatching(/after the end/) },
    ]);
  });

  test('of anything comes through as it is', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.constantFrom(0, 2, '\t'),
        async (values, space) => {
          const { rows } = await read(file('a.json', `${JSON.stringify(values, null, space)}\n`));
          expect(rows.map(({ row }) => row)).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
      { numRuns: 50 },
    ));
});

test('whatever is in a file, nothing but a sentence escapes, and every line has its place', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.constantFrom('[', ']', '{"a":1}', ',', '"', '\n', '\r\n', 'a,b', ';', '\t', '\uFEFF', '\\'),
          fc.uint8Array({ maxLength: 4 }),
        ),
        { maxLength: 12 },
      ),
      fc.constantFrom('x.csv', 'x.tsv', 'x.json', 'x.jsonl', 'x'),
      async (parts, name) => {
        const one = file(name, ...(parts as BlobPart[]));
        const result = await asJsonLines([one, one]).catch((error) => {
          expect(error).toBeInstanceOf(UserError);
        });
        if (!result) return;
        const lines = (await result.blob.text()).split('\n').length;
        for (let line = 1; line <= lines; line++) expect(result.place(line).line).toBeGreaterThanOrEqual(1);
        for (const line of result.problems.keys()) expect(line).toBeLessThanOrEqual(lines);
      },
    ),
    { numRuns: 200 },
  ));

test('JSON Lines stay the file that they are, also where a line is a list', async () => {
  for (const text of ['{"a":1}\n', '[1]\n{"a":1}\n', '']) {
    const source = file('a.jsonl', text);
    const { blob, converted } = await asJsonLines([source]);
    expect([blob, converted]).toEqual([source, false]);
  }
});

test('several files of all kinds are one, and each line is known by its file', async () => {
  const files = [
    file('a.jsonl', '{"a":1}\n\n{"a":2}'),
    file('b.csv', 'a\n3\n4,5\n'),
    file('c.json', '\uFEFF[{"a":6},\n{"a":7}]'),
    file('d.jsonl', '\uFEFF{"a":8}\n'),
  ];
  const { rows, name } = await read(...files);
  expect(name).toBe('a.jsonl and 3 more');
  expect(nameOfFiles(files.slice(0, 1))).toBe('a.jsonl');
  expect(rows).toEqual([
    { file: 'a.jsonl', line: 1, row: { a: 1 } },
    { file: 'a.jsonl', line: 3, row: { a: 2 } },
    { file: 'b.csv', line: 2, row: { a: '3' } },
    { file: 'b.csv', line: 3, problem: expect.any(String) },
    { file: 'c.json', line: 1, row: { a: 6 } },
    { file: 'c.json', line: 2, row: { a: 7 } },
    { file: 'd.jsonl', line: 1, row: { a: 8 } },
  ]);
});

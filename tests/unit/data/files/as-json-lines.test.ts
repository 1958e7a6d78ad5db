import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { asJsonLines } from '../../../../src/data/files/as-json-lines.ts';
import { parseLine } from '../../../../src/data/files/jsonl.ts';
import { nameOfFiles } from '../../../../src/data/files/names.ts';
import { zipHoldsRows } from '../../../../src/data/files/zip-entries.ts';
import { UserError } from '../../../../src/errors.ts';

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);

async function read(...files: File[]) {
  const { blob, problems, place, converted, name, notes } = await asJsonLines(files);
  const lines = (await blob.text()).split('\n');
  type Found = { file: string | null; line: number; row?: unknown; problem?: string };
  const rows = lines.flatMap((text, i): Found[] => {
    const where = place(i + 1);
    const problem = problems.get(i + 1);
    if (problem !== undefined) return [{ ...where, problem }];
    return text.trim() === '' ? [] : [{ ...where, row: JSON.parse(text) }];
  });
  return { rows, converted, name, notes };
}

const lineOf = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return { number: 1, offset: 0, length: bytes.length, bytes };
};

describe('a table', () => {
  test('Excel’s line about its separator is none of its rows', async () => {
    const { rows } = await read(file('a.csv', 'sep=;\r\na;b\r\n"x, y";z\r\n'));
    expect(rows).toEqual([{ file: null, line: 3, row: { a: 'x, y', b: 'z' } }]);
  });

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

  test('takes semicolons, tabs, nameless and double columns', async () => {
    expect((await read(file('a.csv', 'a;b\n1;2\n'))).rows).toMatchObject([{ row: { a: '1', b: '2' } }]);
    expect((await read(file('a.tsv', 'a\t\ta\n1\t2, 3\t4\n'))).rows).toMatchObject([
      { row: { a: '1', 'column 2': '2, 3', 'a 3': '4' } },
    ]);
  });

  test('that is not UTF-8 is read as Windows-1252, which is said; one that was cut off is refused', async () => {
    const { rows, notes } = await read(file('a.csv', new Uint8Array([97, 10, 0xe9, 0x80, 10])));
    expect(rows).toMatchObject([{ row: { a: 'é€' } }]);
    expect(notes).toEqual([expect.stringMatching(/read as Windows-1252/)]);
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

describe('JSON as scripts write it', () => {
  const found = async (text: string, name = 'a.json') => {
    const { rows, notes } = await read(file(name, text));
    return {
      rows: rows.map(({ row, problem }) => row ?? problem),
      lines: rows.map(({ line }) => line),
      notes,
    };
  };
  const two = [
    { prompt: 'a', completion: 'b\n' },
    { prompt: '} , {', completion: 'd' },
  ];

  test.each(['a.json', 'a.jsonl', 'a.txt'])(
    'objects over several lines, one after another, as %s',
    async (name) => {
      const text = two.map((row) => JSON.stringify(row, null, 2)).join('\n');
      const { rows, lines } = await found(text, name);
      expect([rows, lines]).toEqual([two, [1, 5]]);
      expect((await found(two.map((row) => JSON.stringify(row, null, 2)).join(',\n'), name)).rows).toEqual(
        two,
      );
    },
  );

  test.each([
    ['data', { data: two }],
    ['train', { version: '1', validation: [{ text: 'x' }], train: two }],
    ['rows', { meta: { a: [1] }, rows: two }],
  ])('rows under a key: %s', async (key, whole) => {
    for (const space of [0, 2]) {
      const { rows, notes } = await found(JSON.stringify(whole, null, space));
      expect(rows).toEqual(two);
      expect(notes).toEqual([expect.stringContaining(`the rows under “${key}”`)]);
    }
  });

  test('a list that is left out is told', async () => {
    const { notes } = await found(JSON.stringify({ train: two, test: two }));
    expect(notes).toEqual(['The file is read as the rows under “train”; “test” is left out.']);
  });

  test.each([
    ['lists', { prompt: ['a', '} , {'], completion: ['b\n', 'd'] }],
    ["pandas' objects", { prompt: { 0: 'a', 1: '} , {' }, completion: { 0: 'b\n', 1: 'd' } }],
  ])('a table by columns: %s', async (_, whole) => {
    for (const space of [0, 2]) {
      const { rows, notes } = await found(JSON.stringify(whole, null, space));
      expect(rows).toEqual(two);
      expect(notes).toEqual(['The file is read as a table by columns.']);
    }
  });

  test('a column of conversations is one, and a single conversation is a row', async () => {
    const turns = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    expect((await found(JSON.stringify({ messages: [turns, turns] }))).rows).toEqual([
      { messages: turns },
      { messages: turns },
    ]);
    for (const space of [0, 2]) {
      expect((await found(JSON.stringify({ messages: turns }, null, space))).rows).toEqual([
        { messages: turns },
      ]);
      expect((await found(JSON.stringify({ id: 1, messages: turns }, null, space))).rows).toEqual([
        { id: 1, messages: turns },
      ]);
    }
    expect((await found(JSON.stringify({ q1: two[0], q2: two[1] }, null, 2))).rows).toEqual(two);
  });

  test('a list of turns, or of a question and its answer, is a row', async () => {
    const turns = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    expect((await found(JSON.stringify([turns, turns]))).rows).toEqual([turns, turns]);
    expect(parseLine(lineOf(JSON.stringify(turns)))).toMatchObject({ value: { messages: turns } });
    expect(parseLine(lineOf('["a","b"]'))).toMatchObject({ value: { prompt: 'a', completion: 'b' } });
    expect(parseLine(lineOf('["a","b","c"]'))).toMatchObject({ kind: 'bad' });
  });

  test('the only row of a file is a row, whatever lists it has', async () => {
    for (const row of [
      { prompt: 'a', answers: [{ answer: 'b', rank: 1 }] },
      { question: 'a', answer: 'b', sources: [{ title: 'c' }, { title: 'd' }] },
    ])
      for (const indent of [0, 2])
        expect((await found(JSON.stringify(row, null, indent))).rows).toEqual([row]);
  });

  test('pandas’ rows without names of columns are refused', async () => {
    const split = { columns: ['prompt', 'completion'], index: [0], data: [['a', 'b']] };
    await expect(found(JSON.stringify(split))).rejects.toThrow(/orient="records"/);
  });

  test('columns that do not fit are refused', async () => {
    await expect(found('{"prompt":["a","b"],"completion":["c"]}')).rejects.toThrow(
      /lengths \(prompt 2, completion 1\)/,
    );
    await expect(found('{"prompt":{"0":"a","1":"b"},"completion":{"0":"c","2":"d"}}')).rejects.toThrow(
      /row 2/,
    );
  });

  test('any table by columns, of any shape, comes through as it is', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ a: fc.string(), b: fc.jsonValue() }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 1),
        fc.boolean(),
        async (values, space, pandas) => {
          const column = (of: unknown[]) =>
            pandas ? Object.fromEntries(of.map((value, i) => [i, value])) : of;
          const whole = { a: column(values.map(({ a }) => a)), b: column(values.map(({ b }) => b)) };
          const { rows } = await found(JSON.stringify(whole, null, space));
          expect(rows).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
      { numRuns: 50 },
    ));
});

test('NaN and Infinity as Python writes them are null, commas at the ends of lines are none, strings stay', () => {
  const parse = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return parseLine({ number: 1, offset: 0, length: bytes.length, bytes });
  };
  expect(parse('{"a": NaN, "b": [-Infinity, "NaN, \\"Infinity"]},')).toMatchObject({
    value: { a: null, b: [null, 'NaN, "Infinity'] },
  });
  expect(parse("{'a': 'b'}")).toMatchObject({ reason: expect.stringMatching(/single quotes/) });
  expect(parse('{"a": nan}')).toMatchObject({ kind: 'bad' });
});

describe('packed and encoded files', () => {
  const rows = '{"prompt":"é","completion":"😀"}\n'.repeat(3);
  const gzip = async (text: string) =>
    new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  const utf16 = (text: string, little: boolean) => {
    const bytes = new DataView(new ArrayBuffer(2 * text.length + 2));
    [...`\uFEFF${text}`.split('')].forEach(
      (unit, i) => void bytes.setUint16(2 * i, unit.charCodeAt(0), little),
    );
    return bytes.buffer;
  };
  const wanted = Array(3).fill({ prompt: 'é', completion: '😀' });
  const rowsOf = async (...files: File[]) => (await read(...files)).rows.map(({ row }) => row);

  test('gzip, by its first bytes', async () => {
    expect(await rowsOf(file('a.jsonl.gz', await gzip(rows)))).toEqual(wanted);
    expect(await rowsOf(file('a.csv.gz', await gzip('prompt,completion\né,😀\n')))).toEqual(
      wanted.slice(1, 2),
    );
    const list = JSON.stringify(wanted);
    expect(await rowsOf(file('x', await gzip(list)))).toEqual(wanted);
  });

  test('a damaged one is refused, and one that fills memory', async () => {
    const whole = new Uint8Array(await gzip(rows.repeat(99)));
    await expect(read(file('a.jsonl.gz', whole.subarray(0, -20)))).rejects.toThrow(/damaged or cut off/);
    const bomb = await gzip(' '.repeat(90e6));
    await expect(read(file('a.jsonl.gz', bomb))).rejects.toThrow(/unpacks to far more/);
  });

  test.each([true, false])('UTF-16, little-endian %s', async (little) => {
    const { rows: found, notes } = await read(file('a.jsonl', utf16(rows, little)));
    expect(found.map(({ row }) => row)).toEqual(wanted);
    expect(notes).toEqual(['The file is read as UTF-16 text.']);
    expect(await rowsOf(file('a.csv', utf16('prompt\tcompletion\né\t😀\n', little)))).toEqual(
      wanted.slice(0, 1),
    );
  });

  test('a zip of files of rows', async () => {
    const text = (content: string) => new TextEncoder().encode(content);
    const zip = zipSync({
      'set/a.jsonl': text(rows),
      'set/b.csv': text('prompt,completion\né,😀\n'),
      'set/LICENSE': text('mine'),
      '__MACOSX/set/a.jsonl': text('no'),
    });
    const { rows: found, notes } = await read(file('set.zip', zip as Uint8Array<ArrayBuffer>));
    expect(found.map(({ row }) => row)).toEqual([...wanted, wanted[0]]);
    expect(notes).toEqual(['The file is a zip: a.jsonl, b.csv are read; 1 other file left alone.']);
    expect(await zipHoldsRows(file('set.zip', zip as Uint8Array<ArrayBuffer>))).toBe(true);
    const adapter = zipSync({ 'adapter_config.json': text('{}'), 'run.json': text('{}') });
    expect(await zipHoldsRows(file('a.zip', adapter as Uint8Array<ArrayBuffer>))).toBe(false);
    const none = zipSync({ LICENSE: text('mine') });
    await expect(read(file('x.zip', none as Uint8Array<ArrayBuffer>))).rejects.toThrow(
      /without a file of rows/,
    );
  });
});

test('plain text is texts, cut at blank lines and where they are too long', async () => {
  const long = `${'A sentence of words. '.repeat(100)}`.trim();
  const { rows, notes } = await read(file('a.md', `# One\r\ntwo\r\n\r\n \n${long}\n\nlast`));
  const texts = rows.map(({ row }) => (row as { text: string }).text);
  expect(texts[0]).toBe('# One\ntwo');
  expect(texts.at(-1)).toBe('last');
  expect(texts.slice(1, -1).join(' ')).toBe(long);
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(1000);
  for (const text of texts.slice(1, -1)) expect(text).toMatch(/\.$/);
  expect(rows.map(({ line }) => line).slice(0, 2)).toEqual([1, 5]);
  expect(notes).toEqual([`The file is read as ${texts.length} texts to continue, cut at blank lines.`]);
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

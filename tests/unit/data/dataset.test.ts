import { expect, test } from 'vitest';
import { supervisedRows } from '../../../src/data/batch.ts';
import { packedBatch, padBatch } from '../../../src/data/batches.ts';
import { openDataset } from '../../../src/data/dataset.ts';
import type { Columns } from '../../../src/data/forms/form.ts';
import { whyNoRows } from '../../../src/data/report.ts';
import { injected } from '../../faults/injected.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

const tokenizer = await tinyTokenizer();
const options = { maxLength: 64, raw: false };

test('D1: a damaged file gives a report with line numbers and its clean rows', async () => {
  const good = '{"prompt":"Hi <|im_end|> there","completion":"Hello!"}';
  const file = new Blob([
    '\uFEFF',
    good,
    '\r\n\n',
    '[1]\n',
    new Uint8Array([0xff, 10]),
    '{"prompt":"x"}\n',
    good,
  ]);
  const { report, rows, ...dataset } = await openDataset(file, tokenizer, options).then((opened) => ({
    report: opened.report,
    rows: opened.rows,
    examples: opened.examples.bind(opened),
  }));
  expect(report.format).toBe('prompt-completion');
  expect(report.bad.map((row) => row.line)).toEqual([3, 4, 5]);
  expect([report.read, report.used, report.badCount, rows]).toEqual([5, 2, 3, 2]);
  const [example] = await dataset.examples([1]);
  expect(example.line).toBe(6);
  const targets = [...example.labels].filter((label) => label !== -100);
  expect(tokenizer.decode(targets)).toBe('Hello!<|im_end|>');
  // The user's own "<|im_end|>" is plain text: only the two turns' ends are control tokens.
  expect([...example.ids].filter((id) => id === tokenizer.eosTokenId)).toHaveLength(2);
});

/** A file of these lines, each of which must be refused with a reason that matches. */
const BAD_LINES: [line: string | Uint8Array<ArrayBuffer>, reason: RegExp][] = [
  ['{"prompt":', /not valid JSON/],
  ['[1, 2]', /a list, not a JSON object/],
  ['"text"', /a string/],
  ['null', /null/],
  ['7', /a number/],
  [new Uint8Array([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
  ['{"messages": []}', /./],
  ['{"messages": "hello"}', /./],
  ['{"messages": [{"role": "user", "content": "no answer"}]}', /./],
  ['{"messages": [{"role": "wizard", "content": "x"}, {"role": "assistant", "content": "y"}]}', /wizard/],
  ['{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": ""}]}', /empty/],
  ['{"messages": [{"role": "user"}, {"role": "assistant", "content": "y"}]}', /content/],
  ['{"messages": [{"role": "user", "content": {"a": 5}}, {"role": "assistant", "content": "y"}]}', /"a"/],
  ['{}', /./],
];
const GOOD = '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello!"}]}';

test('D1: every bad line is named by its number and its reason, and the others are used', async (context) => {
  for (const newline of ['\n', '\r\n']) {
    injected(context, BAD_LINES.length);
    const lines = BAD_LINES.flatMap(([line]) => [GOOD, newline, line, newline, newline]);
    const { report, rows } = await openDataset(new Blob(['\uFEFF', ...lines, GOOD]), tokenizer, options);
    expect(rows).toBe(BAD_LINES.length + 1);
    expect(report.badCount).toBe(BAD_LINES.length);
    report.bad.forEach(({ line, reason }, i) => {
      expect(line).toBe(3 * i + 2);
      expect(reason, String(BAD_LINES[i][0])).toMatch(BAD_LINES[i][1]);
    });
  }
});

test.each([
  ['D1: no bytes', '', 0],
  ['D1: blank lines alone', '\n \r\n\n', 0],
  ['D1: one row without an end', GOOD, 1],
])('%s', async (_, text, rows) => {
  const { report } = await openDataset(new Blob([text]), tokenizer, options);
  expect([report.read, report.used]).toEqual([rows, rows]);
});

test('D2: a row with nothing to learn after the cut is dropped and counted', async () => {
  const file = new Blob([JSON.stringify({ prompt: 'word '.repeat(200), completion: 'x' })]);
  const { report } = await openDataset(file, tokenizer, options);
  expect([report.used, report.dropped, report.badCount]).toEqual([0, 1, 0]);
  expect(report.droppedRows).toEqual([
    {
      line: 1,
      reason: expect.stringMatching(
        /begins at token \d+ of \d+, and rows are cut at 64: raise the max length/,
      ),
    },
  ]);
});

test('files of different formats are opened as one, each row read by its own', async () => {
  const chat = new File([`${GOOD}\n`.repeat(3)], 'chat.jsonl');
  const labels = new File(
    ['{"prompt":"p","completion":"c"}\n'.repeat(2), '{"prompt":"p"}\n', '{"chosen":"a","rejected":"b"}\n'],
    'labels.jsonl',
  );
  const texts = new File(['[{"text":"Once."}]'], 'texts.json');
  for (const files of [
    [chat, labels, texts],
    [texts, labels, chat],
  ]) {
    const { report, ...dataset } = await openDataset(files, tokenizer, options).then((opened) => ({
      report: opened.report,
      preview: opened.preview.bind(opened),
    }));
    expect(report.format).toBe('chat');
    expect(report.formatReason).toBe(
      '3 of 8 rows have a "messages" list, 2 have "prompt" and "completion", 1 has "text", 1 has "chosen" and "rejected": pairs, which supervised training does not learn from.',
    );
    expect(report.bad.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'labels.jsonl: The row has no "messages".'],
      [4, expect.stringMatching(/^labels\.jsonl: The row is a preference pair/)],
    ]);
    const answers = (await dataset.preview(0, 9)).map(({ answer }) => answer);
    expect(answers.sort()).toEqual(['Hello!', 'Hello!', 'Hello!', 'Once.', 'c', 'c']);
  }
});

test('a known format counts also where it begins behind many rows of none', async () => {
  const unknown = new File(['{"a":1}\n'.repeat(300)], 'a.jsonl');
  const { report, ...dataset } = await openDataset(
    [unknown, new File([GOOD], 'b.jsonl')],
    tokenizer,
    options,
  ).then((opened) => ({ report: opened.report, examples: opened.examples.bind(opened) }));
  expect([report.format, report.used, report.badCount]).toEqual(['chat', 1, 300]);
  expect(report.bad[0].reason).toBe('a.jsonl: The columns a are no known format.');
  expect(await dataset.examples([0])).toMatchObject([{ line: 1 }]);
});

test('columns chosen by hand are not gone behind', async () => {
  const rows = '{"a":"x","b":"y"}\n{"text":"z"}\n';
  const mapping = { prompt: 'a', completion: 'b' };
  const { report } = await openDataset(new Blob([rows]), tokenizer, { ...options, mapping });
  expect([report.format, report.used, report.badCount]).toEqual(['mapped', 1, 1]);
});

test('a reason names no line of its own, which the table names rightly', async () => {
  const { report } = await openDataset(new Blob([GOOD, '\n{"a": 1 2}\n']), tokenizer, options);
  expect(report.bad).toEqual([
    { line: 2, reason: expect.stringMatching(/^The line is not valid JSON \([^()]+\)\.$/) },
  ]);
});

test('keys that nothing uses are counted, verdicts and pairs are left out, and places to be filled in are told', async () => {
  const rows = [
    ...Array.from({ length: 3 }, (_, id) => ({ prompt: 'Dear {{name}}', completion: 'c', label: true, id })),
    { prompt: 'Dear {{name}}', completion: 'worse', label: false, id: 4 },
    { prompt: 'Dear {{name}}', chosen: 'a', rejected: 'b' },
  ];
  const file = new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]);
  const { report } = await openDataset(file, tokenizer, { ...options, rowKind: 'answers' });
  expect([report.calledFor, report.rowKind]).toEqual(['verdicts', 'answers']);
  expect([report.used, report.badCount, report.guessed]).toEqual([3, 2, false]);
  expect(report.ignored).toEqual([{ key: 'id', rows: 3 }]);
  expect(report.bad.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/marked as bad/),
    expect.stringMatching(/preference pair/),
  ]);
  expect(report.warnings).toContain('Not used: id (3 rows).');
  expect(report.warnings.at(-1)).toMatch(/\{\{name\}\}/);
  expect(report.firstRows).toEqual(rows.slice(0, 2));
});

test('what a row would give to the chat template is told to be left out of it', async () => {
  const messages = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
  ];
  const row = JSON.stringify({ messages, chat_template_kwargs: { enable_thinking: false } });
  const { report } = await openDataset(new Blob([`${row}\n${row}`]), tokenizer, options);
  expect(report.ignored).toEqual([{ key: 'chat_template_kwargs', rows: 2 }]);
  expect(report.warnings).toContainEqual(expect.stringMatching(/^2 rows have chat_template_kwargs:/));
});

test('the first rows are cut for the page, and a long cell of JSON is JSON still', async () => {
  const cell = JSON.stringify({ text: ['x'.repeat(500)], more: 'y' });
  const file = new Blob([JSON.stringify({ Frage: 'z'.repeat(500), answers: cell })]);
  const { report } = await openDataset(file, tokenizer, options);
  expect(report.firstRows).toEqual([
    { Frage: `${'z'.repeat(400)}…`, answers: JSON.stringify({ text: [`${'x'.repeat(400)}…`], more: 'y' }) },
  ]);
});

test('a text and its label are a question and an answer, which is said and may be wrong', async () => {
  const file = new Blob(['{"text":"x","label":0}']);
  const { report, ...dataset } = await openDataset(file, tokenizer, options).then((opened) => ({
    report: opened.report,
    preview: opened.preview.bind(opened),
  }));
  expect([report.format, report.guessed]).toEqual(['labelled-text', true]);
  expect(report.formatReason).toBe('The row has "text" to ask and "label" to answer.');
  expect(await dataset.preview(0, 1)).toMatchObject([{ question: 'x', answer: '0' }]);
});

test('rows whose columns say nothing wait for a choice; they are not bad', async () => {
  const file = new Blob([
    '{"x":"What is rain?","y":"Water that falls."}\n{"x":"And snow, then?","y":"It is frozen rain."}\nno',
  ]);
  const { report } = await openDataset(file, tokenizer, options);
  expect([report.read, report.used, report.waiting, report.badCount]).toEqual([3, 0, 2, 1]);
  expect(report.proposed).toEqual({ prompt: 'x', completion: 'y' });
  expect(report.warnings).toEqual(['1 row is bad and left out.']);
  const mapped = await openDataset(file, tokenizer, { ...options, mapping: report.proposed! });
  expect([mapped.report.used, mapped.report.waiting, mapped.report.badCount]).toEqual([2, 0, 1]);
});

test('marks that are no verdict are told, since every answer is trained as a good one', async () => {
  const { report } = await openDataset(
    new Blob(['{"question":"x","answer":"y","reward":-1}']),
    tokenizer,
    options,
  );
  expect(report.used).toBe(1);
  expect(report.warnings).toContainEqual(expect.stringMatching(/^“reward” may say how good an answer is/));
});

test('a first line that is a row and no names is told', async () => {
  const file = new File(['Where is my parcel?,It comes today.\nAnd the other?,Tomorrow.\n'], 'a.csv');
  const { report } = await openDataset(file, tokenizer, options);
  expect(report.waiting).toBe(1);
  expect(report.formatReason).toMatch(/look like a row and not like names of columns/);
});

test('a last line that is not whole is told to be cut off', async () => {
  const file = new File(['{"text":"x"}\n{"text":"y'], 'a.jsonl');
  const { report } = await openDataset(file, tokenizer, options);
  expect(report.warnings).toContainEqual(expect.stringMatching(/may have been cut off/));
});

test('questions that were rendered before are told of, unless the template is skipped', async () => {
  const row = (prompt: string) => JSON.stringify({ prompt, completion: 'b' });
  const hints = async (prompt: string, raw: boolean) => {
    const file = new Blob([`${row(prompt)}\n${row(prompt)}`]);
    const { report } = await openDataset(file, tokenizer, { ...options, raw });
    return report.warnings.filter((text) => text.startsWith('Every question has the frame'));
  };
  for (const prompt of [
    '\n\nHuman: a\n\nAssistant:',
    '### Instruction:\na\n\n### Response:\n',
    '[INST] a [/INST]',
  ]) {
    expect(await hints(prompt, false)).toHaveLength(1);
    expect(await hints(prompt, true)).toEqual([]);
  }
  expect(await hints('Write an answer: a', false)).toEqual([]);
});

test('a made-up form of a test touches nothing else', async () => {
  const haiku = {
    name: 'haiku',
    label: 'haiku',
    example: ['{"lines":["a"]}', '{"lines":["b"]}'] as const,
    recognise: (row: Record<string, unknown>) => (Array.isArray(row.lines) ? 'three "lines"' : null),
    read: (row: Columns) => ({ kind: 'text' as const, text: String(row.take('lines')) }),
  };
  const { report, ...dataset } = await openDataset(new Blob(['{"lines":["a","b"]}']), tokenizer, {
    ...options,
    forms: [haiku],
  }).then((opened) => ({ report: opened.report, preview: opened.preview.bind(opened) }));
  expect([report.format, report.formatReason]).toEqual(['haiku', 'The row has three "lines".']);
  expect(await dataset.preview(0, 1)).toMatchObject([{ answer: 'a,b' }]);
});

test('the weight of a turn is that of its tokens, in a batch of its own and packed', async () => {
  const turns = (weight?: number) => ({
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', weight },
      { role: 'user', content: 'c' },
      { role: 'assistant', content: 'd' },
    ],
  });
  const file = new Blob([`${JSON.stringify(turns(0.25))}\n${JSON.stringify(turns())}`]);
  const dataset = await openDataset(file, tokenizer, options);
  const examples = await dataset.examples([0, 1]);
  const [weighted, plain] = examples;
  expect(plain.weights).toBeUndefined();
  const counts = [...weighted.labels].map((label, i) => (label === -100 ? 0 : weighted.weights![i]));
  expect(counts.filter((weight) => weight > 0)).toEqual([0.25, 0.25, 1, 1]);
  for (const batch of [padBatch(examples), packedBatch(examples, 64)]) {
    const { weights } = supervisedRows(batch);
    expect([...weights!.slice(0, 8)]).toEqual([0.25, 0.25, 1, 1, 1, 1, 1, 1]);
  }
  expect(padBatch([plain]).weights).toBeUndefined();
});

test('where every row is cut to nothing, it is said how many, at which length, and what would keep them', async () => {
  const rows = Array.from({ length: 6 }, (_, i) =>
    JSON.stringify({ prompt: 'word '.repeat(40 + i), completion: 'Yes.' }),
  );
  const { report } = await openDataset(new Blob([rows.join('\n')]), tokenizer, { maxLength: 16, raw: false });
  expect([report.used, report.dropped]).toEqual([0, 6]);
  const said = whyNoRows(report, 'A max length of');
  expect(said).toMatch(
    /^Of all 6 rows of .* nothing is left to learn: rows are cut at 16 tokens, and what they teach begins later\. A max length of \d+ keeps every one whole\.$/,
  );
  const length = Number(/of (\d+) keeps/.exec(said)![1]);
  const kept = await openDataset(new Blob([rows.join('\n')]), tokenizer, { maxLength: length, raw: false });
  expect([kept.report.used, kept.report.truncatedRows]).toEqual([6, 0]);
  const shorter = await openDataset(new Blob([rows.join('\n')]), tokenizer, {
    maxLength: length - 1,
    raw: false,
  });
  expect(shorter.report.truncatedRows).toBe(1);
  // No max length helps beyond the positions that a model has learned.
  const few = { maxLength: 16, positions: 20, raw: false };
  const { report: beyond } = await openDataset(new Blob([rows.join('\n')]), tokenizer, few);
  expect(whyNoRows(beyond, 'A max length of')).toMatch(
    new RegExp(`The longest has ${length} tokens and the model reads 20: shorten the rows\\.$`),
  );
  expect(beyond.droppedRows[0].reason).toMatch(/rows are cut at 16: shorten what comes before it\.$/);
  expect(report.droppedRows[0].reason).toMatch(/rows are cut at 16: raise the max length\.$/);
  // Among bad ones they are told beside them, and where nothing is cut no length is.
  const mixed = await openDataset(new Blob([`${rows[0]}\n{"prompt":3`]), tokenizer, {
    maxLength: 16,
    raw: false,
  });
  expect(whyNoRows(mixed.report, 'A max length of')).toMatch(
    /^1 of the 2 rows of .* are bad, and of the other 1 nothing is left.*line 2/,
  );
  const bad = await openDataset(new Blob(['{"prompt":3']), tokenizer, { maxLength: 16, raw: false });
  expect(whyNoRows(bad.report, 'A max length of')).toMatch(
    /^The only row of .* cannot be used\. It is line 1:/,
  );
});

test('above 20,000 rows what a sample is without is estimated, and called so; what a scan finds is counted', async () => {
  const long = JSON.stringify({ prompt: 'word '.repeat(60), completion: 'Yes.' });
  const short = JSON.stringify({ prompt: 'Hi', completion: 'Yes.' });
  const refused = JSON.stringify({ prompt: 'refuse', completion: 'Yes.' });
  const rows = Array.from({ length: 20_100 }, (_, i) => [long, short, refused, short][i % 4]);
  const refusing = await tinyTokenizer(
    {},
    "{% for m in messages %}{% if m.content == 'refuse' %}{{ raise_exception('No.') }}{% endif %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  );
  const text = [...rows, '{"prompt":3'].join('\n');
  const { report } = await openDataset(new Blob([text]), refusing, { maxLength: 32, raw: false });
  const { bad, dropped, isEstimate } = report.skipped;
  expect(isEstimate).toBe(true);
  // A quarter each, as far as 2,000 rows say.
  for (const found of [bad, dropped]) expect(Math.abs(found - 5025) / 5025).toBeLessThan(0.15);
  expect(report.warnings).toContain(`About ${bad} rows are bad and left out.`);
  expect(report.warnings).toContain(
    `About ${dropped} rows have nothing to learn within 32 tokens and are left out.`,
  );
  // Half of the rows are short, of 14 tokens or so: what is said of tokens is of these alone.
  const [example] = await (
    await openDataset(new Blob([short]), refusing, { maxLength: 32, raw: false })
  ).examples([0]);
  expect(Math.abs(report.tokens / (10_050 * example.ids.length) - 1)).toBeLessThan(0.1);
  const whole = await openDataset(
    new Blob([[...rows.map(() => short), '{"prompt":3'].join('\n')]),
    refusing,
    {
      maxLength: 32,
      raw: false,
    },
  );
  expect(whole.report.skipped).toEqual({ bad: 1, dropped: 0, isEstimate: false });
  expect(whole.report.warnings).toContain('1 row is bad and left out.');
});

test('rows by their places are JSON Lines of their own: in that order, as often as named, without bad ones between', async () => {
  const lines = ['{"prompt":"a","completion":"1"}', '[1]', '{"prompt":"b","completion":"2"}'];
  const dataset = await openDataset(new Blob([lines.join('\r\n')]), tokenizer, options);
  expect(dataset.report).toMatchObject({ used: 2, badCount: 1 });
  const text = await (await dataset.jsonLinesOf([1, 0, 1])).text();
  expect(text).toBe(`${lines[2]}\n${lines[0]}\n${lines[2]}\n`);
  expect((await openDataset(new Blob([text]), tokenizer, options)).report).toMatchObject({
    used: 3,
    badCount: 0,
  });
  expect(await (await dataset.jsonLinesOf([])).text()).toBe('');
});

test('rows are found by words in what they ask or answer, and by whether they are cut', async () => {
  const rows = [
    ['Where is the  Harbour?', 'By the sea.'],
    ['Hi', 'A harbour be here'],
    ['Tell me of boats', `${'A boat, and another boat. '.repeat(12)}`],
  ].map(([prompt, completion]) => JSON.stringify({ prompt, completion }));
  const dataset = await openDataset(new Blob([rows.join('\n')]), tokenizer, options);
  const find = (words: string, cut: boolean, among = [0, 1, 2]) =>
    dataset.find({ words, cut }, Uint32Array.from(among));
  expect(dataset.report.truncatedRows).toBe(1);
  expect(await find('the harbour', false)).toEqual([0]);
  expect(await find('HARBOUR', false)).toEqual([0, 1]);
  expect(await find('harbour', false, [1, 2])).toEqual([1]);
  expect(await find('', true)).toEqual([2]);
  expect(await find('sea', true)).toEqual([]);
});

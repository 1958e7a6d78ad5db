import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { asRow, parseJson } from '../../../../src/data/files/jsonl.ts';
import { scanRows } from '../../../../src/data/files/scan.ts';
import { FORMS } from '../../../../src/data/forms/list.ts';
import { readRow } from '../../../../src/data/forms/read.ts';
import type { DataOptions } from '../../../../src/data/types.ts';

/** `rows.py` of a run taken elsewhere against our own reading; run by `npm run parity`, which has a Python. */

/** Any Python will do: rows.py needs no package. */
const python = process.env.LOWRANK_PYTHON ?? 'python3';

function pythonRows(data: Uint8Array, mapping?: DataOptions['mapping']) {
  const code =
    'import json, rows, sys; print(json.dumps(list(rows.read_rows(sys.stdin.buffer.read(), json.loads(sys.argv[1])))))';
  return spawnSync(python, ['-c', code, JSON.stringify(mapping ?? null)], {
    cwd: fileURLToPath(new URL('../../../../src/run/continue/', import.meta.url)),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    input: data,
    encoding: 'utf8',
  });
}

const NUMBERS = [
  ...['0', '1', '1.0', '-0.0', '-12.50', '0.1', '0.00012', '1e-6', '1.5e-7', '2e-10', '5e-324'],
  ...['9007199254740991', '1e15', '123456789012345.6'],
];

/** The rows that a run uses, as rows.py gives them. */
async function ourRows(data: Uint8Array, mapping?: DataOptions['mapping']) {
  const { index, main } = await scanRows(
    new Blob([data as Uint8Array<ArrayBuffer>]),
    // The case of judged answers would call for KTO, which rows.py does not read for.
    { mapping, rowKind: 'answers' },
    () => null,
  );
  return Array.from({ length: index.rows }, (_, i) => {
    const { offset, length } = index.at(i);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data.subarray(offset, offset + length));
    const read = readRow(asRow(parseJson(text))!, { main, mapping });
    if (typeof read === 'string') throw new Error(read);
    const row = read.example;
    if (row.kind === 'pair') return ['pair', row.prompt, row.completion];
    if (row.kind === 'text') return ['text', row.text];
    return ['turns', row.messages.map(({ train, ...message }) => [message, train]), row.tools ?? null];
  });
}

describe('rows.py uses the rows that the run used', () => {
  const chat = (...answers: unknown[]) =>
    answers.map((answer) => ({ messages: [{ role: 'user', content: 'a' }, answer] }));
  const said = (more: object) => ({ role: 'assistant', content: 'b', ...more });
  const text = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
  const cases: [name: string, used: number, data: string, mapping?: DataOptions['mapping']][] = [
    [
      'line breaks of Unicode inside a text',
      4,
      text(['\u2028', '\u2029', '\u0085', '\v'].map((mark) => ({ text: `one${mark}two` }))),
    ],
    [
      'CRLF, a byte order mark, blank lines, no line break at the end',
      2,
      '\uFEFF{"text":"a"}\r\n\r\n \n{"text":"b"}',
    ],
    ['a byte order mark inside', 1, '{"text":"a"}\n\uFEFF{"text":"b"}'],
    [
      'lone surrogates',
      3,
      '{"text":"a\\ud83d"}\n{"text":"\\ude00b\\ud83d\\ude00"}\n{"text":"\\ude00\\ud83d😀"}',
    ],
    [
      'what only Python calls JSON',
      4,
      '{"text":"a NaN","n":NaN}\n{"text":"b","n":-Infinity}\n{"text":"c","n":1e5},\n{"text":"d"} ,\n{"text":"e",}',
    ],
    [
      'weights',
      7,
      text([
        ...chat(...[0, 1, null, true, false, '1', 2].map((weight) => said({ weight }))),
        ...chat({ role: 'user', content: 'b', weight: 1 }),
        ...chat(said({})),
        ...chat(said({ weight: 1 })),
      ]),
    ],
    [
      'names and unknown keys',
      4,
      text(
        chat(
          said({ name: 'x' }),
          said({ name: 3 }),
          said({ tool_calls: [] }),
          said({ tool_calls: {} }),
          said({ other: null }),
          said({ content: '' }),
          { content: 'b' },
        ),
      ),
    ],
    ['tools', 2, text([[], [{}], {}].map((tools) => ({ ...chat(said({}))[0], tools })))],
    [
      'several formats in a file',
      3,
      text([
        { text: 'a' },
        { prompt: 'a', completion: 'b' },
        { text: 'b', messages: [] },
        { text: 'c', output: 1 },
        { chosen: 'a', rejected: 'b' },
        { chosen: 'a', rejected: 'b', text: 'c' },
        { other: 'a' },
      ]),
    ],
    [
      'ShareGPT',
      3,
      text([
        {
          conversations: [
            { from: 'human', value: 'a' },
            { from: 'gpt', value: 'b' },
          ],
          system: 's',
        },
        {
          conversations: [
            { from: 'system', value: 't' },
            { from: 'gpt', value: 'b' },
          ],
          system: 's',
        },
        { conversations: [{ from: ['gpt'], value: 'b' }] },
        { conversations: [{ from: 'observation', value: 'b' }] },
        { conversations: [{ from: 'function_call', value: 'b', weight: 0 }] },
      ]),
    ],
    [
      'pairs, of strings or of messages',
      4,
      text([
        { prompt: '', completion: 'b' },
        { prompt: 'a', completion: '' },
        { prompt: 'a', completion: [said({})] },
        { prompt: [said({})], completion: [said({}), said({ weight: 0 })] },
        { prompt: [said({})], completion: [{ role: 'user', content: 'b' }] },
        { prompt: 'a\n', completion: 'b', instruction: 'c', output: 'd' },
      ]),
    ],
    [
      'Alpaca',
      3,
      text([
        { instruction: 'a', input: 'b', output: 'c' },
        { instruction: 'a', input: '', output: 'c' },
        { instruction: 'a', input: 3, output: 'c' },
        { instruction: '', output: 'c' },
      ]),
    ],
    [
      'chosen columns, with numbers as JavaScript spells them',
      NUMBERS.length + 3,
      [...NUMBERS, 'true', 'false', '"\\ud800"', 'null', '""', '[1]', '{}', '1e21', '9007199254740993']
        .map((value) => `{"a":"x","b":${value},"text":"no"}`)
        .join('\n'),
      { prompt: 'a', completion: 'b' },
    ],
    [
      'a chosen column with instructions',
      2,
      text([
        { q: 'a', c: 'b', s: 'c' },
        { q: 'a', c: 'b', s: '' },
        { q: 'a', c: 'b' },
      ]),
      { prompt: 'q', completion: 'c', system: 's' },
    ],
    [
      'what is the example of a form',
      FORMS.length * 2 - 6,
      FORMS.flatMap(({ example }) => example).join('\n'),
    ],
    [
      'turns in every shape',
      8,
      text([
        {
          messages: [
            { from: 'Human', value: 'a' },
            { from: 'ChatGPT', value: 'b', meta: 1 },
          ],
          system: 's',
        },
        { messages: JSON.stringify([{ role: 'developer', content: 's' }, ...chat(said({}))[0].messages]) },
        { dialogue: ['a', 'b', 'c', 'd'] },
        { conversation: [{ input: 'c', output: 'd' }] },
        {
          thread: [
            { speaker: 'user', text: 'a' },
            { speaker: 'bot', text: 3 },
          ],
          id: 1,
        },
        ...chat(said({ content: [{ type: 'text', text: 'x' }, { type: 'thinking', thinking: 'hm' }, 'y'] })),
        ...chat(said({ reasoning: 'hm', loss_weight: 0 })),
        ...chat(said({ content: [{ type: 'image_url', image_url: {} }] })),
        ...chat(said({ train: 1.5 }), said({ name: '' })),
      ]),
    ],
    [
      'tools and their calls',
      4,
      text([
        {
          ...chat(
            said({
              content: null,
              tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{"a": 1}' } }],
            }),
          )[0],
          tools: '[{"name":"f"}]',
        },
        {
          conversations: [
            { from: 'human', value: 'a' },
            { from: 'function_call', value: '{"name":"f","arguments":"{\\"a\\":1}"}' },
            { from: 'observation', value: '' },
            { from: 'gpt', value: 'b' },
          ],
        },
        ...chat(said({ function_call: { name: 'f', arguments: 'no JSON' } })),
        ...chat(said({ content: [{ type: 'tool_use', id: 'y', name: 'f', input: { a: 1 } }] })),
        ...chat(said({ content: null, tool_calls: [{ id: 'x' }] })),
      ]),
    ],
    [
      'verdicts and pictures',
      3,
      text([
        ...[true, false, 1, 0, 'True', '-1'].map((label) => ({ prompt: 'a', completion: 'b', label })),
        { prompt: 'a', completion: 'b', is_rejected: true },
        { prompt: 'a', completion: 'b', images: ['x'] },
        { prompt: '<image>', completion: 'b' },
        { ...chat(said({}))[0], rejected_response: 'c' },
      ]),
    ],
    [
      'kinds of rows from hubs, vendors and tools',
      23,
      text([
        ...[1, 'A', 'y', 2].map((answer) => ({ question: 'a', choices: ['x', 'y'], answer })),
        { question: 'a', options: { A: 'x', B: 'y' }, answer: 'y', answer_idx: 'B' },
        { question: 'a', choices: { text: ['x', 'y'], label: ['1', '2'] }, answerKey: '2' },
        { ctx: 'a', endings: ['x', 'y'], label: '0' },
        { question: 'a', answers: { text: ['b'], answer_start: [1] }, context: 'c' },
        { question: 'a', answers: { text: [], answer_start: [] }, context: 'c' },
        { inputText: 'a', outputText: 'b' },
        { text: 'a', code: 'b' },
        { text: 'a', answer: 'b' },
        { premise: 'a', hypothesis: 'c', label: 0 },
        ...[['b', 'c'], [[0, 1, 'PER']], []].map((label) => ({ text: 'a', label })),
        {
          message: 'c',
          response: 'd',
          chat_history: [
            { role: 'USER', message: 'a' },
            { role: 'CHATBOT', message: 'b' },
          ],
        },
        { input: { messages: [{ role: 'user', content: 'a' }] }, output: said({}), system: 's' },
        {
          chat_messages: [
            { text: 'a', sender: 'human' },
            { text: 'b', sender: 'assistant' },
          ],
        },
        {
          Messages: [
            { Role: 'User', Content: 'a' },
            { Role: 'Assistant', Content: 'b' },
          ],
        },
        { id: 1, data: ['a', 'b'] },
        [{ role: 'user', content: 'a' }, said({})],
        ['a', 'b'],
        ['a', 'b', 'c'],
        { input: chat(said({}))[0], preferred_output: [said({})], non_preferred_output: [said({})] },
        { prompt: 'a', response_a: 'b', response_b: 'c' },
        { question: 'a', answers: [{ text: 'b', pm_score: 3 }] },
        { text: 'a', role: 'prompter' },
        { title: 't', mapping: { a: {} }, current_node: 'a' },
        ...['👍', '👎', 1, 'good'].map((rating) => ({ question: 'a', answer: 'b', rating })),
        ...['accept', 'reject'].map((answer) => ({ text: 'a', label: 'b', answer })),
      ]),
    ],
    [
      'JSON that is to be learned, and turns',
      15,
      text([
        { question: 'a', passage: 'p', choices: ['x', 'y'], answer: 'B' },
        ...[
          '["2", "3"]',
          '{"text": ["2"]}',
          '[{"question": "x", "answer": "y"}]',
          '[{"role": "admin"}]',
        ].flatMap((json) => [
          { question: 'a', answer: json },
          { prompt: 'a', completion: json },
        ]),
        { input: 'a', output: JSON.stringify([said({})]) },
        { prompt: 'a', completion: JSON.stringify([said({})]) },
        { prompt: ['a', 'b'], completion: 'c' },
        { question: 'a', answers: ['b', 'c'] },
        { input: [{ role: 'user', content: 'a' }], output: 'b', context: 'c' },
        { question: 'a', choices: [1, 2].map((label) => ({ label, text: `x${label}` })), answerKey: '2' },
        { input: 'a', output: { question: 'x', answer: 'y' } },
      ]),
    ],
    [
      'names of columns',
      6,
      text([
        { Question: 'a', Answer: 'b', system: 's' },
        { instruction: 'a', context: 'c', response: 1 },
        { text: 'a', label: 0, idx: 1 },
        { source: 'a', target: ['b'] },
        { instruction: 'a', input: 'x', output: 'b', history: [['c', 'd']], system: 's' },
        { input: 'a', output: 'b', tools: [{ name: 'f' }] },
        { sentence: 'a', sentiment: true },
      ]),
    ],
    [
      'a path into nested columns',
      1,
      text([
        { q: 'a', answers: { text: ['b'] } },
        { q: 'a', answers: { text: [] } },
      ]),
      { prompt: 'q', completion: 'answers.text.0' },
    ],
    [
      'a path into a cell of JSON',
      1,
      text([
        { q: 'a', answers: '{"text": ["b"]}' },
        { q: 'a', answers: '{"text": []}' },
        { q: 'a', answers: 'text' },
      ]),
      { prompt: 'q', completion: 'answers.text.0' },
    ],
    ['a chosen column of text', 1, text([{ a: 'x', text: 'y' }, { text: 'z' }, { a: 1 }]), { text: 'a' }],
  ];
  test.each(cases)('%s', async (_, used, data, mapping) => {
    const bytes = new TextEncoder().encode(data);
    const ours = await ourRows(bytes, mapping);
    expect(ours).toHaveLength(used);
    const { stdout, stderr } = pythonRows(bytes, mapping);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(ours);
  });
  test('bytes that are no UTF-8, and a line that is too long', async () => {
    const long = `{"text":"${'x'.repeat(4 << 20)}"}\n`;
    const bytes = Buffer.concat([
      Buffer.from('{"text":"a\xff"}\n', 'latin1'),
      Buffer.from(`${long}{"text":"b"}`),
    ]);
    expect(await ourRows(bytes)).toEqual([['text', 'b']]);
    expect(JSON.parse(pythonRows(bytes).stdout)).toEqual([['text', 'b']]);
  });
  test('columns that it is not told of are asked for', () => {
    const { status, stderr } = pythonRows(new TextEncoder().encode('{"Frage":"a","Antwort":"b"}'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/columns were chosen by hand.*"mapping": \{"prompt"/);
  });
});

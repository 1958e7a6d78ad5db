import { describe, expect, test } from 'vitest';
import type { Form, JsonObject } from '../../../../src/data/forms/form.ts';
import { FORMS } from '../../../../src/data/forms/list.ts';
import { formOf, readExample, readRow } from '../../../../src/data/forms/read.ts';
import type { Row } from '../../../../src/data/forms/row.ts';
import { shortRow } from './short-row.ts';

/** What people keep their rows in, each with what is right; `docs/field-reports.md` names these tests. */

const read = (row: JsonObject): Row | string => {
  const result = readRow(row);
  return typeof result === 'string' ? result : result.example;
};
/** A row in short: `[user] Hi`, an assistant turn that is trained as `[assistant*] Hello`. */
const short = (row: JsonObject): string[] | string => {
  const result = read(row);
  return typeof result === 'string' ? result : shortRow(result);
};
const unused = (row: JsonObject): string[] => {
  const result = readRow(row);
  if (typeof result === 'string') throw new Error(result);
  return result.unused;
};
const user = (content: unknown = 'a') => ({ role: 'user', content });
const assistant = (content: unknown = 'b', more: object = {}) => ({ role: 'assistant', content, ...more });
const chat = (...messages: unknown[]) => ({ messages });
const AB = ['[user] a', '[assistant*] b'];

describe.each(FORMS.map((form) => [form.name, form] as const))('the form %s', (_, form) => {
  test('is found in its own example, and read', () => {
    for (const line of form.example) {
      const row = JSON.parse(line);
      expect(formOf(row)?.form).toBe(form);
      const example = readExample(row);
      if (form.name === 'ranked') expect(example).toMatch(/does not say which/);
      else if (form.name === 'not-rows') expect(example).toMatch(/one turn of a conversation/);
      else expect(example).toMatchObject({ example: { kind: expect.any(String) } });
    }
  });
});

describe('nothing that is marked bad is trained as good', () => {
  test.each([
    ['label', false],
    ['label', 0],
    ['label', 'false'],
    ['label', -1],
    ['kto_tag', 'False'],
    ['is_correct', false],
    ['thumbs_up', false],
    ['is_rejected', true],
  ])('%s: %j', (column, value) => {
    const bad = /marked as bad/;
    expect(read({ ...chat(user(), assistant()), [column]: value })).toMatch(bad);
    expect(read({ prompt: 'a', completion: 'b', [column]: value })).toMatch(bad);
    expect(read({ instruction: 'a', output: 'b', [column]: value })).toMatch(bad);
    expect(read({ question: 'a', answer: 'b', [column]: value })).toMatch(bad);
    const chosen = readRow(
      { x: 'a', y: 'b', [column]: value },
      { mapping: { prompt: 'x', completion: 'y' } },
    );
    expect(chosen).toMatch(bad);
  });

  test('a good one is trained, and the column is used by that', () => {
    const row = { prompt: 'a', completion: 'b', label: true };
    expect(short(row)).toEqual(AB);
    expect(unused(row)).toEqual([]);
    expect(readExample(row)).toMatchObject({ example: { kind: 'verdict', good: true } });
  });

  test('of two verdicts the bad one counts', () => {
    expect(read({ prompt: 'a', completion: 'b', good: true, label: false })).toMatch(/marked as bad/);
  });

  const context = [{ from: 'human', value: 'a' }];
  test.each([
    ['strings', { prompt: 'a', chosen: 'b', rejected: 'c' }],
    [
      'beside ShareGPT, one turn each',
      { conversations: context, chosen: { from: 'gpt', value: 'b' }, rejected: { from: 'gpt', value: 'c' } },
    ],
    ['beside messages, strings', { ...chat(user()), chosen: 'b', rejected: 'c' }],
    [
      'beside messages with an answer in them',
      { ...chat(user('x'), assistant('y'), user()), chosen: 'b', rejected: 'c' },
    ],
    ['lists of turns', { chosen: [user(), assistant()], rejected: [user(), assistant('c')] }],
    [
      'chosen_messages',
      { chosen_messages: [user(), assistant()], rejected_messages: [user(), assistant('c')] },
    ],
    ['beside prompt and completion', { prompt: 'a', completion: 'b', chosen: 'b', rejected: 'c' }],
  ])('a pair of answers is one: %s', (_, row) => {
    expect(read(row as JsonObject)).toMatch(/preference pair/);
    const example = readExample(row as JsonObject);
    expect(example).toMatchObject({
      example: { kind: 'preference', chosen: expect.any(Object), rejected: expect.any(Object) },
    });
  });

  test('a rejected answer alone is refused', () => {
    expect(read({ prompt: 'a', completion: 'b', rejected: 'c' })).toMatch(/preference pair/);
    expect(read({ ...chat(user(), assistant()), rejected_response: 'c' })).toMatch(/preference pair/);
  });

  test.each([
    [{ prompt: 'a', responses: ['b', 'c'], scores: [1, 2] }],
    [
      {
        instruction: 'a',
        completions: [
          { response: 'b', score: 1 },
          { response: 'c', score: 5 },
        ],
      },
    ],
  ])('several answers with scores are refused: %j', (row) => {
    expect(read(row)).toMatch(/does not say which to learn/);
  });
});

describe('names of columns', () => {
  test.each([
    [{ question: 'a', answer: 'b' }],
    [{ Question: 'a', Answer: 'b' }],
    [{ query: 'a', response: 'b' }],
    [{ input: 'a', output: 'b' }],
    [{ inputs: 'a', targets: 'b' }],
    [{ source: 'a', target: 'b' }],
    [{ INSTRUCTION: 'a', RESPONSE: 'b' }],
    [{ prompt: 'a', response: 'b' }],
    [{ problem: 'a', solution: 'b' }],
    [{ instruction: 'a', context: '', response: 'b' }],
    [{ text: 'a', label: 'b' }],
    [{ Sentence: 'a', label: 'b', idx: 3 }],
    [{ instruction: 'a', output: 'b' }],
  ])('%j', (row) => expect(short(row)).toEqual(AB));

  test('a context stands after the question', () => {
    const row = { instruction: 'a', context: 'c', response: 'b' };
    expect(short(row)).toEqual(['[user] a\n\nc', '[assistant*] b']);
    expect(formOf(row)?.evidence).toBe(
      '"instruction" to ask (with "context" after it) and "response" to answer',
    );
  });

  test('numbers and truth values are their text; numbers that were changed by reading are refused', () => {
    expect(short({ prompt: 1, completion: true })).toEqual(['[user] 1', '[assistant*] true']);
    expect(short({ text: 'a', label: 0, idx: 2 })).toEqual(['[user] a', '[assistant*] 0']);
    expect(read({ question: 'a', answer: 12345678901234567890n.toString() as unknown })).toMatchObject({});
    expect(read({ question: 'a', answer: Number('12345678901234567890') })).toMatch(
      /too large to be read exactly/,
    );
  });

  test('a text beside keys that say nothing of it is a text', () => {
    expect(short({ text: 'a', category: 'c', id: 1 })).toEqual(['[text] a']);
    expect(unused({ text: 'a', category: 'c', id: 1, meta: null })).toEqual(['category', 'id']);
  });

  test('columns by a path', () => {
    const row = { q: 'a', answers: { text: ['b', 'c'] }, 'x.y': 'dotted' };
    const by = (completion: string) => readRow(row, { mapping: { prompt: 'q', completion } });
    expect(by('answers.text.0')).toMatchObject({ example: { completion: 'b' } });
    expect(by('x.y')).toMatchObject({ example: { completion: 'dotted' } });
    expect(by('answers.text.2')).toBe('"answers.text.2" is missing.');
    expect(by('answers')).toBe('"answers" is not a string.');
  });
  test('columns by a path into a cell of JSON, as tables have it', () => {
    const row = { q: 'a', answers: '{"text": ["b", "c"]}' };
    const by = (completion: string) => readRow(row, { mapping: { prompt: 'q', completion } });
    expect(by('answers.text.1')).toMatchObject({ example: { completion: 'c' }, unused: [] });
    expect(by('answers')).toMatchObject({ example: { completion: row.answers } });
    expect(by('q.text')).toBe('"q.text" is missing.');
  });
});

describe('a number in a chosen column', () => {
  const mapped = (json: string, completion = 'id') =>
    readRow(JSON.parse(json), { mapping: { prompt: 'o', completion } });
  test.each([
    ['9007199254740991', '9007199254740991'],
    ['-3', '-3'],
    ['0.5', '0.5'],
  ])('%s is its text', (number, completion) => {
    expect(mapped(`{"o":"x","id":${number}}`)).toMatchObject({ example: { prompt: 'x', completion } });
  });
  test.each(['12345678901234567890', '-9007199254740993', '1e999'])(
    '%s is refused, not changed',
    (number) => {
      const reason = '"id" is a number too large to be read exactly; write it in quotes.';
      expect(mapped(`{"o":"x","id":${number}}`)).toBe(reason);
      const mapping = { prompt: 'id', completion: 'o' };
      expect(readRow({ o: 'x', id: JSON.parse(number) }, { mapping })).toBe(reason);
    },
  );
  test('what is missing is named as such', () => {
    expect(mapped('{"o":"x"}')).toBe('"id" is missing.');
  });
});

describe('a system text', () => {
  const spoken = ['[system] s', ...AB];
  test.each([
    [{ ...chat(user(), assistant()), system: 's' }],
    [{ ...chat(user(), assistant()), instructions: 's' }],
    [chat({ role: 'developer', content: 's' }, user(), assistant())],
    [
      {
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
        ],
        system: 's',
      },
    ],
    [{ prompt: 'a', completion: 'b', system: 's' }],
    [{ instruction: 'a', input: '', output: 'b', system: 's' }],
    [{ question: 'a', answer: 'b', system_prompt: 's' }],
    [
      {
        contents: [
          { role: 'user', parts: [{ text: 'a' }] },
          { role: 'model', parts: [{ text: 'b' }] },
        ],
        systemInstruction: { parts: [{ text: 's' }] },
      },
    ],
  ])('%j', (row) => {
    expect(short(row as JsonObject)).toEqual(spoken);
    expect(unused(row as JsonObject)).toEqual([]);
  });

  test('of the turns wins, and the other is told as not used', () => {
    const row = { ...chat({ role: 'system', content: 't' }, user(), assistant()), system: 's' };
    expect(short(row)).toEqual(['[system] t', ...AB]);
    expect(unused(row)).toEqual(['system']);
  });

  test('that is empty is none', () => {
    expect(short(chat({ role: 'system', content: '' }, user(), assistant()))).toEqual(AB);
  });
});

describe('turns', () => {
  test.each([
    ['ShareGPT with role and content', { conversations: [user(), assistant()] }],
    ['messages with from and value', chat({ from: 'human', value: 'a' }, { from: 'gpt', value: 'b' })],
    ...['model', 'assistant', 'chatgpt', 'bing', 'GPT', 'Assistant', 'bot'].map(
      (from): [string, JsonObject] => [
        from,
        {
          conversations: [
            { from: 'Human', value: 'a' },
            { from, value: 'b' },
          ],
        },
      ],
    ),
    ['a column of any name', { thread: [user(), assistant()], id: 1 }],
    ['texts that alternate', { dialogue: ['a', 'b'], id: 1 }],
    ['pairs of texts', { conversation: [['a', 'b']] }],
    ['exchanges', { conversation: [{ input: 'a', output: 'b' }] }],
    ['JSON text', { messages: JSON.stringify([user(), assistant()]) }],
    ['prompt and completion as turns', { prompt: [user()], completion: [assistant()] }],
    ['a prompt of turns and a completion of text', { prompt: [user()], completion: 'b' }],
    ['parts', chat(user([{ type: 'text', text: 'a' }]), assistant([{ type: 'text', value: 'b' }]))],
    [
      'Gemini',
      {
        contents: [
          { role: 'user', parts: [{ text: 'a' }] },
          { role: 'model', parts: [{ text: 'b' }] },
        ],
      },
    ],
  ])('%s', (_, row) => expect(short(row as JsonObject)).toEqual(AB));

  test('several parts are one text', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(short(chat(user(parts), assistant()))).toEqual(['[user] ab', '[assistant*] b']);
  });

  test('history of Alpaca comes before', () => {
    const row = { instruction: 'a', input: '', output: 'b', history: [['x', 'y']] };
    expect(short(row)).toEqual(['[user] x', '[assistant*] y', ...AB]);
  });

  test.each(['weight', 'loss_weight', 'train', 'loss'])('%s says whether a turn is trained', (key) => {
    for (const [value, mark] of [
      [0, ''],
      [false, ''],
      [1, '*'],
      [true, '*'],
      [null, '*'],
    ] as const) {
      const row = chat(user(), assistant('b', { [key]: value }), user('c'), assistant('d'));
      expect(short(row)).toEqual(['[user] a', `[assistant${mark}] b`, '[user] c', '[assistant*] d']);
      const sharegpt = {
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b', [key]: value },
        ],
      };
      expect(short(sharegpt)).toEqual(['[user] a', `[assistant${mark}] b`]);
    }
    expect(read(chat(user(), assistant('b', { [key]: 0.5 })))).toMatchObject({
      messages: [{}, { train: true, weight: 0.5 }],
    });
    expect(read(chat(user(), assistant('b', { [key]: 2 })))).toMatch(/not between 0 and 1/);
    expect(read(chat({ ...user(), [key]: 1 }, assistant()))).toMatch(/only assistant turns/);
    expect(short(chat({ ...user(), [key]: 0 }, assistant()))).toEqual(AB);
  });

  test('keys that change nothing are told, not refused', () => {
    const row = {
      ...chat({ ...user(), timestamp: 1, name: 'x' }, assistant('b', { id: 'y', meta: { a: 1 } })),
      id: 3,
    };
    expect(short(row)).toEqual(AB);
    expect(unused(row)).toEqual(['id', 'timestamp (in a turn)', 'id (in a turn)', 'meta (in a turn)']);
  });

  test.each(['reasoning_content', 'reasoning', 'thinking', 'thought'])(
    '%s is kept for the template',
    (key) => {
      expect(read(chat(user(), assistant('b', { [key]: 'hm' })))).toMatchObject({
        messages: [{}, { content: 'b', reasoning_content: 'hm' }],
      });
    },
  );
});

describe('kinds of rows from hubs, vendors and tools', () => {
  const mmlu = { question: 'a', choices: ['x', 'y'] };
  test.each<[string, JsonObject, string[]]>([
    ['MMLU', { ...mmlu, answer: 1 }, ['[user] a\n\nA. x\nB. y', '[assistant*] B. y']],
    ['a letter', { ...mmlu, answer: 'A' }, ['[user] a\n\nA. x\nB. y', '[assistant*] A. x']],
    ['a text', { ...mmlu, answer: 'y' }, ['[user] a\n\nA. x\nB. y', '[assistant*] B. y']],
    [
      'MedQA',
      { question: 'a', options: { A: 'x', B: 'y' }, answer: 'y', answer_idx: 'B' },
      ['[user] a\n\nA. x\nB. y', '[assistant*] B. y'],
    ],
    [
      'HellaSwag',
      { ctx: 'a', endings: ['x', 'y'], label: '0' },
      ['[user] a\n\nA. x\nB. y', '[assistant*] A. x'],
    ],
    ['SQuAD', { question: 'a', answers: { text: ['b', 'b'], answer_start: [1, 1] } }, AB],
    ['several right answers', { question: 'a', answers: ['b', 'c'] }, AB],
    [
      'choices about a passage',
      { ...mmlu, context: 'p', answer: 1 },
      ['[user] a\n\np\n\nA. x\nB. y', '[assistant*] B. y'],
    ],
    [
      'choices with letters of their own',
      {
        question: 'a',
        choices: [
          { label: 'A', text: 'x' },
          { label: 'B', text: 'y' },
        ],
        answerKey: 'B',
      },
      ['[user] a\n\nA. x\nB. y', '[assistant*] B. y'],
    ],
    ['Gemini’s tables', { text_input: 'a', output: 'b' }, AB],
    ['Titan', { inputText: 'a', outputText: 'b' }, AB],
    ['code', { prompt: 'a', canonical_solution: 'b' }, AB],
    ['text and code', { text: 'a', code: 'b' }, AB],
    ['text and answer', { text: 'a', answer: 'b' }, AB],
    ['GLUE', { premise: 'a', hypothesis: 'c', label: 0 }, ['[user] a\n\nc', '[assistant*] 0']],
    ['doccano', { text: 'a', label: ['b', 'c'] }, ['[user] a', '[assistant*] b, c']],
    ['a summary of a dialogue', { dialogue: 'a', summary: 'b' }, AB],
    [
      'Cohere',
      {
        message: 'c',
        response: 'd',
        chat_history: [
          { role: 'USER', message: 'a' },
          { role: 'CHATBOT', message: 'b' },
        ],
      },
      [...AB, '[user] c', '[assistant*] d'],
    ],
    ['what a model was asked and said', { input: { messages: [user()] }, output: assistant() }, AB],
    ['Responses', { input: [user()], output: [assistant([{ type: 'output_text', text: 'b' }])] }, AB],
    [
      'Claude’s export',
      {
        chat_messages: [
          { text: 'a', sender: 'human' },
          { text: 'b', sender: 'assistant' },
        ],
      },
      AB,
    ],
    [
      'capitals',
      {
        Messages: [
          { Role: 'User', Content: 'a' },
          { Role: 'Assistant', Content: 'b' },
        ],
      },
      AB,
    ],
    ['texts that alternate in data', { id: 1, data: ['a', 'b'] }, AB],
  ])('%s', (_, row, wanted) => expect(short(row)).toEqual(wanted));

  test.each<[string, JsonObject, RegExp]>([
    [
      'OpenAI’s preferences',
      { input: chat(user()), preferred_output: [assistant()], non_preferred_output: [assistant('c')] },
      /preference pair/,
    ],
    [
      'two answers beside each other',
      { prompt: 'a', response_a: 'b', response_b: 'c', winner: 'model_a' },
      /does not say which/,
    ],
    ['SHP', { history: 'a', human_ref_A: 'b', human_ref_B: 'c', labels: 1 }, /does not say which/],
    ['answers with votes', { question: 'a', answers: [{ text: 'b', pm_score: 3 }] }, /does not say which/],
    ['a turn a row', { text: 'a', role: 'prompter', message_id: 'x' }, /one turn of a conversation/],
    ['SQuAD’s own file', { title: 't', paragraphs: [{ context: 'c', qas: [] }] }, /many questions inside/],
    ['ChatGPT’s export', { title: 't', mapping: { a: {} }, current_node: 'a' }, /ChatGPT export/],
    [
      'a chat of people',
      chat({ from: 'Ann', text: 'a' }),
      /is from "Ann".*call whoever is to be learned assistant/,
    ],
    ['a choice that is none', { ...mmlu, answer: 2 }, /names none of the 2 choices/],
    [
      'no answer',
      { question: 'a', context: 'c', answers: { text: [], answer_start: [] } },
      /"answers" is missing/,
    ],
    ['places in a text', { text: 'a', label: [[0, 1, 'PER']] }, /"label" is not a string/],
    ['thumbs down', { question: 'a', answer: 'b', rating: '👎' }, /marked as bad/],
    ['rejected by an annotator', { text: 'a', label: 'b', answer: 'reject' }, /marked as bad/],
  ])('%s is refused', (_, row, wanted) => expect(short(row)).toMatch(wanted));

  test('JSON that is to be learned stays as it is; JSON text is turns only where everyone who speaks is known', () => {
    for (const json of [
      '["2", "3"]',
      '{"text": ["2", "3"]}',
      '{"question": "x", "answer": "y"}',
      '[{"question": "x", "answer": "y"}]',
      '[{"role": "admin", "content": "x"}]',
      '[{"name": "Ann", "age": 3}]',
    ]) {
      const wanted = ['[user] a', `[assistant*] ${json}`];
      expect(short({ question: 'a', answer: json })).toEqual(wanted);
      expect(short({ prompt: 'a', completion: json })).toEqual(wanted);
      expect(short({ question: json, answer: 'b' })).toEqual([`[user] ${json}`, '[assistant*] b']);
    }
    expect(formOf({ input: 'a', output: { question: 'x', answer: 'y' } })).toBeNull();
    const said = JSON.stringify([assistant()]);
    expect(short({ input: JSON.stringify([user()]), output: said })).toEqual(AB);
    expect(short({ prompt: 'a', completion: said })).toEqual(AB);
  });

  test('other answers than the first, and what stands beside turns, are told of', () => {
    expect(unused({ question: 'a', answers: ['b', 'c'] })).toEqual(['all but the first (in answers)']);
    expect(unused({ question: 'a', answers: { text: ['b', 'b'], answer_start: [1, 1] } })).toEqual([
      'answer_start (in answers)',
    ]);
    expect(unused({ question: 'a', answers: ['b'] })).toEqual([]);
    expect(unused({ input: [user()], output: 'b', context: 'c' })).toEqual(['context']);
  });

  test('a word that JavaScript has on every object is no verdict', () => {
    expect(unused({ text: 'a', label: 'b', answer: 'constructor' })).toEqual(['answer']);
  });

  test('a number is no verdict, and stays unused', () => {
    expect(unused({ question: 'a', answer: 'b', rating: 1 })).toEqual(['rating']);
  });
});

describe('pictures', () => {
  test.each([
    [{ ...chat(user('<image>what?'), assistant()) }],
    [{ ...chat(user(), assistant()), images: ['x.png'] }],
    [{ prompt: 'a', completion: 'b', image: 'x.png' }],
    [
      {
        ...chat(
          user([
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: {} },
          ]),
          assistant(),
        ),
      },
    ],
    [{ prompt: 'a\n<audio>\n', completion: 'b' }],
  ])('%j is refused', (row) => expect(read(row as JsonObject)).toMatch(/reads text/));

  test('that are none', () => {
    expect(short({ ...chat(user(), assistant()), images: [] })).toEqual(AB);
    expect(read({ prompt: 'How does <video> work?', completion: 'b' })).toMatchObject({ kind: 'pair' });
  });
});

describe('tools', () => {
  const tool = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };
  const call = (args: unknown) => ({
    id: 'c1',
    type: 'function',
    function: { name: 'weather', arguments: args },
  });
  const called = ['[user] a', '[assistant*]  weather({"city":"Rome"})', '[tool] sunny', '[assistant*] b'];

  test.each([
    ['an object', { city: 'Rome' }],
    ['a string', '{"city": "Rome"}'],
    ['a string of a string', JSON.stringify('{"city": "Rome"}')],
  ])('a call with null content, its arguments %s', (_, args) => {
    for (const message of [
      { role: 'assistant', content: null, tool_calls: [call(args)] },
      { role: 'assistant', tool_calls: [call(args)] },
    ]) {
      const row = {
        ...chat(user(), message, { role: 'tool', content: 'sunny', tool_call_id: 'c1' }, assistant()),
        tools: [tool],
      };
      expect(short(row)).toEqual(called);
      expect(read(row)).toMatchObject({ tools: [tool] });
      expect(unused(row)).toEqual([]);
    }
  });

  test('of ShareGPT: function_call, observation, tools as JSON text', () => {
    const row = {
      conversations: [
        { from: 'human', value: 'a' },
        { from: 'function_call', value: '{"name": "weather", "arguments": {"city": "Rome"}}' },
        { from: 'observation', value: 'sunny' },
        { from: 'gpt', value: 'b' },
      ],
      tools: JSON.stringify([tool.function]),
    };
    expect(short(row)).toEqual(called);
    expect(read(row)).toMatchObject({ tools: [tool] });
  });

  test('without any are none', () => {
    for (const calls of [[], null])
      expect(short(chat(user(), assistant('b', { tool_calls: calls })))).toEqual(AB);
    for (const tools of [[], null, '[]', ''])
      expect(read({ ...chat(user(), assistant()), tools })).not.toHaveProperty('tools');
  });

  test('that cannot be read are refused', () => {
    expect(read(chat(user(), assistant('b', { tool_calls: [{ id: '1' }] })))).toMatch(
      /calls a tool in a way/,
    );
    expect(read({ ...chat(user(), assistant()), tools: [{}] })).toMatch(/has no name/);
  });
});

test('a made-up form is one object, and is found, read and told by its name', () => {
  const haiku: Form = {
    name: 'haiku',
    label: 'haiku',
    example: ['{"lines":["a","b","c"]}', '{"lines":["d","e","f"]}'],
    recognise: (row) => (Array.isArray(row.lines) ? 'three "lines"' : null),
    read: (row) => ({ kind: 'text', text: (row.take('lines') as string[]).join(' / ') }),
  };
  const forms = [haiku, ...FORMS];
  expect(readRow({ lines: ['a', 'b', 'c'], by: 'x' }, { forms })).toEqual({
    example: { kind: 'text', text: 'a / b / c' },
    unused: ['by'],
  });
  expect(formOf({ lines: [] }, forms)?.form).toBe(haiku);
  expect(readRow({ text: 'a' }, { forms })).toMatchObject({ example: { text: 'a' } });
});

test('columns of no known form are named', () => {
  expect(read({ a: 1, b: 'x' })).toBe('The columns a, b are no known format.');
  expect(read({})).toBe('The row has no columns.');
  expect(read(JSON.parse('{"__proto__":{"text":"x"},"constructor":"y"}'))).toMatch(/no known format/);
});

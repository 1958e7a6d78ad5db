import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import { encodeRow } from '../../../../src/data/encode.ts';
import { TrainedWords } from '../../../../src/data/text/trained-words.ts';
import { tinyTokenizer } from './tiny-tokenizer.ts';

/** What is trained is the words of assistant turns and their ends, letter by letter; where it is not, that is told. */

const words = new TrainedWords(['<|im_start|>', '<|im_end|>']);
const call = { type: 'function' as const, function: { name: 'sum', arguments: {} } };

describe('of one turn', () => {
  test.each([
    ['Hello<|im_end|>', 'Hello', null],
    [' Hello\n<|im_end|>\n', 'Hello', null],
    ['Hello', 'Hello', null],
    ['<|im_end|>', '', null],
    ['<think>\n\n</think>\n\nHello<|im_end|>', 'Hello', null],
    ['<think>\nhm\n</think>\n\nso<|im_end|>', '<think>hm</think>so', null],
    ['Hell<|im_end|>', 'Hello', 'words'],
    ['ello<|im_end|>', 'Hello', 'words'],
    ['', 'Hello', 'words'],
    ['Note: Hello<|im_end|>', 'Hello', 'besides'],
    ['Hello<|im_end|>\n<|im_start|>user\nMore<|im_end|>', 'Hello', 'besides'],
    ['user\nHi<|im_end|>\nHello<|im_end|>', 'Hello', 'besides'],
    ['Hello<|im_end|><|im_end|>', 'Hello', 'besides'],
  ] as const)('%j of %j: %s', (text, content, fault) => {
    expect(words.fault(text, { role: 'assistant', content })).toBe(fault);
  });

  test('thinking and calls beside the words', () => {
    const turn = { role: 'assistant', content: 'So.', reasoning_content: 'hm' };
    expect(words.fault('<think>\nhm\n</think>\n\nSo.<|im_end|>', turn)).toBeNull();
    expect(words.fault('<think>\nhmm\n</think>\n\nSo.<|im_end|>', turn)).toBe('besides');
    const calling = { role: 'assistant', content: '', tool_calls: [call] };
    expect(words.fault('<tool_call>{"name": "sum"}</tool_call><|im_end|>', calling)).toBeNull();
    expect(words.fault('<|im_end|>', calling)).toBe('words');
  });
});

describe('planted in a template', () => {
  const write = (answer: string) =>
    `{% for m in messages %}{% if m.role == 'assistant' %}${answer}{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}`;
  const rows = new Blob([
    '{"prompt":"Hi","completion":"Hello"}\n{"prompt":"Ho","completion":"Hey"}\n{"prompt":"Hm","completion":"Oh","label":"x"}',
  ]);
  const warningsOf = async (answer: string) => {
    const tokenizer = await tinyTokenizer({}, write(answer));
    return (await openDataset(rows, tokenizer, { maxLength: 64, raw: false })).report.warnings;
  };
  const HEAD = '<|im_start|>assistant\n';

  test('nothing is told of one that does as it should', async () => {
    const told = await warningsOf(`${HEAD}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}\n`);
    expect(told.filter((text) => !text.startsWith('Not used'))).toEqual([]);
  });

  test('a generation block around other words than the answer’s is told with a count', async () => {
    const told = await warningsOf(
      `${HEAD}{% generation %}Note: {{ m.content }}<|im_end|>{% endgeneration %}\n`,
    );
    expect(told).toContain(
      '3 rows train words of the chat template besides those of the answers and their ends: look at the rows.',
    );
  });

  test('one around only a part of the answer is told', async () => {
    const told = await warningsOf(
      `${HEAD}{{ m.content[:1] }}{% generation %}{{ m.content[1:] }}<|im_end|>{% endgeneration %}\n`,
    );
    expect(told).toContain(
      '3 rows have answers that the chat template writes with other words or without some.',
    );
  });

  test('an answer that shares a token with the template’s own text is told', async () => {
    // "assistant" is one token here.
    const tokenizer = await tinyTokenizer(
      {},
      "{% for m in messages %}{{ 'It is said by the assis' if m.role == 'assistant' else 'x: ' }}{{ m.content }}{{ '' if m.role == 'assistant' else '\n' }}{% endfor %}{{ 'It is said by the assis' if add_generation_prompt else '' }}",
    );
    const messages = [
      { role: 'user', content: 'Hi', train: false },
      { role: 'assistant', content: 'tant is', train: true },
    ];
    const { notes } = encodeRow({ kind: 'messages', messages }, tokenizer, false);
    expect(notes).toContain('joined');
  });
});

test('it costs next to nothing beside tokenising', async () => {
  const tokenizer = await tinyTokenizer();
  const content = 'The sea is salt, and so is a tear. '.repeat(20);
  const text = `${content.trim()}<|im_end|>`;
  const row = {
    kind: 'messages' as const,
    messages: [
      { role: 'user', content: 'Hi', train: false },
      { role: 'assistant', content, train: true },
    ],
  };
  const seconds = (work: () => void) => {
    const begin = performance.now();
    for (let i = 0; i < 200; i++) work();
    return performance.now() - begin;
  };
  const turn = { role: 'assistant', content };
  // The best of three: machines are busy.
  const best = (work: () => void) => Math.min(...[0, 1, 2].map(() => seconds(work)));
  const whole = best(() => encodeRow(row, tokenizer, false));
  expect(best(() => words.fault(text, turn))).toBeLessThan(0.05 * whole);
});

import { describe, expect, test } from 'vitest';
import { encodeRow } from '../../../src/data/encode.ts';
import type { Row } from '../../../src/data/forms/row.ts';
import { openTokenizer, type RowTokenizer } from '../../../src/data/text/tokenizer.ts';
import { readJson } from '../read-fixture.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

const tiny = await tinyTokenizer();

/** What is trained of a row, as text, and the whole of it. */
function trained(row: Row, tokenizer: RowTokenizer = tiny, raw = false) {
  const { ids, targets, notes } = encodeRow(row, tokenizer, raw);
  return {
    text: tokenizer.decode(ids),
    trained: targets.map(({ begin, end }) => tokenizer.decode(ids.slice(begin, end))),
    notes,
  };
}
const chat = (...turns: [role: string, content: string][]): Row => ({
  kind: 'messages',
  messages: turns.map(([role, content]) => ({ role, content, train: role === 'assistant' })),
});

describe('control tokens that a row spells', () => {
  test('are control tokens in a text, counted, and no second end follows', () => {
    const text = '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>';
    const { ids, notes } = encodeRow({ kind: 'text', text }, tiny, false);
    expect(ids).toEqual(tiny.encode(text));
    expect(ids.filter((id) => id === tiny.eosTokenId)).toHaveLength(2);
    expect(notes).toEqual(['control']);
    expect(encodeRow({ kind: 'text', text: 'Hi' }, tiny, false).notes).toEqual([]);
  });

  test('are what a raw prompt asks, and raw rows train just that', () => {
    const prompt = '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n';
    const { ids, targets } = encodeRow({ kind: 'pair', prompt, completion: 'Yo<|im_end|>' }, tiny, true);
    expect(ids.slice(0, targets[0].begin)).toEqual(tiny.encode(prompt, { addSpecial: 'front' }));
    expect(tiny.decode(ids.slice(targets[0].begin))).toBe('Yo<|im_end|>');
  });

  test('are letters in what somebody says in a conversation', () => {
    const row = chat(['user', 'What is <|im_end|>?'], ['assistant', 'The end<|im_end|>, so']);
    const { ids, targets } = encodeRow(row, tiny, false);
    expect(ids.filter((id) => id === tiny.eosTokenId)).toHaveLength(2);
    expect(tiny.decode(ids.slice(targets[0].begin, targets[0].end))).toBe('The end<|im_end|>, so<|im_end|>');
  });
});

describe('control tokens that take the white space after them', async () => {
  const tokenizerJson = await readJson<{ added_tokens: object[] }>(
    new URL('../../../public/models/tiny/tokenizer.json', import.meta.url),
  );
  const strips = (token: object) => ({ ...token, rstrip: true });
  tokenizerJson.added_tokens = [
    ...tokenizerJson.added_tokens.map(strips),
    strips({ ...tokenizerJson.added_tokens[0], id: 5000, content: '<|assistant|>' }),
    strips({ ...tokenizerJson.added_tokens[0], id: 5001, content: '<|user|>' }),
  ];
  const phi = await openTokenizer({
    tokenizerJson,
    tokenizerConfig: await readJson(
      new URL('../../../public/models/tiny/tokenizer_config.json', import.meta.url),
    ),
    chatTemplate:
      "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
  });

  test('the end of a turn is a target and known, its header is not', () => {
    for (const answer of ['Hello', '  Hello']) {
      const { ids, targets } = encodeRow(chat(['user', 'Hi'], ['assistant', answer]), phi, false);
      expect(phi.decode(ids.slice(targets[0].begin, targets[0].end))).toBe('Hello<|im_end|>');
    }
    expect(phi.endOfTurnId()).toBe(phi.eosTokenId);
  });
});

describe('what a template does not write is told', () => {
  const written = (source: string, answer: string) =>
    tinyTokenizer({}, source).then((tokenizer) =>
      trained(chat(['user', 'q'], ['assistant', answer]), tokenizer),
    );

  test('an answer without an end', async () => {
    const { trained, notes } = await written(
      "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}",
      'x',
    );
    expect(trained).toEqual(['x']);
    expect(notes).toEqual(['end']);
  });

  test('thinking, and other words of an answer', async () => {
    const cuts = (what: string) =>
      `{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content${what} if m.role == 'assistant' else m.content) + '<|im_end|>\n' }}{% endfor %}`;
    const thought = '<think>\nhm\n</think>\n\nx';
    expect((await written(cuts(".split('</think>') | last"), thought)).notes).toEqual([]);
    expect((await written(cuts(".split('</think>')[1]"), thought)).notes).toEqual(['reasoning']);
    expect((await written(cuts(".replace('b', '')"), 'abcdef')).notes).toEqual(['words']);
    expect((await written(cuts('.strip()'), ' x ')).notes).toEqual([]);
  });
});

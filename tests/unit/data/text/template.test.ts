import { expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import { ChatTemplate } from '../../../../src/data/text/template.ts';
import { tinyTokenizer } from './tiny-tokenizer.ts';

const context = { controlTokens: ['<|im_start|>', '<|im_end|>'], variables: {} };
const turns = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: ' b ' },
  { role: 'user', content: 'c' },
  { role: 'assistant', content: '<think>\nhm\n</think>\n\nd' },
];
const all = turns.map(() => true);
const PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const CHATML = `{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}${PROMPT}`;

function spansOf(source: string, train = all): { texts: string[]; lastTurnOnly: boolean } {
  const { text, spans, lastTurnOnly } = new ChatTemplate(source, context).locate(turns, train);
  return { texts: spans.map(({ begin, end }) => text.slice(begin, end)), lastTurnOnly };
}

test('spans begin behind the header and end with the end-of-turn token', () => {
  const texts = [' b <|im_end|>', '<think>\nhm\n</think>\n\nd<|im_end|>'];
  expect(spansOf(CHATML)).toEqual({ texts, lastTurnOnly: false });
  expect(spansOf(CHATML, [true, false, true, true]).texts).toEqual(texts.slice(1));
});

test('a template that marks its spans is believed, but for the white space behind the turn', () => {
  const marked = CHATML.replace('m.content + ', "'' }}{% generation %}{{ m.content + ").replace(
    '{% endfor %}',
    '{% endgeneration %}{% endfor %}',
  );
  const source = marked.replace(
    '{% for m in messages %}',
    "{% for m in messages if m.role == 'assistant' %}",
  );
  expect(spansOf(source).texts).toEqual([' b <|im_end|>', '<think>\nhm\n</think>\n\nd<|im_end|>']);
});

test('an unknown template that shortens earlier turns trains on the last answer only', () => {
  const source = CHATML.replace(
    'm.content',
    "(m.content if loop.last or m.role == 'user' else m.content | trim)",
  );
  expect(spansOf(source)).toEqual({ texts: ['<think>\nhm\n</think>\n\nd<|im_end|>'], lastTurnOnly: true });
});

test("Qwen3's template keeps the thinking of earlier turns for training", () => {
  const source = `{%- set ns = namespace(last_query_index=2) %}{% for message in messages %}{% set reasoning_content = '' %}{% if message.role == 'assistant' and loop.index0 > ns.last_query_index %}{{ '<|im_start|>assistant\n<think>\n\n</think>\n\n' + message.content + '<|im_end|>\n' }}{% else %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endif %}{% endfor %}${PROMPT}`;
  const { texts, lastTurnOnly } = spansOf(source);
  expect(lastTurnOnly).toBe(false);
  expect(texts[0]).toBe('<think>\n\n</think>\n\n b <|im_end|>');
});

test('F5: a template that asks for a billion numbers is refused at once', () => {
  const source = '{% for i in range(10**9) %}x{% endfor %}';
  expect(() => new ChatTemplate(source, context).render(turns, false)).toThrow(/range/);
});

test('a date that is given is that of rows and of what is asked, whatever the day is', async () => {
  const source =
    "{{ strftime_now('%d %b %Y %H:%M') }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
  const tokenizer = await tinyTokenizer({}, source);
  const date = '2026-03-04T15:06:07';
  const rows = new Blob(['{"prompt":"Hi","completion":"Hello"}']);
  const dataset = await openDataset(rows, tokenizer, { maxLength: 256, raw: false, date });
  const [{ ids }] = await dataset.examples([0]);
  expect(tokenizer.decode([...ids])).toMatch(/^04 Mar 2026 15:06<\|im_start\|>user/);
  const asked = tokenizer.chat([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true, date });
  expect([...ids].slice(0, asked.length)).toEqual(asked);
  // Without one it is the present.
  const now = tokenizer.chat([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true });
  expect(tokenizer.decode(now)).toContain(String(new Date().getFullYear()));
  expect(now).not.toEqual(asked);
});

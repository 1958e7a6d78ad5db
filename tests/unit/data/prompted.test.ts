import { expect, test } from 'vitest';
import { openDataset } from '../../../src/data/dataset.ts';
import type { DataOptions, Prompted } from '../../../src/data/types.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

/** Rows as the teacher of prompt baking sees them: the prompt before them, the same tokens to be predicted. */

const tokenizer = await tinyTokenizer();
const PROMPT = 'Be a pirate.';
const turn = (role: string, content: string) => ({ role, content });
const system = (text: string) => `<|im_start|>system\n${text}<|im_end|>\n`;

async function prompted(row: object, options: Partial<DataOptions> = {}, as = tokenizer) {
  const file = new Blob([JSON.stringify(row)]);
  const dataset = await openDataset(file, as, { maxLength: 64, raw: false, ...options });
  const [example] = await dataset.examples([0]);
  const [row0] = await dataset.prompted([0], PROMPT);
  return { example, row: row0 };
}

function whole(row: Prompted) {
  if ('reason' in row) throw new Error(row.reason);
  return row;
}

const trained = ({ ids, labels }: { ids: Int32Array; labels: Int32Array }) =>
  [...ids].filter((_, i) => i > 0 && labels[i] >= 0);

test('the prompt is a system turn, and the answer’s tokens stay what they are', async () => {
  const { example, row } = await prompted({ prompt: 'Hi', completion: 'Hello there!' });
  const { ids, labels, added } = whole(row);
  expect(tokenizer.decode([...ids])).toContain(`${system(PROMPT)}<|im_start|>user\nHi<|im_end|>`);
  expect(trained({ ids, labels })).toEqual(trained(example));
  // What stands after the last of them is of no use to the teacher.
  expect(labels.at(-1)).toBe(ids.at(-1));
  expect(added).toBeGreaterThan(0);
});

test('where the row has a system turn, the prompt stands before its text', async () => {
  const messages = [turn('system', 'Be brief.'), turn('user', 'Hi'), turn('assistant', 'Hello')];
  const { row } = await prompted({ messages });
  expect(tokenizer.decode([...whole(row).ids])).toContain(system(`${PROMPT}\n\nBe brief.`));
});

test('of a row that is cut, the teacher is asked for the tokens that are left', async () => {
  const messages = [
    turn('user', 'Hi'),
    turn('assistant', 'one two three four five six seven eight nine ten'),
  ];
  const { example, row } = await prompted({ messages }, { maxLength: 16 });
  expect(example.truncated).toBeGreaterThan(0);
  const left = trained(example);
  expect(left.length).toBeGreaterThan(0);
  expect(trained(whole(row))).toEqual(left);
});

test('every turn that is trained is asked for', async () => {
  const exchange = [turn('user', 'Hi'), turn('assistant', 'Hello')];
  const { example, row } = await prompted({ messages: [...exchange, ...exchange] });
  expect(trained(whole(row))).toEqual(trained(example));
});

test('a judged answer is learned as it stands', async () => {
  const { example, row } = await prompted(
    { prompt: 'Hi', completion: 'Hello', label: true },
    { rowKind: 'answers' },
  );
  expect(trained(whole(row))).toEqual(trained(example));
});

test.each([
  [
    'a text without turns',
    { text: 'Just a text.' },
    null,
    'The row is a text without turns, which no system turn can stand before.',
  ],
  [
    'a template that leaves the system turn out',
    { prompt: 'Hi', completion: 'Hello' },
    "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    'The chat template leaves the system turn out, so the prompt changes nothing.',
  ],
  [
    'a template that refuses it',
    { prompt: 'Hi', completion: 'Hello' },
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    'The chat template refuses the row (no system).',
  ],
  [
    'an answer that is written otherwise',
    { prompt: 'Hi', completion: 'Hello' },
    "{% set s = messages[0].role == 'system' %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | upper if s else m.content }}<|im_end|>\n{% endfor %}",
    'The tokens of its answer are others where the prompt stands before it.',
  ],
])('D2: %s is refused by a sentence', async (_, row, template, reason) => {
  const as = template === null ? tokenizer : tokenizer.withTemplate(template);
  const { row: found } = await prompted(row, {}, as);
  expect(found).toEqual({ index: 0, line: 1, reason });
});

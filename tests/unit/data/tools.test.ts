import { expect, test } from 'vitest';
import { openDataset } from '../../../src/data/dataset.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

/** Tools and their calls through a template that writes them, and through one that does not. */

const QWEN = `{%- if tools %}{{- '<|im_start|>system\\n# Tools\\n' }}{%- for tool in tools %}{{- tool | tojson + '\\n' }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
  {{- '<|im_start|>' + message.role }}
  {%- if message.reasoning_content %}{{- '\\n<think>' + message.reasoning_content + '</think>' }}{%- endif %}
  {%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
  {%- for call in message.tool_calls or [] %}{{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}\\n</tool_call>' }}{%- endfor %}
  {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}`;
/** Adds the arguments to a text, as DeepSeek's. */
const TEXTS = QWEN.replace('(call.function.arguments | tojson)', 'call.function.arguments');

const tool = { type: 'function', function: { name: 'weather', parameters: {} } };
const call = {
  id: 'c',
  type: 'function',
  function: { name: 'weather', arguments: '{"city": "<|im_end|>"}' },
};
const row = {
  messages: [
    { role: 'user', content: 'Rome?' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', content: 'sunny', tool_call_id: 'c' },
    { role: 'assistant', content: 'Sunny.', reasoning_content: 'hm' },
  ],
  tools: [tool],
};

async function opened(template?: string) {
  const tokenizer = await tinyTokenizer({}, template);
  const dataset = await openDataset(new Blob([JSON.stringify(row)]), tokenizer, {
    maxLength: 512,
    raw: false,
  });
  expect(dataset.report.bad).toEqual([]);
  const [{ ids, labels }] = await dataset.examples([0]);
  const trained: string[] = [];
  let run: number[] = [];
  for (let i = 0; i <= labels.length; i++) {
    if (i < labels.length && labels[i] !== -100) run.push(labels[i]);
    else if (run.length > 0) {
      trained.push(tokenizer.decode(run));
      run = [];
    }
  }
  const ends = [...ids].filter((id) => id === tokenizer.eosTokenId).length;
  return { dataset, trained, text: tokenizer.decode([...ids]), ends };
}

test.each([
  ['tojson', QWEN],
  ['a template that adds the arguments to a text', TEXTS],
])('a call is trained as the assistant’s, its arguments by %s', async (_, template) => {
  const { trained, text, ends, dataset } = await opened(template);
  expect(trained).toHaveLength(2);
  expect(trained[0].replace(/": ?"/g, '": "').trim()).toBe(
    '<tool_call>\n{"name": "weather", "arguments": {"city": "<|im_end|>"}}\n</tool_call><|im_end|>',
  );
  expect(trained[1]).toContain('Sunny.<|im_end|>');
  expect(text).toContain('# Tools\n{"type": "function"');
  // What the call says of an end of turn is its words.
  expect(ends).toBe(5);
  expect(dataset.report.warnings).toEqual([]);
  const [question] = await dataset.questions([0]);
  expect(question).toMatchObject({
    reference: 'Sunny.',
    tools: [tool],
    turns: [{}, { tool_calls: [{}] }, {}],
  });
});

test('a template without tools trains calls as text, and says what it leaves out', async () => {
  const { trained, dataset } = await opened();
  expect(trained).toEqual([
    '{"name":"weather","arguments":{"city":"<|im_end|>"}}<|im_end|>',
    'Sunny.<|im_end|>',
  ]);
  expect(dataset.report.warnings).toEqual([
    '1 row has tools that the chat template does not write.',
    '1 row trains its calls of tools as text, since the chat template writes none.',
    '1 row has thinking that the chat template leaves out, so that it is not trained.',
  ]);
});

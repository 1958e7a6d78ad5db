import { describe, expect, test } from 'vitest';
import { ChatTemplate, type TemplateTurn } from '../../../../src/data/text/template.ts';

const CONTROL = ['<s>', '</s>', '<|im_start|>', '<|im_end|>', '[INST]', '[/INST]', '<|A|>', '<|U|>'];
const context = { controlTokens: CONTROL, variables: { bos_token: '<s>', eos_token: '</s>' } };

/** Turns as `u:Hi`, and what is trained of each row. */
function trained(source: string, ...rows: string[]): string[] {
  const turns: TemplateTurn[] = rows.map((row) => {
    const [, letter, content] = /^(.):([\s\S]*)$/.exec(row)!;
    return { role: { s: 'system', u: 'user', a: 'assistant' }[letter]!, content };
  });
  const { text, spans } = new ChatTemplate(source, context).locate(
    turns,
    turns.map(() => true),
  );
  return spans.map(({ begin, end }) => text.slice(begin, end));
}

const LAST_USER_SYSTEM = `{%- if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}
{{- bos_token }}
{%- for message in loop_messages %}
  {%- if message['role'] == 'user' %}
    {%- if loop.last and system_message is defined %}
      {{- '[INST] ' + system_message + '\\n\\n' + message['content'] + '[/INST]' }}
    {%- else %}{{- '[INST] ' + message['content'] + '[/INST]' }}{%- endif %}
  {%- else %}{{- ' ' + message['content'] + eos_token }}{%- endif %}
{%- endfor %}`;
const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const DEFAULT_SYSTEM =
  "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\\nBe kind.<|im_end|>\\n' }}{% endif %}" +
  CHATML;
const BOS_IN_LOOP = CHATML.replace('{{ ', '{{ (bos_token if loop.first else "") + ');

describe('spans begin after the header of their own turn', () => {
  test('where the system text goes into the last user turn', () => {
    expect(trained(LAST_USER_SYSTEM, 's:Be brief.', 'u:Hi there', 'a:Hello')).toEqual([' Hello</s>']);
    expect(trained(LAST_USER_SYSTEM, 's:S', 'u:one', 'a:two', 'u:three', 'a:four')).toEqual([
      ' two</s>',
      ' four</s>',
    ]);
  });

  test('where the last user turn gets a suffix', () => {
    const source = CHATML.replace(
      "m.content + '",
      "m.content + (' /no_think' if loop.last and m.role == 'user' else '') + '",
    );
    expect(trained(source, 'u:a', 'a:b', 'u:c', 'a:d')).toEqual(['b<|im_end|>', 'd<|im_end|>']);
  });

  test.each([
    ['a plain template', CHATML],
    ['a default system turn', DEFAULT_SYSTEM],
    ['the beginning token in the loop', BOS_IN_LOOP],
  ])('where the assistant speaks first: %s', (_name, source) => {
    expect(trained(source, 'a:Welcome!', 'u:Hi', 'a:Yes?')).toEqual(['Welcome!<|im_end|>', 'Yes?<|im_end|>']);
    expect(trained(source, 's:Be.', 'a:Welcome!')).toEqual(['Welcome!<|im_end|>']);
  });

  test('where the generation prompt begins to think for the model', () => {
    const source =
      "{% for m in messages %}{% if m.role == 'user' %}{{ '<|U|>' + m.content }}{% else %}{{ '<|A|>' + m.content + '</s>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|A|><think>\\n' }}{% endif %}";
    expect(trained(source, 'u:q', 'a:<think>\nhm\n</think>\n\nx')).toEqual([
      '<think>\nhm\n</think>\n\nx</s>',
    ]);
  });

  test('where the header is named by nothing that is asked for', () => {
    const source =
      "{% for m in messages %}{{ '### ' + m.role + ':\\n' + m.content + '</s>' }}{% endfor %}{% if add_generation_prompt %}{{ '### Reply\\n' }}{% endif %}";
    expect(trained(source, 'u:q', 'a:x')).toEqual(['x</s>']);
  });
});

test('a turn with the same words as one before it, empty turns and blanks', () => {
  expect(trained(CHATML, 'u:yes', 'a:yes', 'u:yes', 'a:yes')).toEqual(['yes<|im_end|>', 'yes<|im_end|>']);
  expect(trained(CHATML, 'u:', 'a:', 'u: \n', 'a:  x ')).toEqual(['<|im_end|>', '  x <|im_end|>']);
  const asks = CHATML.replace('m.content', "(m.content if m.content else '')");
  expect(trained(asks, 'u:a', 'a:', 'u:b', 'a:c')).toEqual(['<|im_end|>', 'c<|im_end|>']);
});

test('a turn without an end ends with its words, never with those of the next', () => {
  const source =
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content }}{% endif %}{% endfor %}";
  expect(trained(source, 'u:a', 'a:b', 'u:c', 'a:d')).toEqual([' b', ' d']);
});

test('thinking that a template cuts out of answers stays for training', () => {
  const source =
    "{% for m in messages %}{% if m.role == 'user' %}{{ '<|U|>' + m.content }}{% else %}{% set content = m.content %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{ '<|A|>' + content + '</s>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|A|><think>\\n' }}{% endif %}";
  expect(trained(source, 'u:q', 'a:<think>\nhm\n</think>\n\nx')).toEqual(['<think>\nhm\n</think>\n\nx</s>']);
});

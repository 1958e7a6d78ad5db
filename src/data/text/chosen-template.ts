import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../../weights/source.ts';
import { JinjaTemplate } from './jinja/interpreter.ts';

/**
 * Chat templates for models that bring none, in tokens that the model has: where it has no token for the end of a turn,
 * an answer ends with its EOS.
 */

const PROMPT = '{%- if add_generation_prompt %}';

/** Turns one after another, each begun by the name of who speaks; a system text stands as it is. */
function plain(eos: string): string {
  return `{%- for message in messages %}{%- if message.role == 'system' %}{{- message.content + '\\n\\n' }}{%- elif message.role == 'assistant' %}{{- 'Assistant: ' + message.content + ${eos} + '\\n' }}{%- else %}{{- 'User: ' + message.content + '\\n' }}{%- endif %}{%- endfor %}${PROMPT}{{- 'Assistant:' }}{%- endif %}`;
}

function chatml(end: string): string {
  return `{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + ${end} + '\\n' }}{%- endfor %}${PROMPT}{{- '<|im_start|>assistant\\n' }}{%- endif %}`;
}

function alpaca(eos: string): string {
  return `{%- for message in messages %}{%- if message.role == 'system' %}{{- message.content + '\\n\\n' }}{%- elif message.role == 'assistant' %}{{- '### Response:\\n' + message.content + ${eos} + '\\n\\n' }}{%- else %}{{- '### Instruction:\\n' + message.content + '\\n\\n' }}{%- endif %}{%- endfor %}${PROMPT}{{- '### Response:\\n' }}{%- endif %}`;
}

export const TEMPLATE_NAMES = ['plain', 'chatml', 'alpaca'] as const;

/**
 * The tokenizer with a chat template of the person's choice.
 *
 * @param choice a name of `TEMPLATE_NAMES`, or Jinja text.
 * @throws UserError `bad-chat-template`
 */
export function withChatTemplate(files: TokenizerFiles, choice: string): TokenizerFiles {
  const chatTemplate = namedTemplate(files, choice) ?? choice;
  try {
    new JinjaTemplate(chatTemplate);
  } catch (error) {
    throw new UserError(
      'bad-chat-template',
      `The chat template is not Jinja that can be read (${error instanceof Error ? error.message : error}). Nothing was changed. Correct the file, or name one of ${TEMPLATE_NAMES.join(', ')}.`,
      { cause: error },
    );
  }
  return { ...files, chatTemplate, chosen: true };
}

function namedTemplate({ tokenizerJson, tokenizerConfig }: TokenizerFiles, name: string): string | null {
  const hasEnd = JSON.stringify([tokenizerJson.added_tokens, tokenizerConfig.added_tokens_decoder]).includes(
    '"<|im_end|>"',
  );
  const eos = tokenizerConfig.eos_token ? 'eos_token' : "''";
  switch (name) {
    case 'plain':
      return plain(eos);
    case 'chatml':
      return chatml(hasEnd ? "'<|im_end|>'" : eos);
    case 'alpaca':
      return alpaca(eos);
    default:
      return null;
  }
}

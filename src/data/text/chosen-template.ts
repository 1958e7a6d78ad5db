import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../../weights/source.ts';
import { postProcessorFrame } from '../../weights/tokenizer-frame.ts';
import { JinjaTemplate } from './jinja/interpreter.ts';
import { isTemplateName, TEMPLATE_NAMES, type TemplateName } from './template-names.ts';
import { tokenText } from './tokenizer-files.ts';

/**
 * Chat templates for models that bring none, in tokens that the model has: where it has no token for the end of a turn,
 * an answer ends with its EOS, and where its tokenizer puts a BOS in front of texts, a conversation begins with it.
 */

const PROMPT = '{%- if add_generation_prompt %}';

/** Turns one after another, each begun by the name of who speaks; a system text stands as it is. */
function plain(eos: string): string {
  return `{%- for message in messages %}{%- if message.role == 'system' %}{{- message.content + '\\n\\n' }}{%- elif message.role == 'assistant' %}{{- 'Assistant: ' + message.content + ${eos} + '\\n' }}{%- else %}{{- 'User: ' + message.content + '\\n' }}{%- endif %}{%- endfor %}${PROMPT}{{- 'Assistant:' }}{%- endif %}`;
}

function chatml(begin: string, end: string): string {
  return `{%- for message in messages %}{{- '${begin}' + message.role + '\\n' + message.content + ${end} + '\\n' }}{%- endfor %}${PROMPT}{{- '${begin}assistant\\n' }}{%- endif %}`;
}

function alpaca(eos: string): string {
  return `{%- for message in messages %}{%- if message.role == 'system' %}{{- message.content + '\\n\\n' }}{%- elif message.role == 'assistant' %}{{- '### Response:\\n' + message.content + ${eos} + '\\n\\n' }}{%- else %}{{- '### Instruction:\\n' + message.content + '\\n\\n' }}{%- endif %}{%- endfor %}${PROMPT}{{- '### Response:\\n' }}{%- endif %}`;
}

/** Tokens that begin and end a turn, as models that are no chat models have them too. */
const TURN_TOKENS = [
  ['<|im_start|>', '<|im_end|>'],
  ['<start_of_turn>', '<end_of_turn>'],
] as const;

/** The template to propose for a model that brings none: ChatML where the model has its tokens, else plain lines. */
export function proposedTemplate(files: TokenizerFiles): TemplateName {
  return TURN_TOKENS[0].every((token) => hasToken(files, token)) ? 'chatml' : 'plain';
}

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

function namedTemplate(files: TokenizerFiles, name: string): string | null {
  const { tokenizerJson, tokenizerConfig } = files;
  const bos = tokenText(tokenizerConfig.bos_token);
  const begins = bos !== null && postProcessorFrame(tokenizerJson.post_processor).before.includes(bos);
  const eos = tokenizerConfig.eos_token ? 'eos_token' : "''";
  const [begin, end] = TURN_TOKENS.find((pair) => pair.every((token) => hasToken(files, token))) ?? [];
  const ownEnd = hasToken(files, '<|im_end|>') ? "'<|im_end|>'" : eos;
  const write: Record<TemplateName, () => string> = {
    plain: () => plain(eos),
    chatml: () => chatml(begin ?? '<|im_start|>', end === undefined ? ownEnd : `'${end}'`),
    alpaca: () => alpaca(eos),
  };
  if (!isTemplateName(name)) return null;
  return (begins ? '{{- bos_token }}' : '') + write[name]();
}

function hasToken({ tokenizerJson, tokenizerConfig }: TokenizerFiles, token: string): boolean {
  const added = [
    ...(Array.isArray(tokenizerJson.added_tokens) ? tokenizerJson.added_tokens : []),
    ...Object.values(tokenizerConfig.added_tokens_decoder ?? {}),
  ];
  return added.some(({ content }: { content?: unknown }) => content === token);
}

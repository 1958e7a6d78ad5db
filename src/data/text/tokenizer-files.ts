import type { AddedToken } from './added-tokens.ts';

/** What the files of a tokenizer say, beside their vocabulary. */

/** A token in tokenizer_config.json is its text, or an object with its `content`. */
export function tokenText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    const { content } = value as { content?: unknown };
    if (typeof content === 'string') return content;
  }
  return null;
}

const NAMED_TOKENS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'pad_token',
  'sep_token',
  'cls_token',
  'mask_token',
];

/** What a template sees beside the messages: the texts of the named tokens, as in Python. */
export function templateVariables(config: Record<string, unknown>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of NAMED_TOKENS) {
    const text = tokenText(config[name]);
    if (text !== null) variables[name] = text;
  }
  return variables;
}

export function readAddedTokens(
  json: Record<string, unknown>,
  config: Record<string, unknown>,
): AddedToken[] {
  const list = Array.isArray(json.added_tokens) ? (json.added_tokens as Record<string, unknown>[]) : [];
  const decoder = (config.added_tokens_decoder ?? {}) as Record<string, Record<string, unknown>>;
  const known = new Set(list.map((token) => token.id));
  const more = Object.entries(decoder)
    .filter(([id]) => !known.has(Number(id)))
    .map(([id, token]): Record<string, unknown> => ({ ...token, id: Number(id) }));
  // The end and beginning tokens are control tokens even where the file forgot to say so.
  const named = new Set(['bos_token', 'eos_token'].map((name) => tokenText(config[name])));
  const tokens: AddedToken[] = [];
  for (const token of [...list, ...more]) {
    const { id, content } = token;
    if (typeof id !== 'number' || typeof content !== 'string' || content === '') continue;
    const special = token.special === true || named.has(content);
    tokens.push({
      id,
      content,
      special,
      normalized: typeof token.normalized === 'boolean' ? token.normalized : !special,
      lstrip: token.lstrip === true,
      rstrip: token.rstrip === true,
      singleWord: token.single_word === true,
    });
  }
  return tokens;
}

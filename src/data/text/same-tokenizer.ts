import type { TokenizerFiles } from '../../weights/source.ts';
import { openTokenizer } from './tokenizer.ts';
import { readAddedTokens } from './tokenizer-files.ts';

/** Texts that tokenizers of one vocabulary may still cut differently: blanks, digits, scripts, code, signs. */
const PROBES = [
  'The quick brown fox jumps over the lazy dog.',
  "  Two blanks,\ttabs\n\nand lines\r\n it's DON'T we'll  ",
  '0 12 345 6789 3.14159 1,234,567 1e-5 2026-12-01',
  'Größe naïve Łódź Ñandú İstanbul ﬁne é',
  'Привет, мир! Γειά σου Κόσμε שלום مرحبا بالعالم',
  '你好，世界。こんにちは世界 안녕하세요 नमस्ते สวัสดี',
  'function f(x) { return x === null ? "a\\n" : `x`; } // <tag attr="1"/>',
  '🙂👩‍👩‍👧‍👦🏳️‍🌈 ∑∫√≠ ½ © ™ … — “quoted” ‘single’',
];

/**
 * Whether two tokenizers are one: the same tokens under the same ids, and texts that are cut alike. How large a model's
 * embedding is does not matter, nor does the chat template.
 *
 * @returns what differs, for a sentence that goes on from “has another tokenizer: ”; null where nothing does
 */
export async function tokenizersDiffer(ours: TokenizerFiles, theirs: TokenizerFiles): Promise<string | null> {
  const [a, b] = [tokensOf(ours), tokensOf(theirs)];
  for (const id of new Set([...a.keys(), ...b.keys()]))
    if (a.get(id) !== b.get(id)) return `token ${id} is ${named(b.get(id))}, and here ${named(a.get(id))}`;
  const [one, other] = await Promise.all([ours, theirs].map((files) => openTokenizer(files)));
  for (const text of PROBES) {
    const [x, y] = [one.encode(text), other.encode(text)];
    if (x.length !== y.length || x.some((id, i) => id !== y[i]))
      return `it cuts “${text.trim()}” differently`;
  }
  return null;
}

const named = (token: string | undefined) => (token === undefined ? 'not there' : `“${token}”`);

/** Every token by its id. */
function tokensOf({ tokenizerJson, tokenizerConfig }: TokenizerFiles): Map<number, string> {
  const { vocab } = (tokenizerJson.model ?? {}) as { vocab?: Record<string, number> | [string, number][] };
  const tokens = new Map<number, string>();
  // Of Unigram a list of tokens with their scores.
  if (Array.isArray(vocab)) for (const [id, [token]] of vocab.entries()) tokens.set(id, token);
  else for (const [token, id] of Object.entries(vocab ?? {})) tokens.set(id, token);
  for (const { id, content } of readAddedTokens(tokenizerJson, tokenizerConfig)) tokens.set(id, content);
  return tokens;
}

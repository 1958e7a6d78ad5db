import type { BpeTokenizer, TokenizerForm } from './tokenizer-form.ts';

/**
 * SentencePiece's BPE with a fallback to bytes. llama.cpp has scores in place of merges: of all neighbours whose join is
 * a token it joins those of the highest score, the leftmost first. So the merges must be every way to make each token,
 * and all ways of one token must stand together; its score is then their place.
 */

const SPACE = '▁';

export function sentencePieceForm(given: BpeTokenizer, chat: boolean): TokenizerForm | { refused: string } {
  const { vocab, added } = given;
  if (given.ignoreMerges)
    return { refused: 'looks words up before it merges, which llama.cpp does not for SentencePiece' };
  const spaces = spacesOf(given);
  if (spaces.refused !== undefined) return spaces;
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  if (bytes.some((byte) => !Object.hasOwn(vocab, byte)))
    return { refused: 'has not a token for every byte, which llama.cpp asks for' };
  if (spaces.cuts && Object.keys(vocab).some((token) => token.lastIndexOf(SPACE) > 0))
    return { refused: 'cuts words before it merges, which llama.cpp does not for SentencePiece' };
  const scores = scoresOf(given, new Set(added.map(({ content }) => content)));
  if (!scores) return { refused: 'has merges that are not those of a SentencePiece model' };
  // Where only the beginning of a text gets a space, llama.cpp puts one behind every control token too, or nowhere.
  const prefix = spaces.prefix === 'first' ? !chat : spaces.prefix !== 'never';
  const isByte = new Set(bytes);
  return {
    keys: {
      'tokenizer.ggml.pre': { type: 'string', value: 'default' },
      'tokenizer.ggml.add_space_prefix': { type: 'bool', value: prefix },
    },
    scores,
    isByte: (token) => isByte.has(token),
    differs: [
      ...(spaces.prefix === 'first'
        ? [
            prefix
              ? 'llama.cpp puts a space after every control token of a text; the model was trained with one at its beginning alone.'
              : 'llama.cpp puts no space in front of a text that begins without a control token; the model was trained with one.',
          ]
        : []),
      ...(prefix && spaces.prefix !== 'normalizer'
        ? ['llama.cpp puts a space also in front of a text that begins with one.']
        : []),
    ],
  };
}

interface Spaces {
  refused?: undefined;
  /** Where a space is put in front: by the normaliser before every stretch, or by Metaspace's scheme. */
  prefix: 'normalizer' | 'always' | 'first' | 'never';
  /** Whether text is cut into words at the spaces. */
  cuts: boolean;
}

type Step = Record<string, unknown>;

/** How spaces become ▁. */
function spacesOf({ normalizer, preTokenizer }: BpeTokenizer): Spaces | { refused: string } {
  const steps = parts(normalizer, 'normalizers').map(step);
  const [words, ...more] = parts(preTokenizer, 'pretokenizers');
  const replaces = steps.filter((kind) => kind === 'replace').length;
  const prepends = steps.includes('prepend');
  const known = steps.every((kind) => kind !== null) && steps.lastIndexOf('prepend') < 1 && replaces <= 1;
  if (!known || more.length > 0)
    return { refused: 'changes text in a way that llama.cpp does not for SentencePiece' };
  if (words === undefined || (isSplitAtSpaces(words) && replaces === 1))
    return replaces === 1
      ? { prefix: prepends ? 'normalizer' : 'never', cuts: false }
      : { refused: 'leaves spaces as they are, which llama.cpp does not for SentencePiece' };
  const { type, replacement = SPACE, prepend_scheme: scheme = 'always', split } = words;
  if (type !== 'Metaspace' || replacement !== SPACE || steps.length > 0)
    return { refused: 'splits text in a way that llama.cpp does not for SentencePiece' };
  return { prefix: scheme as 'always' | 'first' | 'never', cuts: split !== false };
}

function parts(given: unknown, key: 'normalizers' | 'pretokenizers'): Step[] {
  if (typeof given !== 'object' || given === null) return [];
  const list = (given as Step)[key];
  return Array.isArray(list) ? (list as Step[]) : [given as Step];
}

function step({ type, prepend, pattern, content }: Step): 'prepend' | 'replace' | null {
  if (type === 'Prepend' && prepend === SPACE) return 'prepend';
  const replaced = (pattern as { String?: unknown } | undefined)?.String;
  return type === 'Replace' && replaced === ' ' && content === SPACE ? 'replace' : null;
}

/** Gemma's, which has nothing to cut where the spaces have become ▁. */
function isSplitAtSpaces({ type, pattern }: Step): boolean {
  return type === 'Split' && (pattern as { String?: unknown } | undefined)?.String === ' ';
}

/** By token, minus the place of its first merge; null where llama.cpp would join what these merges do not, or in another order. */
function scoresOf(
  { vocab, merges }: BpeTokenizer,
  added: ReadonlySet<string>,
): ReadonlyMap<string, number> | null {
  const pairs = new Set<string>();
  const scores = new Map<string, number>();
  let before: string | null = null;
  for (const [place, [left, right]] of merges.entries()) {
    const token = left + right;
    pairs.add(`${left} ${right}`);
    if (token !== before && scores.has(token)) return null;
    if (!scores.has(token)) scores.set(token, 0 - place);
    before = token;
  }
  for (const token of Object.keys(vocab)) {
    // An added token is found before anything is merged.
    if (added.has(token)) continue;
    const characters = [...token];
    let left = '';
    for (const character of characters.slice(0, -1)) {
      left += character;
      const right = token.slice(left.length);
      if (!Object.hasOwn(vocab, left) || !Object.hasOwn(vocab, right) || added.has(left) || added.has(right))
        continue;
      if (isMade(left, scores) && isMade(right, scores) && !pairs.has(`${left} ${right}`)) return null;
    }
  }
  return scores;
}

/** Whether merging can come to it: a character, or a token that a merge makes. */
function isMade(token: string, scores: ReadonlyMap<string, number>): boolean {
  return scores.has(token) || [...token].length === 1;
}

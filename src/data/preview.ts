import type { EncodedRow } from './encode.ts';
import type { RowTokenizer } from './text/tokenizer.ts';
import type { PreviewToken } from './types.ts';

/** Tokens shown of one row, at most. */
const MOST_TOKENS = 4096;

/**
 * The tokens of a row with what each is for: trained on, context that a person wrote, the template's own, or
 * cut off after `maxLength`.
 */
export function previewRow(encoded: EncodedRow, tokenizer: RowTokenizer, maxLength: number): PreviewToken[] {
  const trained = new Set<number>();
  for (const { begin, end } of encoded.targets) for (let i = begin; i < end; i++) trained.add(i);
  const written = writtenTokens(encoded, tokenizer);
  const shown = encoded.ids.slice(0, MOST_TOKENS);
  const texts = textsOf(shown, tokenizer);
  return shown.map((id, i) => {
    let kind: PreviewToken['kind'] = written.has(i) ? 'context' : 'template';
    if (i >= maxLength) kind = 'cut';
    else if (trained.has(i)) kind = 'trained';
    return { id, text: texts[i], kind };
  });
}

/** A character has at most four bytes, but a token may hold the end of one and the beginning of the next. */
const LONGEST_RUN = 8;

/** The text of each token; where one is but a piece of a character, the first has it whole and the others null. */
function textsOf(ids: readonly number[], tokenizer: RowTokenizer): (string | null)[] {
  const texts: (string | null)[] = [];
  while (texts.length < ids.length) {
    const rest = ids.slice(texts.length, texts.length + LONGEST_RUN);
    let length = 1;
    let text = tokenizer.tokenText(rest.slice(0, 1));
    while (text.includes('\uFFFD') && length < rest.length)
      text = tokenizer.tokenText(rest.slice(0, ++length));
    if (text.includes('\uFFFD')) {
      // The row itself has this character, or ends within one.
      length = 1;
      text = tokenizer.tokenText(rest.slice(0, 1));
    }
    texts.push(text, ...new Array(length - 1).fill(null));
  }
  return texts;
}

/** Positions of the tokens that come from the row and not from the template. */
function writtenTokens({ ids, rendered }: EncodedRow, tokenizer: RowTokenizer): Set<number> {
  const written = new Set<number>();
  const add = (begin: number, end: number): void => {
    for (let i = begin; i < end; i++) written.add(i);
  };
  if (rendered) {
    for (const { begin, end } of tokenizer.contents(rendered.turns, rendered.tools)) add(begin, end);
  } else add(tokenizer.frame.before.length, ids.length);
  return written;
}

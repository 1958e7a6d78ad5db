/**
 * Tokens that are cut out of the text before the model's own vocabulary is used: control tokens such as
 * `<|im_end|>`, and whatever else a tokenizer adds. As Rust's `tokenizers`: leftmost, then longest.
 */

export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  /** Matched after normalisation, else before. */
  normalized: boolean;
  /** The match takes the whitespace before (behind) it as well. */
  lstrip: boolean;
  rstrip: boolean;
  /** Matches only between characters that are not of a word. */
  singleWord: boolean;
}

/** A stretch of text, or one added token found in it. */
export interface Piece {
  text: string;
  /** Where the piece begins in the text that was split, in UTF-16 units. */
  begin: number;
  token: AddedToken | null;
}

interface TrieNode {
  next: Map<number, TrieNode>;
  token: AddedToken | null;
}

/** Tested on one character at a time: before `$`, a class misses characters beyond U+FFFF in V8 14.6 and Firefox 153. */
const WORD_CHARACTER = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

export class AddedTokenSplitter {
  private readonly root: TrieNode = { next: new Map(), token: null };
  private readonly firstUnit: Uint8Array = new Uint8Array(65536);
  private readonly empty: boolean;

  /** @param tokens with the text to look for, which for normalised tokens is not their `content`. */
  constructor(tokens: readonly { text: string; token: AddedToken }[]) {
    this.empty = tokens.length === 0;
    for (const { text, token } of tokens) {
      if (text === '') continue;
      let node = this.root;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        let next = node.next.get(unit);
        if (!next) {
          next = { next: new Map(), token: null };
          node.next.set(unit, next);
        }
        node = next;
      }
      node.token = token;
      this.firstUnit[text.charCodeAt(0)] = 1;
    }
  }

  split(text: string): Piece[] {
    if (this.empty || text === '') return text === '' ? [] : [{ text, begin: 0, token: null }];
    const pieces: Piece[] = [];
    let begin = 0;
    let at = 0;
    while (at < text.length) {
      const match = this.firstUnit[text.charCodeAt(at)] === 1 ? this.longestAt(text, at) : null;
      if (!match) {
        at++;
        continue;
      }
      if (match.token.singleWord && insideWord(text, at, match.end)) {
        // Rust looks for the next match behind this one, not within it.
        at = match.end;
        continue;
      }
      let from = at;
      let to = match.end;
      if (match.token.lstrip) while (from > begin && isSpace(text, from - 1)) from--;
      if (match.token.rstrip) while (to < text.length && isSpace(text, to)) to++;
      if (from > begin) pieces.push({ text: text.slice(begin, from), begin, token: null });
      pieces.push({ text: text.slice(from, to), begin: from, token: match.token });
      begin = to;
      at = to;
    }
    if (begin < text.length) pieces.push({ text: text.slice(begin), begin, token: null });
    return pieces;
  }

  private longestAt(text: string, at: number): { token: AddedToken; end: number } | null {
    let node = this.root;
    let found: { token: AddedToken; end: number } | null = null;
    for (let i = at; i < text.length; i++) {
      const next = node.next.get(text.charCodeAt(i));
      if (!next) break;
      node = next;
      if (node.token) found = { token: node.token, end: i + 1 };
    }
    return found;
  }
}

/** Whether a character of a word touches [begin, end). */
function insideWord(text: string, begin: number, end: number): boolean {
  return (
    WORD_CHARACTER.test(characterBefore(text, begin)) ||
    (end < text.length && WORD_CHARACTER.test(String.fromCodePoint(text.codePointAt(end)!)))
  );
}

/** The character that ends at a place, which may be two UTF-16 units; '' at the beginning. */
function characterBefore(text: string, end: number): string {
  const pair = end >= 2 && text.codePointAt(end - 2)! > 0xffff;
  return text.slice(Math.max(0, end - (pair ? 2 : 1)), end);
}

function isSpace(text: string, at: number): boolean {
  return /\p{White_Space}/u.test(text[at]);
}

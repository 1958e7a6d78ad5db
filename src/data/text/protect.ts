import { escapeForRegExp } from './escape.ts';

/**
 * Keeps what people write from being read as control tokens. A row may say `<|im_end|>` in a user's turn; to the
 * model that must be ten ordinary characters and not the end of the turn.
 *
 * Before a template is rendered, the text of every control token inside a content is replaced by one character
 * of Unicode's private use area. The template sees an ordinary character, the splitter finds only the control
 * tokens that the template itself wrote, and the characters are turned back into text after the split. Content
 * without such text is not touched, so its ids are exactly those of Python.
 *
 * A control token could also be put together from the end of a content and the template's text behind it (or the
 * other way round): an unfinished control token at a content's edge loses a character to a stand-in too.
 */
export class ControlTextGuard {
  private readonly anyToken: RegExp | null;
  private readonly longest: number;
  private readonly beginnings = new Set<string>();
  private readonly ends = new Set<string>();

  /** @param tokens texts of the control tokens. */
  constructor(tokens: readonly string[]) {
    const known = [...new Set(tokens)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
    this.longest = known[0]?.length ?? 0;
    this.anyToken = known.length === 0 ? null : new RegExp(known.map(escapeForRegExp).join('|'), 'g');
    for (const token of known) {
      for (let cut = 1; cut < token.length; cut++) {
        this.beginnings.add(token.slice(0, cut));
        this.ends.add(token.slice(cut));
      }
    }
  }

  /**
   * @param contents the texts to protect; they come back in the same order.
   * @param alsoInUse further text whose private-use characters must not be taken as stand-ins.
   * @returns the protected texts, and what each stand-in stands for (null: nothing had to be replaced).
   */
  protect(contents: readonly string[], alsoInUse = ''): { contents: string[]; stands: StandIns | null } {
    const { anyToken } = this;
    if (!anyToken || !contents.some((text) => this.touches(text))) {
      return { contents: [...contents], stands: null };
    }
    const stands = new StandIns([...contents, alsoInUse]);
    const safe = contents.map((text) =>
      this.protectEdges(
        text.replace(anyToken, (token) => stands.standInFor(token)),
        stands,
      ),
    );
    return { contents: safe, stands };
  }

  private touches(text: string): boolean {
    const { anyToken } = this;
    if (!anyToken) return false;
    anyToken.lastIndex = 0;
    return anyToken.test(text) || this.openEnd(text) !== -1 || this.openStart(text) !== -1;
  }

  private protectEdges(text: string, stands: StandIns): string {
    const end = this.openEnd(text);
    if (end !== -1) text = text.slice(0, end) + stands.standInFor(text[end]) + text.slice(end + 1);
    const start = this.openStart(text);
    if (start !== -1) text = text.slice(0, start) + stands.standInFor(text[start]) + text.slice(start + 1);
    return text;
  }

  /** Where a proper beginning of a control token starts that reaches the end of the text, or −1. */
  private openEnd(text: string): number {
    for (let at = Math.max(0, text.length - this.longest + 1); at < text.length; at++) {
      if (this.beginnings.has(text.slice(at))) return at;
    }
    return -1;
  }

  /** Last character of a proper end of a control token that begins the text, or −1. */
  private openStart(text: string): number {
    for (let length = Math.min(this.longest - 1, text.length); length > 0; length--) {
      if (this.ends.has(text.slice(0, length))) return length - 1;
    }
    return -1;
  }
}

/** Private-use characters that stand for text, chosen so that none occurs in the texts at hand. */
export class StandIns {
  private readonly used: Set<string>;
  private readonly byText = new Map<string, string>();
  private readonly byCharacter = new Map<string, string>();
  private next = 0xe000;

  constructor(texts: readonly string[]) {
    this.used = new Set(texts.flatMap((text) => text.match(PRIVATE_USE) ?? []));
  }

  standInFor(text: string): string {
    let character = this.byText.get(text);
    if (character === undefined) {
      character = this.fresh();
      this.byText.set(text, character);
      this.byCharacter.set(character, text);
    }
    return character;
  }

  /** A character that stands for nothing and occurs nowhere. */
  fresh(): string {
    for (; this.next <= 0xf8ff; this.next++) {
      const character = String.fromCharCode(this.next);
      if (!this.used.has(character)) {
        this.next++;
        return character;
      }
    }
    throw new Error('The text uses every private-use character.');
  }

  /** Stand-ins back to the text that they stand for. */
  restore(text: string): string {
    return text.replace(PRIVATE_USE, (character) => this.byCharacter.get(character) ?? character);
  }

  /** The text in parts, cut inside each text that a stand-in stands for, so that no part holds a whole one. */
  restoreInParts(text: string): string[] {
    const parts = [''];
    for (const character of text) {
      const stood = this.byCharacter.get(character);
      if (stood === undefined) parts[parts.length - 1] += character;
      else {
        const cut = Math.max(1, stood.length >> 1);
        parts[parts.length - 1] += stood.slice(0, cut);
        parts.push(stood.slice(cut));
      }
    }
    return parts.filter((part) => part !== '');
  }
}

const PRIVATE_USE = /[\ue000-\uf8ff]/g;

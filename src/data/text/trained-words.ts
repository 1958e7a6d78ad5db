import { escapeForRegExp } from './escape.ts';
import type { TemplateTurn } from './template.ts';

/**
 * The invariant of masks: what is trained of an assistant's turn is its words and its end, letter by letter. A search for
 * each text of the turn in the few characters of its span, which costs next to nothing beside tokenising it.
 */
export class TrainedWords {
  private readonly end: RegExp;
  private readonly between: RegExp;

  /** @param controlTokens texts of the control tokens */
  constructor(controlTokens: readonly string[]) {
    const tokens = controlTokens.filter((token) => token !== '').map(escapeForRegExp);
    const any = tokens.length === 0 ? '(?!)' : tokens.join('|');
    this.end = new RegExp(`^\\s*(?:${any})?\\s*$`);
    // What a template writes around thinking: blanks, tags, and control tokens with a name behind them.
    this.between = new RegExp(`^(?:\\s|</?\\w+>|(?:${any})\\w*)*$`);
  }

  /**
   * @param text what is trained of the turn
   * @returns `words` where it is without some of the turn's own, `besides` where it holds others; null where all is well
   */
  fault(
    text: string,
    { content, reasoning_content: thought = '', tool_calls: calls }: TemplateTurn,
  ): 'words' | 'besides' | null {
    let at = 0;
    // Thinking within the words may be written with other blanks and tags around it.
    const parts = [thought, ...(content.includes('think>') ? content.split(/<\/?think>/) : [content])];
    for (const part of parts.map((one) => one.trim()).filter((one) => one !== '')) {
      const found = text.indexOf(part, at);
      // Whether a template writes thinking that stands beside the words is told of its own.
      if (found === -1 && part === thought.trim()) continue;
      if (found === -1) return 'words';
      if (!this.between.test(text.slice(at, found))) return 'besides';
      at = found + part.length;
    }
    const rest = text.slice(at);
    if (calls && calls.length > 0)
      return calls.every((call) => rest.includes(call.function.name)) ? null : 'words';
    return this.end.test(rest) || (at === 0 && this.between.test(rest)) ? null : 'besides';
  }
}

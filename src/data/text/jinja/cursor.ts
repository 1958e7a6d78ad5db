import type { Token, TokenKind } from './lexer.ts';

/** A place among tokens: what stands there, and going on where it is what is wanted. */
export class Cursor {
  protected at = 0;

  constructor(protected readonly tokens: readonly Token[]) {}

  protected isOperator(value: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'operator' && token.value === value;
  }

  protected takeOperator(value: string): boolean {
    if (!this.isOperator(value)) return false;
    this.at++;
    return true;
  }

  protected operator(value: string): void {
    if (!this.takeOperator(value))
      this.fail(`expected token '${value}', got '${this.tokens[this.at]?.value}'`);
  }

  protected isName(value: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'name' && token.value === value;
  }

  protected takeName(value: string): boolean {
    if (!this.isName(value)) return false;
    this.at++;
    return true;
  }

  protected expect(kind: TokenKind): Token {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) this.fail(`expected ${kind}, got '${token?.value ?? 'end of template'}'`);
    this.at++;
    return token as Token;
  }

  protected fail(message: string): never {
    throw new SyntaxError(`The chat template cannot be read: ${message}`);
  }
}

import type { Arguments, Expression } from './ast.ts';
import { Cursor } from './cursor.ts';
import type { TokenKind } from './lexer.ts';
import { Float } from './values.ts';

export const CONSTANTS: Record<string, unknown> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const NO_ARGUMENTS: Arguments = { positional: [], named: [], spread: null, spreadNamed: null };
const STARTS_ARGUMENT = new Set<TokenKind>(['name', 'string', 'integer', 'float']);

/** Expressions, with jinja2's precedence: see parser.ts. */
export class Expressions extends Cursor {
  /** One expression, or several with commas as a tuple. */
  protected tuple(withCondition = true, endName = ''): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) {
        if (!this.takeOperator(',')) break;
        isTuple = true;
      }
      const token = this.tokens[this.at];
      if (
        !token ||
        token.kind.startsWith('end-') ||
        this.isOperator(')') ||
        (endName && this.isName(endName))
      )
        break;
      items.push(this.expression(withCondition));
    }
    if (items.length === 0 && !isTuple && !this.isOperator(')')) this.fail('Expected an expression');
    return isTuple || items.length === 0 ? { kind: 'tuple', items } : items[0];
  }

  protected expression(withCondition = true): Expression {
    let value = this.or();
    while (withCondition && this.takeName('if')) {
      const test = this.or();
      const otherwise = this.takeName('else') ? this.expression() : null;
      value = { kind: 'if', test, yes: value, otherwise };
    }
    return value;
  }

  private or(): Expression {
    let left = this.and();
    while (this.takeName('or')) left = { kind: 'or', left, right: this.and() };
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.takeName('and')) left = { kind: 'and', left, right: this.not() };
    return left;
  }

  private not(): Expression {
    return this.takeName('not') ? { kind: 'not', operand: this.not() } : this.comparison();
  }

  private comparison(): Expression {
    const first = this.sum();
    const rest: [string, Expression][] = [];
    for (;;) {
      const token = this.tokens[this.at];
      if (token?.kind === 'operator' && COMPARISONS.has(token.value)) {
        this.at++;
        rest.push([token.value, this.sum()]);
      } else if (this.takeName('in')) rest.push(['in', this.sum()]);
      else if (this.isName('not') && this.tokens[this.at + 1]?.value === 'in') {
        this.at += 2;
        rest.push(['not in', this.sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest };
  }

  private sum(): Expression {
    return this.binary(['+', '-'], () =>
      this.binary(['~'], () =>
        this.binary(['*', '/', '//', '%'], () => this.binary(['**'], () => this.unary(true))),
      ),
    );
  }

  private binary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((one) => this.takeOperator(one));
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: operand() };
    }
  }

  private unary(withFilters: boolean): Expression {
    let node: Expression;
    if (this.takeOperator('-')) node = { kind: 'neg', operand: this.unary(false) };
    else if (this.takeOperator('+')) node = { kind: 'pos', operand: this.unary(false) };
    else node = this.primary();
    node = this.postfix(node);
    return withFilters ? this.filters(node) : node;
  }

  private primary(): Expression {
    const token = this.tokens[this.at++];
    if (!token) return this.fail('unexpected end of template');
    switch (token.kind) {
      case 'name':
        return token.value in CONSTANTS
          ? { kind: 'const', value: CONSTANTS[token.value] }
          : { kind: 'name', name: token.value };
      case 'string': {
        let { value } = token;
        while (this.tokens[this.at]?.kind === 'string') value += this.tokens[this.at++].value;
        return { kind: 'const', value };
      }
      case 'integer':
        return { kind: 'const', value: Number(token.value.replaceAll('_', '')) };
      case 'float':
        return { kind: 'const', value: new Float(Number(token.value.replaceAll('_', ''))) };
      case 'operator':
        if (token.value === '(') {
          const inner = this.tuple();
          this.operator(')');
          return inner;
        }
        if (token.value === '[') return { kind: 'list', items: this.listed(']', () => this.expression()) };
        if (token.value === '{')
          return {
            kind: 'dict',
            items: this.listed('}', () => {
              const key = this.expression();
              this.operator(':');
              return [key, this.expression()];
            }),
          };
    }
    return this.fail(`unexpected '${token.value}'`);
  }

  private listed<T>(close: string, one: () => T): T[] {
    const items: T[] = [];
    while (!this.takeOperator(close)) {
      if (items.length > 0) {
        this.operator(',');
        if (this.takeOperator(close)) break;
      }
      items.push(one());
    }
    return items;
  }

  private postfix(node: Expression): Expression {
    for (;;) {
      if (this.takeOperator('.')) {
        const token = this.tokens[this.at++];
        if (token?.kind === 'name') node = { kind: 'attribute', of: node, name: token.value };
        else if (token?.kind === 'integer')
          node = { kind: 'item', of: node, key: { kind: 'const', value: Number(token.value) } };
        else this.fail('expected name or number');
      } else if (this.takeOperator('[')) {
        const keys = this.listed(']', () => this.subscript());
        if (keys.length === 0) this.fail('expected subscript expression');
        node = { kind: 'item', of: node, key: keys.length === 1 ? keys[0] : { kind: 'tuple', items: keys } };
      } else if (this.isOperator('(')) node = { kind: 'call', callee: node, args: this.args() };
      else return node;
    }
  }

  private subscript(): Expression {
    const part = (): Expression | null =>
      this.isOperator(':') || this.isOperator(']') || this.isOperator(',') ? null : this.expression();
    const from = part();
    if (!this.takeOperator(':')) return from ?? this.fail('expected subscript expression');
    const to = part();
    const step = this.takeOperator(':') ? part() : null;
    return { kind: 'slice', from, to, step };
  }

  protected filters(given: Expression | null, startsWithPipe = false): Expression {
    let node = given;
    let first = given === null && !startsWithPipe;
    for (;;) {
      if (first || this.takeOperator('|')) {
        first = false;
        const name = this.dottedName();
        node = { kind: 'filter', of: node, name, args: this.isOperator('(') ? this.args() : NO_ARGUMENTS };
      } else if (node && this.takeName('is')) node = this.test(node);
      else if (node && given !== null && this.isOperator('('))
        node = { kind: 'call', callee: node, args: this.args() };
      else return node ?? this.fail('expected a filter');
    }
  }

  private test(of: Expression): Expression {
    const negated = this.takeName('not');
    const name = this.dottedName();
    let args = NO_ARGUMENTS;
    const next = this.tokens[this.at];
    if (this.isOperator('(')) args = this.args();
    else if (
      next &&
      (STARTS_ARGUMENT.has(next.kind) || this.isOperator('[') || this.isOperator('{')) &&
      !(next.kind === 'name' && ['else', 'or', 'and'].includes(next.value))
    ) {
      if (this.isName('is')) this.fail('You cannot chain multiple tests with is');
      args = { ...NO_ARGUMENTS, positional: [this.postfix(this.primary())] };
    }
    const node: Expression = { kind: 'test', of, name, args };
    return negated ? { kind: 'not', operand: node } : node;
  }

  private dottedName(): string {
    let { value } = this.expect('name');
    while (this.takeOperator('.')) value += `.${this.expect('name').value}`;
    return value;
  }

  private args(): Arguments {
    this.operator('(');
    const args: Arguments = { positional: [], named: [], spread: null, spreadNamed: null };
    this.listed(')', () => {
      if (this.takeOperator('**')) args.spreadNamed = this.expression();
      else if (this.takeOperator('*')) args.spread = this.expression();
      else if (this.tokens[this.at]?.kind === 'name' && this.isOperator('=', 1)) {
        const { value: name } = this.expect('name');
        this.operator('=');
        args.named.push([name, this.expression()]);
      } else {
        if (args.named.length > 0 || args.spreadNamed)
          this.fail('invalid syntax for function call expression');
        args.positional.push(this.expression());
      }
    });
    return args;
  }
}

import type { Arguments, Expression, Parameter, Statement, Target } from './ast.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { Float } from './values.ts';

/**
 * Tokens to a tree, rule by rule as jinja2's parser: the same precedence (`-` binds looser than attributes and tighter
 * than filters, `not` looser than comparisons, comparisons chain).
 *
 * @throws SyntaxError for what jinja2 refuses, and for tags that chat templates cannot use (`include`, `block`, …).
 */
export function parse(source: string): Statement[] {
  return new Parser(tokenize(source)).template();
}

const CONSTANTS: Record<string, unknown> = {
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

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  template(): Statement[] {
    const body = this.body([]);
    if (this.at < this.tokens.length) this.fail(`unexpected '${this.tokens[this.at].value}'`);
    return body;
  }

  private body(until: readonly string[]): Statement[] {
    const statements: Statement[] = [];
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at];
      if (token.kind === 'text') {
        this.at++;
        statements.push({ kind: 'text', value: token.value });
      } else if (token.kind === 'begin-print') {
        this.at++;
        statements.push({ kind: 'print', value: this.tuple() });
        this.expect('end-print');
      } else {
        const name = this.tokens[this.at + 1];
        if (until.includes(name?.value ?? '')) return statements;
        this.at++;
        statements.push(this.statement());
      }
    }
    if (until.length > 0) this.fail(`unexpected end of template, expected '${until[0]}'`);
    return statements;
  }

  /** A body and the tag that ends it, which is read with what follows it up to its end where it is the last. */
  private bodyThen(...until: string[]): { body: Statement[]; tag: string } {
    this.expect('end-block');
    const body = this.body(until);
    this.expect('begin-block');
    const tag = this.expect('name').value;
    return { body, tag };
  }

  private statement(): Statement {
    const { value: tag } = this.expect('name');
    switch (tag) {
      case 'if':
        return this.branch();
      case 'for':
        return this.loop();
      case 'set':
        return this.assignment();
      case 'macro': {
        const { value: name } = this.expect('name');
        const parameters = this.parameters();
        return this.closed({ kind: 'macro', name, parameters, body: this.bodyThen('endmacro').body });
      }
      case 'call': {
        const parameters = this.isOperator('(') ? this.parameters() : [];
        const call = this.expression();
        if (call.kind !== 'call') this.fail('expected call');
        return this.closed({ kind: 'call-block', call, parameters, body: this.bodyThen('endcall').body });
      }
      case 'filter': {
        const filter = this.filters(null);
        return this.closed({ kind: 'filter-block', filter, body: this.bodyThen('endfilter').body });
      }
      case 'with': {
        const set: [Target, Expression][] = [];
        while (this.tokens[this.at]?.kind !== 'end-block') {
          if (set.length > 0) this.operator(',');
          const target = this.target(true);
          this.operator('=');
          set.push([target, this.expression()]);
        }
        return this.closed({ kind: 'with', set, body: this.bodyThen('endwith').body });
      }
      case 'generation':
        return this.closed({ kind: 'generation', body: this.bodyThen('endgeneration').body });
      case 'break':
      case 'continue':
        return this.closed({ kind: tag });
      default:
        return this.fail(`Encountered unknown tag '${tag}'.`);
    }
  }

  private closed<T>(statement: T): T {
    this.expect('end-block');
    return statement;
  }

  private branch(): Statement {
    const test = this.tuple(false);
    const { body: yes, tag } = this.bodyThen('elif', 'else', 'endif');
    if (tag === 'elif') return { kind: 'branch', test, yes, otherwise: [this.branch()] };
    const otherwise = tag === 'else' ? this.bodyThen('endif').body : [];
    return this.closed({ kind: 'branch', test, yes, otherwise });
  }

  private loop(): Statement {
    const target = this.target(false);
    if (!this.takeName('in')) this.fail("expected token 'in'");
    const over = this.tuple(false, 'recursive');
    const test = this.takeName('if') ? this.expression() : null;
    const recursive = this.takeName('recursive');
    const { body, tag } = this.bodyThen('endfor', 'else');
    const otherwise = tag === 'else' ? this.bodyThen('endfor').body : [];
    return this.closed({ kind: 'for', target, over, test, recursive, body, otherwise });
  }

  private assignment(): Statement {
    const target = this.target(true);
    if (this.takeOperator('=')) return this.closed({ kind: 'set', target, value: this.tuple() });
    const filter = this.isOperator('|') ? this.filters(null, true) : null;
    return this.closed({ kind: 'set-block', target, filter, body: this.bodyThen('endset').body });
  }

  private target(withAttribute: boolean): Target {
    const items: Target[] = [];
    let isTuple = false;
    do {
      if (this.isName('in') || this.isOperator('=') || this.isOperator(')')) break;
      if (this.takeOperator('(')) {
        items.push(this.target(false));
        this.operator(')');
      } else {
        const { value: name } = this.expect('name');
        if (name in CONSTANTS) this.fail(`can't assign to '${name}'`);
        if (withAttribute && this.takeOperator('.'))
          items.push({ kind: 'attribute', of: name, name: this.expect('name').value });
        else items.push({ kind: 'name', name });
      }
      if (!this.isOperator(',')) break;
      isTuple = true;
    } while (this.takeOperator(','));
    return isTuple ? { kind: 'tuple', items } : items[0];
  }

  private parameters(): Parameter[] {
    this.operator('(');
    const parameters: Parameter[] = [];
    while (!this.takeOperator(')')) {
      if (parameters.length > 0) this.operator(',');
      const { value: name } = this.expect('name');
      const byDefault = this.takeOperator('=') ? this.expression() : null;
      if (!byDefault && parameters.at(-1)?.byDefault)
        this.fail('non-default argument follows default argument');
      parameters.push({ name, byDefault });
    }
    return parameters;
  }

  /** One expression, or several with commas as a tuple. */
  private tuple(withCondition = true, endName = ''): Expression {
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

  private expression(withCondition = true): Expression {
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

  private filters(given: Expression | null, startsWithPipe = false): Expression {
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

  private isOperator(value: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'operator' && token.value === value;
  }

  private takeOperator(value: string): boolean {
    if (!this.isOperator(value)) return false;
    this.at++;
    return true;
  }

  private operator(value: string): void {
    if (!this.takeOperator(value))
      this.fail(`expected token '${value}', got '${this.tokens[this.at]?.value}'`);
  }

  private isName(value: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'name' && token.value === value;
  }

  private takeName(value: string): boolean {
    if (!this.isName(value)) return false;
    this.at++;
    return true;
  }

  private expect(kind: TokenKind): Token {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) this.fail(`expected ${kind}, got '${token?.value ?? 'end of template'}'`);
    this.at++;
    return token as Token;
  }

  private fail(message: string): never {
    throw new SyntaxError(`The chat template cannot be read: ${message}`);
  }
}

import type { Expression, Parameter, Statement, Target } from './ast.ts';
import { CONSTANTS, Expressions } from './expressions.ts';
import { tokenize } from './lexer.ts';

/**
 * Tokens to a tree, rule by rule as jinja2's parser: the same precedence (`-` binds looser than attributes and tighter
 * than filters, `not` looser than comparisons, comparisons chain).
 *
 * @throws SyntaxError for what jinja2 refuses, and for tags that chat templates cannot use (`include`, `block`, …).
 */
export function parse(source: string): Statement[] {
  return new Parser(tokenize(source)).template();
}

class Parser extends Expressions {
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
}

import type { Arguments, Expression, Parameter, Statement, Target } from './ast.ts';
import { attributeOf, itemOf, Slice } from './attributes.ts';
import { filtered, hasFilter } from './filters.ts';
import { GLOBALS } from './globals.ts';
import { loopOf } from './loop.ts';
import { binary, compareBy } from './operators.ts';
import { parse } from './parser.ts';
import { isThat } from './tests.ts';
import {
  type Call,
  Callable,
  defined,
  Float,
  fromJavaScript,
  isTrue,
  iterate,
  keyOf,
  Namespace,
  numberOf,
  Tuple,
  text,
  typeName,
  Undefined,
} from './values.ts';

/**
 * Chat templates as Python renders them: jinja2 3.1 as transformers sets it up (sandboxed, `trim_blocks`,
 * `lstrip_blocks`, loop controls, `{% generation %}`). What Python refuses is refused; what this engine has not is
 * refused by name. `tests/unit/data/fixtures` holds what Python makes of each feature.
 */
export class JinjaTemplate {
  private readonly body: readonly Statement[];

  /** @throws SyntaxError */
  constructor(source: string) {
    this.body = parse(source);
  }

  /**
   * @param marks written around what `{% generation %}` holds.
   * @throws Error with the template's own words where it refuses, else with Python's.
   */
  render(variables: Record<string, unknown>, marks: { begin: string; end: string } | null = null): string {
    const scope = new Scope(null);
    for (const [name, value] of GLOBALS) scope.set(name, value);
    for (const [name, value] of Object.entries(variables)) scope.set(name, fromJavaScript(value));
    return new Rendering(marks).all(this.body, new Scope(scope));
  }
}

class Scope {
  private readonly values = new Map<string, unknown>();

  constructor(private readonly outer: Scope | null) {}

  get(name: string): unknown {
    for (let scope: Scope | null = this; scope; scope = scope.outer) {
      if (scope.values.has(name)) return scope.values.get(name);
    }
    return new Undefined(`'${name}' is undefined`);
  }

  set(name: string, value: unknown): void {
    this.values.set(name, value);
  }
}

class Break extends Error {}
class Continue extends Error {}

class Rendering {
  constructor(private readonly marks: { begin: string; end: string } | null) {}

  all(body: readonly Statement[], scope: Scope): string {
    const out: string[] = [];
    this.write(body, scope, out);
    return out.join('');
  }

  private write(body: readonly Statement[], scope: Scope, out: string[]): void {
    for (const statement of body) this.one(statement, scope, out);
  }

  private one(statement: Statement, scope: Scope, out: string[]): void {
    switch (statement.kind) {
      case 'text':
        out.push(statement.value);
        return;
      case 'print':
        out.push(text(this.value(statement.value, scope)));
        return;
      case 'branch':
        this.write(
          isTrue(this.value(statement.test, scope)) ? statement.yes : statement.otherwise,
          scope,
          out,
        );
        return;
      case 'for':
        this.loop(statement, { scope, out, depth: 0, over: this.value(statement.over, scope) });
        return;
      case 'set':
        this.assign(statement.target, this.value(statement.value, scope), scope);
        return;
      case 'set-block': {
        const body = this.all(statement.body, new Scope(scope));
        this.assign(statement.target, this.applied(statement.filter, body, scope), scope);
        return;
      }
      case 'macro':
        scope.set(statement.name, this.macro(statement.name, statement, scope));
        return;
      case 'call-block': {
        const { call } = statement;
        if (call.kind !== 'call') return;
        const args = this.arguments(call.args, scope);
        args.named.set('caller', this.macro('caller', statement, scope));
        out.push(text(this.called(this.value(call.callee, scope), args)));
        return;
      }
      case 'filter-block':
        out.push(text(this.applied(statement.filter, this.all(statement.body, new Scope(scope)), scope)));
        return;
      case 'with': {
        const inner = new Scope(scope);
        const values = statement.set.map(([, value]) => this.value(value, scope));
        for (const [i, [target]] of statement.set.entries()) this.assign(target, values[i], inner);
        this.write(statement.body, inner, out);
        return;
      }
      case 'generation': {
        const body = this.all(statement.body, new Scope(scope));
        out.push(this.marks ? this.marks.begin + body + this.marks.end : body);
        return;
      }
      case 'break':
        throw new Break();
      case 'continue':
        throw new Continue();
    }
  }

  private loop(
    statement: Extract<Statement, { kind: 'for' }>,
    { scope, out, depth, over }: { scope: Scope; out: string[]; depth: number; over: unknown },
  ): void {
    const { target, test, body, otherwise } = statement;
    const items = iterate(over).filter((item) => {
      if (!test) return true;
      const inner = new Scope(scope);
      this.assign(target, item, inner);
      return isTrue(this.value(test, inner));
    });
    const again = (value: unknown): string => {
      const inner: string[] = [];
      this.loop(statement, { scope, out: inner, depth: depth + 1, over: value });
      return inner.join('');
    };
    const changes: { last: unknown } = { last: undefined };
    // jinja2 renders `else` where no turn of the loop came to its end, be it by `break` or `continue`.
    let isElse = true;
    for (let i = 0; i < items.length; i++) {
      // A scope for each turn of the loop: what one sets, the next does not see.
      const inner = new Scope(scope);
      inner.set('loop', loopOf({ items, at: i, depth, changes, again: statement.recursive ? again : null }));
      this.assign(target, items[i], inner);
      try {
        this.write(body, inner, out);
        isElse = false;
      } catch (error) {
        if (error instanceof Break) break;
        if (!(error instanceof Continue)) throw error;
      }
    }
    if (isElse) this.write(otherwise, new Scope(scope), out);
  }

  private assign(target: Target, value: unknown, scope: Scope): void {
    if (target.kind === 'name') scope.set(target.name, value);
    else if (target.kind === 'attribute') {
      const holder = scope.get(target.of);
      if (!(holder instanceof Namespace)) throw new Error('cannot assign attribute on non-namespace object');
      holder.values.set(target.name, value);
    } else {
      const items = iterate(value);
      const { length } = target.items;
      if (items.length < length)
        throw new Error(`not enough values to unpack (expected ${length}, got ${items.length})`);
      if (items.length > length) throw new Error(`too many values to unpack (expected ${length})`);
      for (const [i, one] of target.items.entries()) this.assign(one, items[i], scope);
    }
  }

  private applied(filter: Expression | null, value: string, scope: Scope): unknown {
    if (filter?.kind !== 'filter') return value;
    const inner = filter.of ? this.applied(filter.of, value, scope) : value;
    return filtered(filter.name, inner, this.arguments(filter.args, scope));
  }

  private macro(
    name: string,
    { parameters, body }: { parameters: readonly Parameter[]; body: readonly Statement[] },
    scope: Scope,
  ): Callable {
    const uses = JSON.stringify(body);
    return new Callable(name, ({ positional, named }) => {
      const inner = new Scope(scope);
      const rest = new Map(named);
      const caller = rest.get('caller');
      rest.delete('caller');
      parameters.forEach(({ name: parameter, byDefault }, i) => {
        let value: unknown = new Undefined(`parameter '${parameter}' was not provided`);
        if (i < positional.length) value = positional[i];
        else if (rest.has(parameter)) value = rest.get(parameter);
        else if (byDefault) value = this.value(byDefault, inner);
        rest.delete(parameter);
        inner.set(parameter, value);
      });
      const more = positional.slice(parameters.length);
      if (uses.includes('"varargs"')) inner.set('varargs', new Tuple(more));
      else if (more.length > 0)
        throw new Error(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
      if (uses.includes('"kwargs"')) inner.set('kwargs', rest);
      else if (rest.size > 0)
        throw new Error(`macro '${name}' takes no keyword argument '${[...rest.keys()][0]}'`);
      inner.set('caller', caller ?? new Undefined('No caller defined'));
      return this.all(body, inner);
    });
  }

  private value(node: Expression, scope: Scope): unknown {
    switch (node.kind) {
      case 'const':
        return node.value;
      case 'name':
        return scope.get(node.name);
      case 'list':
        return node.items.map((item) => this.value(item, scope));
      case 'tuple':
        return new Tuple(node.items.map((item) => this.value(item, scope)));
      case 'dict':
        return new Map(
          node.items.map(([key, value]) => [keyOf(this.value(key, scope)), this.value(value, scope)]),
        );
      case 'if':
        if (isTrue(this.value(node.test, scope))) return this.value(node.yes, scope);
        if (node.otherwise) return this.value(node.otherwise, scope);
        return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
      case 'and': {
        const left = this.value(node.left, scope);
        return isTrue(left) ? this.value(node.right, scope) : left;
      }
      case 'or': {
        const left = this.value(node.left, scope);
        return isTrue(left) ? left : this.value(node.right, scope);
      }
      case 'not':
        return !isTrue(this.value(node.operand, scope));
      case 'neg':
      case 'pos':
        return this.signed(node.kind, defined(this.value(node.operand, scope)));
      case 'compare': {
        let left = this.value(node.first, scope);
        for (const [operator, operand] of node.rest) {
          const right = this.value(operand, scope);
          if (!compareBy(operator, left, right)) return false;
          left = right;
        }
        return true;
      }
      case 'binary':
        return binary(node.operator, this.value(node.left, scope), this.value(node.right, scope));
      case 'attribute':
        return attributeOf(this.value(node.of, scope), node.name);
      case 'item':
        return itemOf(this.value(node.of, scope), this.value(node.key, scope));
      case 'slice': {
        const [from, to, step] = [node.from, node.to, node.step].map(
          (part) => part && this.value(part, scope),
        );
        return new Slice(from, to, step);
      }
      case 'call':
        return this.called(this.value(node.callee, scope), this.arguments(node.args, scope));
      case 'filter':
        return filtered(node.name, node.of && this.value(node.of, scope), this.arguments(node.args, scope));
      case 'test':
        return this.test(node, scope);
    }
  }

  private test(node: Extract<Expression, { kind: 'test' }>, scope: Scope): boolean {
    const value = this.value(node.of, scope);
    if (node.name === 'filter') return hasFilter(String(value));
    return isThat(node.name, value, this.arguments(node.args, scope).positional);
  }

  private signed(kind: 'neg' | 'pos', value: unknown): unknown {
    const number = numberOf(value);
    if (number === null)
      throw new Error(`bad operand type for unary ${kind === 'neg' ? '-' : '+'}: '${typeName(value)}'`);
    const signed = kind === 'neg' ? -number : number;
    return value instanceof Float ? new Float(signed) : signed + 0;
  }

  private arguments(args: Arguments, scope: Scope): Call {
    const positional = args.positional.map((one) => this.value(one, scope));
    if (args.spread) positional.push(...iterate(this.value(args.spread, scope)));
    const named = new Map(args.named.map(([name, one]) => [name, this.value(one, scope)]));
    if (args.spreadNamed) {
      const more = this.value(args.spreadNamed, scope);
      if (!(more instanceof Map))
        throw new Error(`argument after ** must be a mapping, not ${typeName(more)}`);
      for (const [name, one] of more) named.set(String(name), one);
    }
    return { positional, named };
  }

  private called(callee: unknown, call: Call): unknown {
    defined(callee);
    if (!(callee instanceof Callable)) throw new Error(`'${typeName(callee)}' object is not callable`);
    return callee.call(call);
  }
}

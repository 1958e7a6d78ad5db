import { FUNCTIONS, type Kind, type Value } from './functions.ts';
import { badExpression, type Token, tokensOf } from './tokens.ts';

/**
 * Expressions that a person writes to say what is right or what suffices, such as
 * `contains(lower(answer), lower(reference)) and len(answer) <= 80`. Read by recursive descent into functions; no text ever
 * becomes code. What is compared, counted and called is checked for its kind when it is read, so that nothing fails later.
 *
 *     either     = both {"or" both}
 *     both       = negation {"and" negation}
 *     negation   = "not" negation | comparison
 *     comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
 *     sum        = product {("+" | "-") product}
 *     product    = sign {("*" | "/") sign}
 *     sign       = "-" sign | operand
 *     operand    = number | text | pattern | name | function "(" [either {"," either}] ")" | "(" either ")"
 *
 * A value may be unknown (null): so is then whatever is computed or compared with it, but for `or` with a side that is
 * true and `and` with one that is false (Kleene's logic of three values).
 */
export interface Expression<Name extends string = string> {
  /** As it was written. */
  text: string;
  kind: Kind;
  /** Names that stand in it. */
  uses: ReadonlySet<string>;
  evaluate(values: Readonly<Record<Name, Value>>): Value;
}

/** A part of an expression that has been read. */
interface Part {
  kind: Kind | 'pattern';
  place: number;
  run(values: Readonly<Record<string, Value>>): Value | RegExp;
}

const KIND_NAMES: Record<Part['kind'], string> = {
  number: 'a number',
  text: 'a text',
  truth: 'true or false',
  pattern: 'a pattern',
};

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
const COMPARISONS = [...Object.keys(ORDER), '==', '!='];
const CONSTANTS: Readonly<Record<string, boolean>> = { true: true, false: false };

/**
 * @param names what may stand in it, and of which kind each is
 * @param wanted what it may give
 * @throws UserError `bad-expression`, in one sentence with the place
 */
export function parseExpression<Name extends string>(
  text: string,
  names: Readonly<Record<Name, Kind>>,
  wanted: readonly Kind[] = ['truth'],
): Expression<Name> {
  const parser = new Parser(text, names);
  const { kind, run } = parser.whole(wanted);
  return {
    ...{ text, kind: kind as Kind, uses: parser.uses },
    evaluate: (values) => run(values) as Value,
  };
}

class Parser {
  readonly uses = new Set<string>();
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(
    readonly text: string,
    readonly names: Readonly<Record<string, Kind>>,
  ) {
    this.#tokens = tokensOf(text);
  }

  whole(wanted: readonly Kind[]): Part {
    const part = this.#either();
    const after = this.#next;
    if (after.type !== 'end') this.#fail(after.place, `${said(after)} stands where nothing can follow`);
    if (part.kind === 'pattern' || !wanted.includes(part.kind))
      this.#fail(
        0,
        `it gives ${KIND_NAMES[part.kind]}, where ${wanted.map((kind) => KIND_NAMES[kind]).join(' or ')} is wanted`,
      );
    return part;
  }

  get #next(): Token {
    return this.#tokens[this.#at];
  }

  /** Passes the next token where it is one of these signs or names. */
  #pass(...values: readonly string[]): { value: string; place: number } | null {
    const next = this.#next;
    if ((next.type !== 'sign' && next.type !== 'name') || !values.includes(next.value)) return null;
    this.#at++;
    return next;
  }

  #fail(place: number, what: string): never {
    throw badExpression(this.text, place, what);
  }

  #wanted(part: Part, kind: Part['kind'], by: string): Part {
    if (part.kind !== kind)
      this.#fail(part.place, `${by} takes ${KIND_NAMES[kind]}, and this is ${KIND_NAMES[part.kind]}`);
    return part;
  }

  /** Two sides or more of one sign, from the left. */
  #chain(
    side: () => Part,
    signs: readonly string[],
    join: (left: Part, sign: string, right: Part) => Part,
  ): Part {
    let left = side();
    for (let sign = this.#pass(...signs); sign; sign = this.#pass(...signs))
      left = join(left, sign.value, side());
    return left;
  }

  #either(): Part {
    return this.#chain(
      () => this.#both(),
      ['or'],
      (left, sign, right) => this.#logic(left, sign, right, true),
    );
  }

  #both(): Part {
    return this.#chain(
      () => this.#negation(),
      ['and'],
      (left, sign, right) => this.#logic(left, sign, right, false),
    );
  }

  /** @param decides the side that alone says what comes out */
  #logic(left: Part, sign: string, right: Part, decides: boolean): Part {
    for (const side of [left, right]) this.#wanted(side, 'truth', sign);
    return {
      ...{ kind: 'truth', place: left.place },
      run(values) {
        const one = left.run(values);
        if (one === decides) return decides;
        const other = right.run(values);
        if (other === decides) return decides;
        return one === null || other === null ? null : !decides;
      },
    };
  }

  #negation(): Part {
    const not = this.#pass('not');
    if (!not) return this.#comparison();
    const part = this.#wanted(this.#negation(), 'truth', 'not');
    return strict('truth', not.place, [part], (value: boolean) => !value);
  }

  #comparison(): Part {
    const left = this.#sum();
    const sign = this.#pass(...COMPARISONS);
    if (!sign) return left;
    const right = this.#sum();
    const another = this.#pass(...COMPARISONS);
    if (another) this.#fail(another.place, 'write two comparisons with “and” between them');
    const by = sign.value;
    if (by in ORDER) {
      for (const side of [left, right]) this.#wanted(side, 'number', by);
      return strict('truth', left.place, [left, right], ORDER[by]);
    }
    if (left.kind === 'pattern') this.#fail(left.place, 'a pattern stands only in matches(text, /pattern/)');
    this.#wanted(right, left.kind, `${by} after ${KIND_NAMES[left.kind]}`);
    return strict('truth', left.place, [left, right], (a: Value, b: Value) => (a === b) === (by === '=='));
  }

  #sum(): Part {
    return this.#chain(
      () => this.#product(),
      ['+', '-'],
      (left, sign, right) => this.#arithmetic(left, sign, right),
    );
  }

  #product(): Part {
    return this.#chain(
      () => this.#sign(),
      ['*', '/'],
      (left, sign, right) => this.#arithmetic(left, sign, right),
    );
  }

  #arithmetic(left: Part, sign: string, right: Part): Part {
    for (const side of [left, right]) this.#wanted(side, 'number', sign);
    return strict('number', left.place, [left, right], (a: number, b: number) => {
      const result = sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : a / b;
      // What is divided by 0 is not known.
      return Number.isFinite(result) ? result : null;
    });
  }

  #sign(): Part {
    const minus = this.#pass('-');
    if (!minus) return this.#operand();
    const part = this.#wanted(this.#sign(), 'number', '-');
    return strict('number', minus.place, [part], (value: number) => -value);
  }

  #operand(): Part {
    const token = this.#next;
    const { place } = token;
    if (this.#pass('(')) {
      const part = this.#either();
      this.#closing();
      return { ...part, place };
    }
    if (token.type === 'end') this.#fail(place, 'something is missing at the end');
    if (
      token.type === 'sign' ||
      (['and', 'or', 'not'].includes(String(token.value)) && token.type === 'name')
    )
      this.#fail(place, `a value is missing before ${said(token)}`);
    this.#at++;
    if (token.type !== 'name') return { kind: token.type, place, run: () => token.value };
    return this.#pass('(') ? this.#call(token) : this.#named(token);
  }

  #named({ value: name, place }: { value: string; place: number }): Part {
    if (Object.hasOwn(CONSTANTS, name)) return { kind: 'truth', place, run: () => CONSTANTS[name] };
    if (!Object.hasOwn(this.names, name)) {
      const hint = Object.hasOwn(FUNCTIONS, name)
        ? `${name} is a function: write ${name}(…)`
        : `${name} is not known; there is ${Object.keys(this.names).join(', ')}`;
      this.#fail(place, hint);
    }
    this.uses.add(name);
    return { kind: this.names[name], place, run: (values) => values[name] };
  }

  /** A function whose opening parenthesis was passed. */
  #call({ value: name, place }: { value: string; place: number }): Part {
    if (!Object.hasOwn(FUNCTIONS, name))
      this.#fail(place, `${name} is not a function; there is ${Object.keys(FUNCTIONS).join(', ')}`);
    const { takes, gives, of } = FUNCTIONS[name];
    const given: Part[] = [];
    if (!this.#pass(')')) {
      do given.push(this.#either());
      while (this.#pass(','));
      this.#closing();
    }
    if (given.length !== takes.length)
      this.#fail(
        place,
        `${name} takes ${takes.map((kind) => KIND_NAMES[kind]).join(' and ')}, and ${given.length} ${given.length === 1 ? 'is' : 'are'} given`,
      );
    takes.forEach((kind, i) => {
      this.#wanted(given[i], kind, name);
    });
    return strict(gives, place, given, of);
  }

  #closing(): void {
    if (this.#pass(')')) return;
    const next = this.#next;
    this.#fail(next.place, next.type === 'end' ? '")" is missing' : `")" is missing before ${said(next)}`);
  }
}

/** What is unknown as soon as one of its parts is. */
function strict(
  kind: Kind,
  place: number,
  parts: readonly Part[],
  compute: (...values: readonly never[]) => Value,
): Part {
  return {
    ...{ kind, place },
    run(all) {
      const values = parts.map((part) => part.run(all));
      return values.includes(null) ? null : compute(...(values as never[]));
    },
  };
}

function said(token: Token): string {
  if (token.type === 'end') return 'the end';
  return token.type === 'text' ? `"${token.value}"` : String(token.value);
}

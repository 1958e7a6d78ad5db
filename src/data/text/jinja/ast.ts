/** The tree of a template; names as in jinja2's `nodes`. */

export type Expression =
  | { kind: 'const'; value: unknown }
  | { kind: 'name'; name: string }
  | { kind: 'list' | 'tuple'; items: Expression[] }
  | { kind: 'dict'; items: [Expression, Expression][] }
  | { kind: 'if'; test: Expression; yes: Expression; otherwise: Expression | null }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'not' | 'neg' | 'pos'; operand: Expression }
  | { kind: 'compare'; first: Expression; rest: [operator: string, operand: Expression][] }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'attribute'; of: Expression; name: string }
  | { kind: 'item'; of: Expression; key: Expression }
  | { kind: 'slice'; from: Expression | null; to: Expression | null; step: Expression | null }
  | { kind: 'call'; callee: Expression; args: Arguments }
  | { kind: 'filter'; of: Expression | null; name: string; args: Arguments }
  | { kind: 'test'; of: Expression; name: string; args: Arguments };

export interface Arguments {
  positional: Expression[];
  named: [string, Expression][];
  /** `*list` and `**dict`. */
  spread: Expression | null;
  spreadNamed: Expression | null;
}

/** What may stand left of `=`: a name, an attribute of a namespace, or several. */
export type Target =
  | { kind: 'name'; name: string }
  | { kind: 'attribute'; of: string; name: string }
  | { kind: 'tuple'; items: Target[] };

export interface Parameter {
  name: string;
  byDefault: Expression | null;
}

export type Statement =
  | { kind: 'text'; value: string }
  | { kind: 'print'; value: Expression }
  | { kind: 'branch'; test: Expression; yes: Statement[]; otherwise: Statement[] }
  | {
      kind: 'for';
      target: Target;
      over: Expression;
      test: Expression | null;
      recursive: boolean;
      body: Statement[];
      otherwise: Statement[];
    }
  | { kind: 'set'; target: Target; value: Expression }
  | { kind: 'set-block'; target: Target; filter: Expression | null; body: Statement[] }
  | { kind: 'macro'; name: string; parameters: Parameter[]; body: Statement[] }
  | { kind: 'call-block'; call: Expression; parameters: Parameter[]; body: Statement[] }
  | { kind: 'filter-block'; filter: Expression; body: Statement[] }
  | { kind: 'with'; set: [Target, Expression][]; body: Statement[] }
  | { kind: 'generation'; body: Statement[] }
  | { kind: 'break' | 'continue' };

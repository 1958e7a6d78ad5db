/**
 * WGSL in a form that shows what is computed and nothing else: two texts have the same form where they differ only in
 * comments, blank space, the order of declarations outside functions (WGSL gives it no meaning), and the names of
 * parameters and local variables.
 */
export function normalForm(code: string): string {
  const declarations = split(tokens(code));
  const outer = new Set(declarations.map(nameOf));
  return declarations
    .map((one) => withoutLocalNames(one, outer).join(' '))
    .sort()
    .join('\n');
}

/** The text without comments and blank lines, for reading. */
export function withoutComments(code: string): string {
  const lines = code.split('\n').map((line) => line.replace(/\/\/.*$/, '').trimEnd());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function tokens(code: string): string[] {
  return withoutComments(code).match(/[A-Za-z_]\w*|\.?\d(?:[\w.]|(?<=[eE])[-+])*|\S/g) ?? [];
}

/** Declarations outside functions: each ends at a semicolon or at the brace that closes its body. */
function split(all: string[]): string[][] {
  const out: string[][] = [];
  let one: string[] = [];
  let depth = 0;
  for (const token of all) {
    one.push(token);
    if ('{(['.includes(token)) depth++;
    if ('})]'.includes(token)) depth--;
    if (depth === 0 && (token === ';' || token === '}')) {
      out.push(one);
      one = [];
    }
  }
  if (one.length > 0) throw new Error(`WGSL ends within: ${one.slice(0, 8).join(' ')}`);
  return out;
}

function nameOf(declaration: string[]): string {
  const at = declaration.findIndex((token) => /^(fn|const|alias|struct|var|enable)$/.test(token));
  const from = declaration[at + 1] === '<' ? declaration.indexOf('>') : at;
  return declaration[from + 1];
}

/** A name that is also declared outside functions stays: which of the two is meant would take scopes to tell. */
function withoutLocalNames(declaration: string[], outer: ReadonlySet<string>): string[] {
  if (!declaration.includes('fn')) return declaration;
  const isName = (token: string | undefined) => token !== undefined && /^[A-Za-z_]/.test(token);
  const locals = new Set(
    declaration.filter(
      (token, i) =>
        isName(token) &&
        !outer.has(token) &&
        (declaration[i + 1] === ':' || /^(let|var|const)$/.test(declaration[i - 1] ?? '')),
    ),
  );
  const numbers = new Map<string, number>();
  return declaration.map((token, i) => {
    if (!locals.has(token) || declaration[i - 1] === '.') return token;
    if (!numbers.has(token)) numbers.set(token, numbers.size);
    return `%${numbers.get(token)}`;
  });
}

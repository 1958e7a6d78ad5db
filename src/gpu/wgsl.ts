/**
 * The small preprocessor for `shaders/*.wgsl`. Every file is plain WGSL that compiles as it stands, with
 * default constants; the launcher only
 *
 * - replaces the value of `const NAME: type = value;` (or `const NAME = value;`) by the one asked for, and of
 *   `alias NAME = type;` likewise;
 * - keeps one side of `// @if NAME` … `// @else` … `// @end`, where NAME (or `!NAME`, or `NAME == value`) is
 *   looked up among the constants (absent: false). A side that the default file does not use is commented out
 *   with `//~ ` in front, which is removed where that side is kept;
 * - repeats the lines of `// @unroll i 0 8` … `// @end` with `$i` (and `${i}`) replaced, for register tiles that must
 *   not be indexed arrays. (A file with an unrolled part is plain WGSL only after expansion by its defaults.)
 *   The bounds may be names of constants;
 * - inserts another file at `// @include name`.
 */

export type Constant = number | boolean | string;
export type Constants = Readonly<Record<string, Constant>>;

/** Expands one shader. `files` maps names without `.wgsl` to texts, for `@include`. */
export function expand(
  source: string,
  constants: Constants,
  files: Readonly<Record<string, string>>,
): string {
  const all: Record<string, Constant> = { ...defaults(source, files), ...constants };
  const lines = process(source.split('\n'), all, files);
  return lines.map((line) => setConstant(line, constants)).join('\n');
}

const DECLARATION = /^(\s*const\s+)(\w+)(\s*(?::\s*(\w+))?\s*=\s*)([^;]+)(;.*)$/;
const ALIAS = /^(\s*alias\s+)(\w+)(\s*=\s*)([^;]+)(;.*)$/;

function setConstant(line: string, constants: Constants): string {
  const alias = ALIAS.exec(line);
  if (alias && alias[2] in constants)
    return `${alias[1]}${alias[2]}${alias[3]}${constants[alias[2]]}${alias[5]}`;
  const match = DECLARATION.exec(line);
  if (!match || !(match[2] in constants)) return line;
  return `${match[1]}${match[2]}${match[3]}${literal(constants[match[2]], match[4])}${match[6]}`;
}

function literal(value: Constant, type: string | undefined): string {
  if (typeof value !== 'number') return String(value);
  if (type === 'u32') return `${value}u`;
  if (type === 'f32') {
    const text = String(Math.fround(value));
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  return String(value);
}

/** Values that the file gives its constants, for `@if` and `@unroll`. */
function defaults(source: string, files: Readonly<Record<string, string>>): Record<string, Constant> {
  const found: Record<string, Constant> = {};
  for (const line of source.split('\n')) {
    const include = /^\s*\/\/ @include (\w+)/.exec(line);
    if (include) Object.assign(found, defaults(files[include[1]] ?? '', files));
    const match = DECLARATION.exec(line);
    if (!match) continue;
    const text = match[5].trim().replace(/[uif]$/, '');
    if (text === 'true' || text === 'false') found[match[2]] = text === 'true';
    else if (text !== '' && Number.isFinite(Number(text))) found[match[2]] = Number(text);
  }
  return found;
}

function truth(condition: string, constants: Record<string, Constant>): boolean {
  const equal = /^(\w+)\s*==\s*(\w+)$/.exec(condition);
  if (equal) return String(constants[equal[1]]) === equal[2];
  const negated = condition.startsWith('!');
  const value = Boolean(constants[negated ? condition.slice(1) : condition]);
  return negated ? !value : value;
}

function bound(text: string, constants: Record<string, Constant>): number {
  const value = Number(text in constants ? constants[text] : text);
  if (!Number.isInteger(value)) throw new Error(`@unroll: ${text} is not a whole number`);
  return value;
}

function process(
  lines: string[],
  constants: Record<string, Constant>,
  files: Readonly<Record<string, string>>,
): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const directive = /^\s*\/\/ @(if|unroll|include)\s+(.*?)\s*$/.exec(lines[at]);
    if (!directive) {
      out.push(lines[at]);
      continue;
    }
    if (directive[1] === 'include') {
      const text = files[directive[2]];
      if (text === undefined) throw new Error(`@include: no shader file ${directive[2]}`);
      out.push(...process(text.split('\n'), constants, files));
      continue;
    }
    const { first, second, end } = block(lines, at);
    at = end;
    if (directive[1] === 'if') {
      const side = truth(directive[2], constants) ? first : second;
      out.push(
        ...process(
          side.map((line) => line.replace(/^(\s*)\/\/~ ?/, '$1')),
          constants,
          files,
        ),
      );
      continue;
    }
    const [name, from, to] = directive[2].split(/\s+/);
    const pattern = new RegExp(`\\$\\{${name}\\}|\\$${name}\\b`, 'g');
    for (let i = bound(from, constants); i < bound(to, constants); i++) {
      const inner = { ...constants, [name]: i };
      out.push(
        ...process(
          first.map((line) => line.replace(pattern, String(i))),
          inner,
          files,
        ),
      );
    }
  }
  return out;
}

/** The lines between a directive and its `@end`, split at its own `@else`. */
function block(lines: string[], start: number): { first: string[]; second: string[]; end: number } {
  const first: string[] = [];
  const second: string[] = [];
  let side = first;
  let depth = 1;
  for (let at = start + 1; at < lines.length; at++) {
    const directive = /^\s*\/\/ @(if|unroll|else|end)\b/.exec(lines[at])?.[1];
    if (directive === 'if' || directive === 'unroll') depth++;
    if (directive === 'end' && --depth === 0) return { first, second, end: at };
    if (directive === 'else' && depth === 1) {
      side = second;
      continue;
    }
    side.push(lines[at]);
  }
  throw new Error(`no @end for: ${lines[start].trim()}`);
}

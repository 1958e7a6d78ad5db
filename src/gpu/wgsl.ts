/**
 * Composes the WGSL that reaches the driver from `shaders/*.wgsl`. The files are WGSL with a few directives; the
 * constants of a kernel decide what becomes of them. It
 *
 * - replaces the value of `const NAME: type = value;` (or `const NAME = value;`), and of `alias NAME = type;`, by the
 *   constant of that name where the kernel has one; the value in the file is the default;
 * - keeps one side of `// @if CONDITION` … `// @else` … `// @end`. A condition is `NAME`, `!NAME`, `NAME == value` or
 *   `NAME != value`, or several joined by `&&`; a constant that is nowhere declared is false;
 * - repeats the lines of `// @unroll i < 8, j < N` … `// @end` with `$i` (or `${i}`) and `$j` replaced, j fastest: register
 *   tiles must not be indexed arrays. The bounds are whole numbers or names of constants;
 * - inserts another file at `// @include name`. With `// @include name key=value …` each `$key` (or `${key}`) in the
 *   inserted text is replaced, and conditions in it can ask for the key;
 * - keeps the lines of `// @block name` … `// @end` for an included file that says `// @include name`: so a kernel hands
 *   its own part to a loop that it shares with others.
 *
 * `@if` and `@unroll` may also stand at the end of the one line that they are about.
 */

export type Constant = number | boolean | string;
export type Constants = Readonly<Record<string, Constant>>;

/** Texts by name, without `.wgsl`. */
type Files = Readonly<Record<string, string>>;

/** Composes one shader; `files` are those that it may include. */
export function expand(source: string, constants: Constants, files: Files): string {
  const all = { ...defaults(source, files), ...constants };
  const lines = compose(source.split('\n'), all, files);
  return lines.map((line) => setConstant(line, constants)).join('\n');
}

const DECLARATION = /^(\s*const\s+)(\w+)(\s*(?::\s*(\w+))?\s*=\s*)([^;]+)(;.*)$/;
const ALIAS = /^(\s*alias\s+)(\w+)(\s*=\s*)([^;]+)(;.*)$/;

function setConstant(line: string, constants: Constants): string {
  if (!/^\s*(?:const|alias) /.test(line)) return line;
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

/** Values that the file, and those that it includes, give their constants. */
function defaults(source: string, files: Files): Record<string, Constant> {
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

/** A directive on a line of its own, or at the end of the line that it is about. */
const DIRECTIVE = /^\s*\/\/ @(if|unroll|include|block) (.+?)\s*$/;
const AT_THE_END = /^(.*\S)\s*\/\/ @(if|unroll) ([^/]+?)\s*$/;

function compose(lines: readonly string[], constants: Constants, files: Files): string[] {
  const out: string[] = [];
  let known = files;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (!line.includes('// @')) {
      out.push(line);
      continue;
    }
    const single = AT_THE_END.exec(line);
    const [, kind, rest] = single?.slice(1) ?? DIRECTIVE.exec(line) ?? [];
    if (kind === undefined) throw new Error(`not a shader directive here: ${line.trim()}`);
    if (kind === 'include') {
      out.push(...include(rest, constants, known));
      continue;
    }
    const { first, second, end } = single ? { first: [single[1]], second: [], end: at } : enclosed(lines, at);
    at = end;
    if (kind === 'block') known = { ...known, [rest]: first.join('\n') };
    else if (kind === 'unroll') out.push(...unroll(first, rest, constants, known));
    else out.push(...compose(holds(rest, constants) ? first : second, constants, known));
  }
  return out;
}

function include(what: string, constants: Constants, files: Files): string[] {
  const [name, ...settings] = what.split(/\s+/);
  let text = files[name];
  if (text === undefined) throw new Error(`@include: no shader file and no block ${name}`);
  const values: Record<string, string> = Object.fromEntries(settings.map((setting) => setting.split('=')));
  for (const [key, value] of Object.entries(values)) text = text.replace(placeholder(key), value);
  return compose(text.split('\n'), { ...constants, ...values }, files);
}

function unroll(lines: readonly string[], ranges: string, constants: Constants, files: Files): string[] {
  const [, name, bound, others] = /^(\w+) < (\w+)(?:, (.+))?$/.exec(ranges) ?? [];
  const count = Number(constants[bound] ?? bound);
  if (!Number.isInteger(count)) throw new Error(`@unroll: ${ranges} is not a name below a whole number`);
  const place = placeholder(name);
  return Array.from({ length: count }, (_, i) => {
    const inner = lines.map((line) => line.replace(place, String(i)));
    return others ? unroll(inner, others, constants, files) : compose(inner, constants, files);
  }).flat();
}

function placeholder(name: string): RegExp {
  return new RegExp(`\\$\\{${name}\\}|\\$${name}\\b`, 'g');
}

function holds(condition: string, constants: Constants): boolean {
  return condition.split(' && ').every((term) => {
    const [, name, sign, value] = /^(\w+) ([!=])= (\w+)$/.exec(term) ?? [];
    if (name !== undefined) return (String(constants[name]) === value) === (sign === '=');
    return term.startsWith('!') ? !constants[term.slice(1)] : Boolean(constants[term]);
  });
}

/** The lines between a directive and its `@end`, split at its own `@else`. */
function enclosed(
  lines: readonly string[],
  start: number,
): { first: string[]; second: string[]; end: number } {
  const first: string[] = [];
  const second: string[] = [];
  let side = first;
  let depth = 1;
  for (let at = start + 1; at < lines.length; at++) {
    const kind = /^\s*\/\/ @(if|unroll|block|else|end)\b/.exec(lines[at])?.[1];
    if (kind === 'if' || kind === 'unroll' || kind === 'block') depth++;
    if (kind === 'end' && --depth === 0) return { first, second, end: at };
    if (kind === 'else' && depth === 1) {
      side = second;
      continue;
    }
    side.push(lines[at]);
  }
  throw new Error(`no @end for: ${lines[start].trim()}`);
}

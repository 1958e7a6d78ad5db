import { usage } from './failure.mjs';

/**
 * @typedef {object} Flag
 * @property {string} name Without the dashes.
 * @property {'text' | 'number' | 'integer' | 'setting' | 'switch' | 'texts' | 'numbers'} kind `texts` and
 *   `numbers` take every argument up to the next flag.
 * @property {string} help
 * @property {boolean} [required]
 * @property {string} [unless] A flag that stands in for one that is required.
 * @property {boolean} [repeated] Of `texts`: may be given more than once, each time with more.
 * @property {string} [value] What stands for the value in the help, e.g. `FILE.jsonl`.
 * @property {(text: string) => { value: unknown } | { error: string }} [read] Of a `setting`: what a text means, or
 *   what is wrong with it, as the rest of a sentence about the flag.
 */

/**
 * Reads `--name value`, `--name=value` and switches. Throws a usage failure that names the flag.
 *
 * @param {readonly string[]} args
 * @param {readonly Flag[]} table
 * @returns {Record<string, unknown>} Only the flags that were given.
 */
export function parseFlags(args, table) {
  const byName = new Map(table.map((flag) => [flag.name, flag]));
  /** @type {Record<string, unknown>} */
  const values = {};
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (!argument.startsWith('--'))
      throw usage(`${argument}: not a flag; flags begin with two dashes. --help lists them.`);
    const [name, inline] = split(argument.slice(2));
    const flag = byName.get(name);
    if (!flag) throw usage(`--${name} is not a flag of this command. --help lists them.`);
    if (name in values && !flag.repeated) throw usage(`--${name} is given twice.`);
    if (flag.kind === 'switch') {
      if (inline !== undefined) throw usage(`--${name} takes no value.`);
      values[name] = true;
      continue;
    }
    const text = inline ?? args[++i];
    if (text === undefined) throw usage(`--${name} needs a value${flag.value ? ` (${flag.value})` : ''}.`);
    if (flag.kind === 'texts' || flag.kind === 'numbers') {
      const texts = [text];
      while (inline === undefined && i + 1 < args.length && !args[i + 1].startsWith('--'))
        texts.push(args[++i]);
      /** @type {Flag} */
      const one = { ...flag, kind: flag.kind === 'texts' ? 'text' : 'number' };
      const before = /** @type {unknown[]} */ (values[name] ?? []);
      values[name] = [...before, ...texts.map((each) => convert(one, each))];
      continue;
    }
    values[name] = convert(flag, text);
  }
  for (const flag of table) {
    const instead = flag.unless !== undefined && flag.unless in values;
    if (flag.required && !(flag.name in values) && !instead) throw usage(`--${flag.name} is missing.`);
  }
  return values;
}

/** @returns {[string, string | undefined]} */
function split(/** @type {string} */ text) {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function convert(/** @type {Flag} */ flag, /** @type {string} */ text) {
  if (flag.kind === 'text') return text;
  if (flag.read) {
    if (text.trim() === '')
      throw usage(`--${flag.name} needs a value${flag.value ? ` (${flag.value})` : ''}.`);
    const read = flag.read(text);
    if ('error' in read) throw usage(`--${flag.name} ${read.error}.`);
    return read.value;
  }
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) throw usage(`--${flag.name} needs a number, not “${text}”.`);
  if (flag.kind === 'integer' && !Number.isInteger(number))
    throw usage(`--${flag.name} needs a whole number, not ${text}.`);
  return number;
}

/** Help text of a command. */
export function helpOf(
  /** @type {string} */ command,
  /** @type {string} */ summary,
  /** @type {readonly Flag[]} */ table,
) {
  const lines = table.map((flag) => {
    const left = `  --${flag.name}${flag.kind === 'switch' ? '' : ` ${flag.value ?? flag.kind.toUpperCase()}`}`;
    return `${left.padEnd(30)} ${flag.help}${flag.required ? ` Required${flag.unless ? ` unless --${flag.unless} is given` : ''}.` : ''}`;
  });
  return [`npm run --silent ${command} -- FLAGS`, '', summary, '', ...lines].join('\n');
}

/**
 * Flags of a command of its own. `--help` prints them and ends it; a wrong flag ends it with status 2.
 * @param {string} command
 * @param {string} summary
 * @param {readonly Flag[]} table
 * @returns {Record<string, any>}
 */
export function flagsOf(command, summary, table) {
  const args = process.argv.slice(2);
  /** @type {Flag[]} */
  const all = [...table, { name: 'help', kind: 'switch', help: 'This text.' }];
  if (args.includes('--help')) {
    console.log(helpOf(command, summary, all));
    process.exit(0);
  }
  try {
    return parseFlags(args, all);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

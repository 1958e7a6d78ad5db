// `npm run check`: what the page loads first has none of the packages that are large, or that the policy stops where a
// page is: Zod tries `new Function` as it is loaded, which every engine tells its person.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMENT } from './imports.mjs';

/** What is loaded when it is wanted, or in a worker. */
const LATER = [
  /^zod\b/,
  /^@tensorflow\//,
  /^@xenova\//,
  /^@huggingface\//,
  /^hyparquet/,
  /^minisearch$/,
  /^uplot\b/,
];

/** `import … from '…'`, `export … from '…'` and `import '…'`, not `import('…')`. */
const STATIC = /\b(?:import|export)\s+(?:([\w$*{}\s,]*?)\s+from\s*)?(['"])([^'"\n]+)\2/g;

/** Nothing of it is left in a build: `type` stands before all, or before each name. */
function ofTypes(/** @type {string | undefined} */ names) {
  if (names === undefined) return false;
  if (/^type\s/.test(names)) return true;
  const inBraces = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  if (inBraces === undefined) return false;
  const each = inBraces.split(',').filter((name) => name.trim() !== '');
  return each.every((name) => /^\s*type\s/.test(name));
}

/** What a file imports for its values, before anything in it runs. @returns {string[]} */
function valuesImported(/** @type {string} */ text) {
  return [...text.replace(COMMENT, '').matchAll(STATIC)].flatMap(([, names, , from]) =>
    ofTypes(names) ? [] : [from],
  );
}

/**
 * The ways from the page's entry to a package that is to come later, one for each file that imports one.
 * @returns {string[]}
 */
export function firstScriptFaults(/** @type {string} */ root, entry = 'src/app/main.tsx') {
  /** @type {Map<string, string | null>} */
  const cameFrom = new Map([[entry, null]]);
  const faults = [];
  for (const file of cameFrom.keys()) {
    if (!/\.(ts|tsx|mjs|js)$/.test(file)) continue;
    for (const from of valuesImported(readFileSync(join(root, file), 'utf8'))) {
      if (LATER.some((one) => one.test(from))) faults.push(wayTo(cameFrom, file, from));
      if (!from.startsWith('.') || from.includes('?')) continue;
      const next = posix.join(posix.dirname(file), from);
      if (existsSync(join(root, next)) && !cameFrom.has(next)) cameFrom.set(next, file);
    }
  }
  return faults;
}

function wayTo(
  /** @type {Map<string, string | null>} */ cameFrom,
  /** @type {string} */ file,
  /** @type {string} */ end,
) {
  const way = [end];
  for (let at = /** @type {string | null | undefined} */ (file); at; at = cameFrom.get(at)) way.unshift(at);
  return `${way.join(' → ')}: ${end} is not to be in the first script. Import what needs it when it is wanted.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = firstScriptFaults(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exit(1);
}

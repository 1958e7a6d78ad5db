// `npm run check`: no circle of imports between files in src, and no import that runs up the order of floors in
// `floors.mjs`. Imports of types count: whoever reads a file has to read those, too.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ORDERS, OUTSIDE } from './floors.mjs';

/** Comments may name files; only JSDoc's `import('…')` in a script is an import, and scripts are not checked. */
export const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|[\s;,{}()])\/\/[^\n]*/g;

/** `from '…'`, `import '…'`, `import('…')` (a value or a type), and `new URL('…', import.meta.url)`. */
const SPECIFIER =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew\s+URL\(\s*)(['"`])(\.{1,2}\/[^'"`\n$]+?)(?:\?[\w&=]+)?\1/g;

/** @typedef {Map<string, string[]>} Graph for each file of src, the files that it imports; paths from the root */

/**
 * The imports between the files of src, and from them to anything else in the tree.
 * @returns {Graph}
 */
export function importGraph(/** @type {string} */ root) {
  /** @type {Graph} */
  const graph = new Map();
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(ts|tsx|mjs|js)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const file = path.slice(root.length + 1).replaceAll('\\', '/');
    const text = readFileSync(path, 'utf8').replace(COMMENT, '');
    const imports = new Set();
    for (const [, , specifier] of text.matchAll(SPECIFIER)) {
      imports.add(resolved(root, posix.join(posix.dirname(file), specifier)));
    }
    graph.set(file, [...imports].sort());
  }
  return graph;
}

/** An import names its file in full, or without `.ts`, `.tsx` or `/index.ts`. */
function resolved(/** @type {string} */ root, /** @type {string} */ path) {
  const endings = ['', '.ts', '.tsx', '/index.ts'];
  const isFile = (/** @type {string} */ ending) =>
    /\.\w+$/.test(path + ending) && existsSync(join(root, path + ending));
  return path + (endings.find(isFile) ?? '');
}

/**
 * Each circle once, as its files in order. Within one set of files that all reach each other only the shortest circle
 * through the first of them is named; when that is broken the next check names the next.
 * @returns {string[][]}
 */
function circles(/** @type {Graph} */ graph) {
  const found = [];
  const done = new Set();
  for (const start of [...graph.keys()].sort()) {
    if (done.has(start)) continue;
    const circle = shortestCircle(graph, start);
    if (circle === null) continue;
    found.push(circle);
    for (const file of circle) done.add(file);
  }
  return found;
}

/** Breadth first from a file back to itself. @returns {string[] | null} */
function shortestCircle(/** @type {Graph} */ graph, /** @type {string} */ start) {
  /** @type {Map<string, string>} */
  const cameFrom = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const circle = [file];
        while (circle[0] !== start) circle.unshift(/** @type {string} */ (cameFrom.get(circle[0])));
        return circle;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return null;
}

/** The floor and room of a file in an order; null outside `within`. */
function placeOf(
  /** @type {{ within: string, floors: string[][] }} */ { within, floors },
  /** @type {string} */ file,
) {
  if (!file.startsWith(`${within}/`)) return null;
  const rest = file.slice(within.length + 1);
  for (const [floor, rooms] of floors.entries()) {
    const room = rooms.find((name) => rest === name || rest.startsWith(`${name}/`));
    if (room) return { floor, room };
  }
  return { floor: -1, room: '' };
}

/**
 * What is wrong with the imports of a tree, one sentence each; empty where all is well.
 * @returns {string[]}
 */
export function importFaults(/** @type {string} */ root, { orders = ORDERS, outside = OUTSIDE } = {}) {
  const graph = importGraph(root);
  const faults = circles(graph).map(
    (circle) => `${[...circle, circle[0]].join(' → ')}: a circle of imports.`,
  );
  for (const { within, floors } of orders) {
    const rooms = floors.flat();
    for (const room of new Set(rooms.filter((one, i) => rooms.indexOf(one) !== i)))
      faults.push(`${room}: stands twice in the order of ${within} (scripts/check/floors.mjs).`);
  }
  for (const [file, imports] of graph) {
    for (const order of orders) {
      const from = placeOf(order, file);
      if (from?.floor === -1)
        faults.push(`${file}: stands on no floor of ${order.within} (scripts/check/floors.mjs).`);
    }
    for (const imported of imports) {
      const top = outside.find((folder) => imported.startsWith(`${folder}/`));
      if (top) faults.push(`${file} → ${imported}: src never imports from ${top}.`);
      for (const order of orders) {
        const from = placeOf(order, file);
        const to = placeOf(order, imported);
        if (!from || !to || from.floor < 0 || to.floor < 0 || from.room === to.room) continue;
        const in_ = order.within;
        if (to.floor < from.floor) {
          faults.push(`${file} → ${imported}: runs up; in ${in_}, ${to.room} stands above ${from.room}.`);
        } else if (to.floor === from.floor) {
          faults.push(
            `${file} → ${imported}: runs sideways; in ${in_}, ${to.room} and ${from.room} share a floor.`,
          );
        }
      }
    }
  }
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = importFaults(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(
      `${faults.length} ${faults.length === 1 ? 'import is' : 'imports are'} against the order of floors.`,
    );
    process.exit(1);
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from '../paths.mjs';

const CODE = /\.(ts|tsx|mjs|js)$/;
const inProject = (/** @type {string} */ path) => relative(ROOT, path).replaceAll('\\', '/');

/**
 * The files that one names by a path from where it stands: what it imports, and what it starts.
 * @param {string} file path in the project
 */
export const namedIn = (file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/['"]([^'"\n]+\.(?:ts|tsx|mjs|js))['"]/g)].map(
    ([, path]) => inProject(join(ROOT, dirname(file), path)),
  );

/** A module of Node, its global, or a module replaced, which stays so for the tests after it in the same page. */
const OF_NODE = /from 'node:|\bprocess\.|\bvi\.(?:mock|doMock)\(/;

/**
 * Whether a file, or one of tests or scripts that it imports, needs Node.
 * @param {string} file path in the project
 * @param {Set<string>} [seen]
 * @returns {boolean}
 */
export function needsNode(file, seen = new Set()) {
  if (seen.has(file) || !/^(tests|scripts)\//.test(file)) return false;
  seen.add(file);
  if (!CODE.test(file) || !existsSync(join(ROOT, file))) return false;
  return (
    OF_NODE.test(readFileSync(join(ROOT, file), 'utf8')) ||
    namedIn(file).some((path) => needsNode(path, seen))
  );
}

/** The unit tests that browsers do not run: those of tests, those of scripts, and those that need Node. */
export function nodeTests() {
  return readdirSync(join(ROOT, 'tests/unit'), { recursive: true, encoding: 'utf8' })
    .map((file) => `tests/unit/${file.replaceAll('\\', '/')}`)
    .filter(
      (file) =>
        /\.test\.tsx?$/.test(file) && (/^tests\/unit\/(scripts\/|[^/]+$)/.test(file) || needsNode(file)),
    )
    .sort();
}

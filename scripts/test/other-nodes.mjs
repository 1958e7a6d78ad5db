import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { userCache } from '../paths.mjs';

const WINDOWS = process.platform === 'win32';

/** The versions that `engines` of package.json names: the unit tests run under each. */
export const NODES = [20, 22, 24, 26];

/** Those that `npm test` does not run under by itself. */
export const otherNodes = () => NODES.filter((major) => !process.version.startsWith(`v${major}.`));

/**
 * Path of this version of Node, from the npm package that brings it; fetched into the user's cache folder where it is
 * missing. Throws a sentence where it cannot be had.
 * @param {number} major
 * @param {(line: string) => void} say
 */
export function ensureNode(major, say, cache = userCache()) {
  const folder = join(cache, 'node', String(major));
  const program = join(folder, 'node_modules', 'node', 'bin', WINDOWS ? 'node.exe' : 'node');
  const version = () => spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const runs = () => version().startsWith(`v${major}.`);
  if (!runs()) {
    say(`Fetching Node ${major} …`);
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    spawnSync(WINDOWS ? 'npm.cmd' : 'npm', [...args, `node@${major}`], {
      stdio: ['ignore', 2, 2],
      shell: WINDOWS,
    });
  }
  if (!runs())
    throw new Error(
      `Node ${major} could not be fetched, so nothing was tested under it: npm’s message above says why. Correct what it names, then run the tests again.`,
    );
  say(`  Node ${version()}`);
  return program;
}

import { execFileSync } from 'node:child_process';
import { ROOT } from '../paths.mjs';

/** The commit that a build is made from, short; `-dirty` where files have been changed since. Empty without git. */
export function commitOf(root = ROOT) {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

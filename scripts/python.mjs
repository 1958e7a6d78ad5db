import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userCache } from './paths.mjs';

const WINDOWS = process.platform === 'win32';

/** A Python that can make an environment, or null. */
function findPython() {
  for (const name of [process.env.LOWRANK_PYTHON, 'python3', 'python'].filter(Boolean)) {
    const { status } = spawnSync(
      /** @type {string} */ (name),
      ['-c', 'import venv, ensurepip, sys; assert sys.version_info >= (3, 10)'],
      {
        stdio: 'ignore',
      },
    );
    if (status === 0) return /** @type {string} */ (name);
  }
  return null;
}

/**
 * Path of a Python with the packages of a requirements file, in an environment of its own in the user's cache
 * folder; made where it is missing.
 *
 * @param {string} requirements
 * @param {(line: string) => void} say
 * @param {string} [what] the packages, for people
 */
export function ensurePython(requirements, say, what = 'PyTorch, transformers, PEFT') {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(userCache(), 'python', hash);
  const interpreter = (/** @type {string} */ root) =>
    join(root, WINDOWS ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(join(folder, 'complete'))) return interpreter(folder);
  const python = findPython();
  if (!python) {
    throw new Error(
      'Python 3.10 or newer with its venv module was not found: install it (on Debian: apt-get install python3-venv).',
    );
  }
  say(`Setting up a Python environment (${what}) …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run = (/** @type {string} */ program, /** @type {string[]} */ args) => {
    const { status } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed: its message above says why.`);
  };
  run(python, ['-m', 'venv', folder]);
  run(interpreter(folder), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  writeFileSync(join(folder, 'complete.tmp'), '');
  renameSync(join(folder, 'complete.tmp'), join(folder, 'complete'));
  return interpreter(folder);
}

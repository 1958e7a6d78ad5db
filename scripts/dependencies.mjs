import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from './headless/lock.mjs';
import { ROOT } from './paths.mjs';

function packagesOf(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages;
  } catch {
    return null;
  }
}

/** Name of a package that is not installed as package-lock.json says, or null. */
export function staleDependency(
  wanted = packagesOf('package-lock.json'),
  installed = packagesOf('node_modules/.package-lock.json'),
) {
  if (!wanted) return 'package-lock.json';
  if (!installed) return 'node_modules';
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') || entry.optional || entry.peer) continue;
    if (installed[path]?.version !== entry.version) return path.slice('node_modules/'.length);
  }
  return null;
}

/** Two commands may start at once, and npm spoils a folder that another npm works in. */
const LOCK = join(ROOT, '.installing');

/** @returns {boolean} False where another command installs. */
function lockInstall() {
  try {
    return takeLock(LOCK);
  } catch {
    // A folder that cannot be written to: npm will say so.
    return true;
  }
}

/** Installs the packages where they are missing or not those of package-lock.json. Exits with 1 where that fails. */
export function ensureDependencies() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12)) {
    console.error(
      `Node ${process.versions.node} is too old: install Node 20.19, 22.12, 24 or newer, then run the command again.`,
    );
    process.exit(1);
  }
  let waits = false;
  for (let stale = staleDependency(); stale; stale = staleDependency()) {
    if (!lockInstall()) {
      if (!waits) console.error('Another command is installing the packages: waiting for it …');
      waits = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      continue;
    }
    const leave = () => rmSync(LOCK, { force: true });
    process.once('exit', leave);
    const installed = install(stale);
    leave();
    if (installed) return;
    console.error(
      'The packages could not be installed: npm’s message above says why. Your runs and data are safe. Correct what it names, then run the command again.',
    );
    process.exit(1);
  }
}

/** @returns {boolean} Whether npm was content. */
function install(/** @type {string} */ stale) {
  console.error(
    stale === 'node_modules' ? 'Installing the packages …' : `Reinstalling the packages (${stale} changed) …`,
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return ['ci', 'install'].some((command) => {
    const { status } = spawnSync(npm, [command, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: ROOT,
      // Standard output belongs to what the command was asked for.
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    return status === 0;
  });
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Installs the packages where they are missing or not those of package-lock.json. Exits with 1 where that fails. */
export function ensureDependencies() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `Node ${process.versions.node} is too old: install Node 20.19 or newer, then run the command again.`,
    );
    process.exit(1);
  }
  const stale = staleDependency();
  if (!stale) return;
  console.error(
    stale === 'node_modules'
      ? 'Installing the packages …'
      : `Installing the packages anew (${stale} changed) …`,
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  for (const command of ['ci', 'install']) {
    const { status } = spawnSync(npm, [command, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: ROOT,
      // Standard output belongs to what the command was asked for.
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    if (status === 0) return;
  }
  console.error(
    'The packages could not be installed: npm’s message above says why. Nothing else was changed.',
  );
  process.exit(1);
}

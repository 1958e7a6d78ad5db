import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userCache } from '../paths.mjs';

const VERSION = '3.22.1';

/** llama.cpp as `node-llama-cpp` brings it prebuilt, for this machine's processor alone. */
function platformPackage() {
  const { platform, arch } = process;
  if (platform === 'darwin') return arch === 'arm64' ? 'mac-arm64-metal' : 'mac-x64';
  return `${platform === 'win32' ? 'win' : 'linux'}-${arch}`;
}

/**
 * Path of the library's module, in a folder of its own in the user's cache; fetched where it is missing.
 * @param {(line: string) => void} say
 */
export function ensureLlamaCpp(say) {
  const folder = join(userCache(), 'llama-cpp', VERSION);
  const module = join(folder, 'node_modules/node-llama-cpp/dist/index.js');
  if (existsSync(join(folder, 'complete'))) return module;
  say('Fetching llama.cpp …');
  mkdirSync(folder, { recursive: true });
  const packages = ['node-llama-cpp', `@node-llama-cpp/${platformPackage()}`].map(
    (name) => `${name}@${VERSION}`,
  );
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm itself is a script: on Windows it needs a shell.
  const { status } = spawnSync('npm', ['install', '--prefix', folder, ...packages, ...options], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('llama.cpp could not be fetched: npm’s message above says why.');
  writeFileSync(join(folder, 'complete'), '');
  return module;
}

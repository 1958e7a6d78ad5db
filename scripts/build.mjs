import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GUIDE_SOURCES } from './build/guide.mjs';
import { hostHeaders } from './build/host-headers.mjs';
import { KERNEL_SOURCES } from './build/kernels.mjs';
import { filesOf, writeServiceWorker } from './build/service-worker.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { DIST, ROOT } from './paths.mjs';

/** Everything that a build is made from. */
const SOURCES = [
  'index.html',
  'headless.html',
  'package-lock.json',
  'public',
  'scripts/build',
  'scripts/build.mjs',
  'scripts/empty-package',
  'scripts/security-headers.mjs',
  'shaders',
  'src',
  'vite.config.ts',
  ...GUIDE_SOURCES,
  ...KERNEL_SOURCES,
];

/** @returns {Generator<string>} */
function* filesUnder(/** @type {string} */ path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isFile()) yield path;
  else {
    for (const entry of readdirSync(path).sort()) yield* filesUnder(join(path, entry));
  }
}

/** Paths of all of them. */
export const sourceFiles = () => SOURCES.flatMap((source) => [...filesUnder(join(ROOT, source))]);

/** SHA-256 over names and contents of the sources. */
function sourceHash() {
  const hash = createHash('sha256');
  for (const file of sourceFiles()) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** True where `dist` was made from the sources as they are. */
function isFresh(hash = sourceHash()) {
  try {
    return JSON.parse(readFileSync(join(DIST, 'build.json'), 'utf8')).sources === hash;
  } catch {
    return false;
  }
}

/** Builds into a folder of its own, then puts it in the place of `dist`: two may do so at once. */
export async function build() {
  const hash = sourceHash();
  const folder = `${DIST}-${process.pid}-${Date.now().toString(36)}`;
  process.env.LOWRANK_OUT_DIR = folder;
  process.env.NODE_ENV = 'production';
  try {
    const vite = await import('vite');
    const customLogger = onStandardError(vite);
    await vite.build({ root: ROOT, mode: 'production', logLevel: 'warn', customLogger });
    await writeServiceWorker(folder, customLogger);
    writeFileSync(join(folder, '_headers'), hostHeaders(filesOf(folder)));
    writeFileSync(join(folder, 'build.json'), `${JSON.stringify({ sources: hash })}\n`);
    replace(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Vite's own logger writes to standard output, which belongs to the commands. */
function onStandardError(/** @type {typeof import('vite')} */ vite) {
  const logger = vite.createLogger('warn');
  const write = (/** @type {string} */ message) => {
    process.stderr.write(`${message}\n`);
  };
  /** @type {Set<string>} */
  const told = new Set();
  const once = (/** @type {string} */ message) => {
    // Vite's own CSS modules cause it; nothing of ours can change it.
    if (told.has(message) || message.includes('did not pass the `from` option')) return;
    told.add(message);
    write(message);
  };
  return { ...logger, info: () => {}, warn: once, warnOnce: once, error: write };
}

function replace(/** @type {string} */ folder) {
  for (let attempt = 0; ; attempt++) {
    const old = `${folder}-old`;
    try {
      renameSync(DIST, old);
    } catch {
      // No earlier build, or another command is replacing it at this moment.
    }
    try {
      renameSync(folder, DIST);
      rmSync(old, { recursive: true, force: true });
      return;
    } catch (error) {
      rmSync(old, { recursive: true, force: true });
      if (attempt > 20) throw error;
    }
  }
}

/** Builds where `dist` is missing or older than its sources. */
export async function ensureBuild(say = (/** @type {string} */ line) => console.error(line)) {
  if (isFresh()) return;
  say('Building the page …');
  await build();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureDependencies();
  try {
    await build();
    console.log('Built dist/.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

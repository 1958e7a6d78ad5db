import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from '../paths.mjs';

/**
 * The benchmark is built apart from the page: it brings tfjs's stock gradients and a peer that no visitor needs.
 */

function hashOfSources() {
  const hash = createHash('sha256');
  for (const top of ['src', 'shaders', 'bench.html', 'package-lock.json', 'scripts/bench/build.mjs']) {
    const path = join(ROOT, top);
    const files = /\.\w+$/.test(top)
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
          .filter((file) => !file.startsWith(join(ROOT, 'src/app')))
          .sort();
    for (const file of files) hash.update(file.slice(ROOT.length)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * The benchmark for a browser (`page`: a folder with bench.html) or for Node (`node`: one module), made where it is
 * missing.
 *
 * @param {'page' | 'node'} target
 * @param {(line: string) => void} say
 * @returns {Promise<string>} Its folder.
 */
export async function benchBuild(target, say) {
  const folder = join(CACHE, `bench-${target}-${hashOfSources()}`);
  if (existsSync(folder)) return folder;
  say('Building the benchmark …');
  const temporary = `${folder}.${process.pid}`;
  const vite = await import('vite');
  await vite.build({
    root: ROOT,
    base: './',
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir: temporary,
      emptyOutDir: true,
      chunkSizeWarningLimit: 8192,
      ...(target === 'page'
        ? { rolldownOptions: { input: 'bench.html' } }
        : {
            ssr: 'src/bench/dawn.ts',
            rolldownOptions: { output: { entryFileNames: 'bench.mjs', codeSplitting: false } },
          }),
    },
    ...(target === 'node' ? { ssr: { noExternal: true } } : {}),
  });
  try {
    renameSync(temporary, folder);
  } catch {
    // Another command built the same at this moment.
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

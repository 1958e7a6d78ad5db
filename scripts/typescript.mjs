import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE, ROOT } from './paths.mjs';

/** A file's text by `?raw`, as Vite imports it. */
const RAW = {
  name: 'raw',
  /** @type {(source: string, importer?: string) => string | undefined} */
  resolveId: (source, importer) =>
    source.endsWith('?raw') && importer ? resolve(dirname(importer), source) : undefined,
  /** @type {(id: string) => { code: string, moduleType: 'js' } | undefined} */
  load: (id) =>
    id.endsWith('?raw')
      ? {
          code: `export default ${JSON.stringify(readFileSync(id.slice(0, -'?raw'.length), 'utf8'))}`,
          moduleType: 'js',
        }
      : undefined,
};

/** @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * A module of the page in Node. Node 20 reads no TypeScript, so the module is bundled with what it imports, into one
 * file for each version of the code.
 * @param {string} source from the root, such as `src/run/settings/list.ts`
 */
export function importTypeScript(source) {
  const known = loaded.get(source) ?? bundle(source);
  loaded.set(source, known);
  return known;
}

async function bundle(/** @type {string} */ source) {
  const { build } = await import('rolldown');
  const { output } = await build({
    input: join(ROOT, source),
    platform: 'node',
    plugins: [RAW],
    write: false,
    logLevel: 'silent',
  });
  const [{ code }] = output;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const file = join(CACHE, `${basename(source, '.ts')}-${hash}.mjs`);
  if (!existsSync(file)) {
    mkdirSync(CACHE, { recursive: true });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, code);
    renameSync(temporary, file);
  }
  return import(pathToFileURL(file).href);
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE, ROOT } from '../paths.mjs';

/**
 * The page's own table of settings, `src/run/settings.ts`. Node 20 reads no TypeScript, so it is bundled once
 * per version of the file.
 * @returns {Promise<typeof import('../../src/run/settings.ts')>}
 */
export async function settingsTable() {
  const source = join(ROOT, 'src/run/settings.ts');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const bundle = join(CACHE, `settings-${hash}.mjs`);
  if (!existsSync(bundle)) {
    const { build } = await import('rolldown');
    const { output } = await build({ input: source, platform: 'node', write: false, logLevel: 'silent' });
    mkdirSync(CACHE, { recursive: true });
    const temporary = `${bundle}.${process.pid}`;
    writeFileSync(temporary, output[0].code);
    renameSync(temporary, bundle);
  }
  return import(pathToFileURL(bundle).href);
}

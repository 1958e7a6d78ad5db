import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE, ROOT } from '../paths.mjs';

/**
 * The page's own table of settings, `src/run/settings.ts`. Node 20 reads no TypeScript, so it is bundled, into one
 * file for each version of its code.
 * @returns {Promise<typeof import('../../src/run/settings.ts')>}
 */
export async function settingsTable() {
  const { build } = await import('rolldown');
  const input = join(ROOT, 'src/run/settings.ts');
  const { output } = await build({ input, platform: 'node', write: false, logLevel: 'silent' });
  const [{ code }] = output;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const bundle = join(CACHE, `settings-${hash}.mjs`);
  if (!existsSync(bundle)) {
    mkdirSync(CACHE, { recursive: true });
    const temporary = `${bundle}.${process.pid}`;
    writeFileSync(temporary, code);
    renameSync(temporary, bundle);
  }
  return import(pathToFileURL(bundle).href);
}

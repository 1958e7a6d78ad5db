import { importTypeScript } from '../typescript.mjs';

/**
 * The page's own table of settings.
 * @returns {Promise<typeof import('../../src/run/settings.ts')>}
 */
export const settingsTable = () => importTypeScript('src/run/settings.ts');

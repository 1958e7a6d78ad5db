import { importTypeScript } from '../typescript.mjs';

/** The page's own tables, read by the commands. */

/** @returns {Promise<typeof import('../../src/run/settings/list.ts')>} */
export const settingsTable = () => importTypeScript('src/run/settings/list.ts');

/** @returns {Promise<typeof import('../../src/export/formats/list.ts').FORMATS>} */
export const exportFormats = async () => (await importTypeScript('src/export/formats/list.ts')).FORMATS;

/** @returns {Promise<typeof import('../../src/merging/list.ts').WAYS>} */
export const mergeWays = async () => (await importTypeScript('src/merging/list.ts')).WAYS;

/** @returns {Promise<typeof import('../../src/lab/expression/functions.ts').FUNCTIONS>} */
export const expressionFunctions = async () =>
  (await importTypeScript('src/lab/expression/functions.ts')).FUNCTIONS;

/** @returns {Promise<Readonly<Record<string, import('../../src/error-codes.ts').ErrorKind | undefined>>>} */
export const errorCodes = async () => (await importTypeScript('src/error-codes.ts')).ERRORS;

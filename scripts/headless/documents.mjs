import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usage } from './failure.mjs';
import { kindOf } from './inputs.mjs';

/**
 * The documents of a folder and those below it, in the order of their paths; files of other kinds are named and left out.
 * @param {string | undefined} folder
 * @param {(name: string) => boolean} isDocument
 * @param {(line: string) => void} say
 */
export function documentsInput(folder, isDocument, say) {
  if (folder === undefined) return [];
  if (kindOf(folder) !== 'folder')
    throw usage(`--documents: there is no folder ${folder}. Give the one that has the files.`);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => kindOf(join(folder, name)) === 'file')
    .sort();
  const read = files.filter(isDocument);
  const left = files.filter((name) => !isDocument(name));
  if (read.length === 0)
    throw usage(`--documents: ${folder} has no text (.txt), Markdown (.md) or HTML (.html) file.`);
  if (left.length > 0)
    say(
      `Warning: --documents: ${left.length} ${left.length === 1 ? 'file is' : 'files are'} neither text, Markdown nor HTML and left out: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ' …' : ''}`,
    );
  return read.map((name) => resolve(folder, name));
}

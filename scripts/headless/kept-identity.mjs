import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { usage } from './failure.mjs';

/**
 * What decides a result, by what a person would call it: `--resume` goes on only with the same.
 *
 * @typedef {Record<string, unknown>} Identity
 */

/** Names of what two differ in. */
export function differing(/** @type {Identity} */ one, /** @type {Identity} */ other) {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
}

/**
 * @param {Identity} one
 * @param {Identity} other
 * @param {string} what they are
 * @throws a usage failure that names what they differ in
 */
export function refuseOther(one, other, what) {
  const different = differing(one, other);
  if (different.length > 0)
    throw usage(
      `--resume: --out holds another ${what}: ${different.join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. What is there is safe. Give what it was started with, or another --out.`,
    );
}

/** SHA-256 of a file, in hex. */
export function fileHash(/** @type {string} */ path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** A model that is not opened for this, by its files as they lie there. */
export function modelIdentity(/** @type {ReturnType<typeof import('./inputs.mjs').modelInput>} */ model) {
  const files = model.files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [basename(file), size, mtimeMs];
  });
  const { choice } = model;
  // It opens the hub and decides nothing, and what is kept may be handed on.
  if ('token' in choice) {
    const { token: _, ...rest } = choice;
    return [rest, files];
  }
  return [choice, files];
}

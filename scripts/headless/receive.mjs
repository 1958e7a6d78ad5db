import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { processLives } from './lock.mjs';
import { sealed } from './outputs.mjs';

/** What an export's folder may hold. */
const EXPORTED = /\.(json|safetensors|md|jinja|txt|py)$/;

/**
 * Receives the files of an export that the page has made; none is at its place before all are whole.
 *
 * @param {Pick<import('./browser.mjs').Headless, 'bridge' | 'inbox'>} headless
 * @param {readonly string[]} names
 * @param {(name: string) => string} placeOf
 * @returns {Promise<{ name: string, path: string, bytes: number, sha256: string }[]>}
 */
export async function receiveExport({ bridge, inbox }, names, placeOf) {
  const places = names.map((name) => {
    const path = placeOf(name);
    return { name, path, temporary: `${path}.${process.pid}.tmp` };
  });
  try {
    for (const { name, path, temporary } of places) {
      mkdirSync(dirname(path), { recursive: true });
      inbox.files.set(`export/${name}`, temporary);
    }
    await bridge.evaluate((lowrank, to) => lowrank.sendExport(to), inbox.path('export'));
    const files = [];
    for (const { name, path, temporary } of places) {
      const sha256 = await sealed(temporary);
      files.push({ name, path, bytes: statSync(temporary).size, sha256 });
    }
    for (const { temporary, path } of places) renameSync(temporary, path);
    return files;
  } finally {
    for (const { temporary } of places) rmSync(temporary, { force: true });
  }
}

/**
 * Removes what an export that was killed left half written, of `name` alone where one is given.
 * @param {string} folder
 * @param {string | null} name
 */
export function sweepHalves(folder, name) {
  for (const found of readdirSync(folder)) {
    const [, of, process] = /^(.+)\.(\d+)\.tmp$/.exec(found) ?? [];
    if (of === undefined || (name === null ? !EXPORTED.test(of) : of !== name)) continue;
    if (!processLives(Number(process))) rmSync(join(folder, found), { force: true });
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { importTypeScript } from '../typescript.mjs';
import { writeWhole } from './outputs.mjs';

/** What the commands of the lab have in common: its modules, and the report that each leaves. */

/** @typedef {import('../../src/lab/report.ts').LabReport} LabReport */
/** @typedef {typeof import('../../src/lab/report.ts')} ReportModule */

/** Modules of src by their paths, as one object, with that of reports. */
export async function labModules(/** @type {string[]} */ ...paths) {
  const modules = await Promise.all(
    [...paths, 'lab/report'].map((path) => importTypeScript(`src/${path}.ts`)),
  );
  return Object.assign({}, ...modules);
}

/** Of Lowrank, and of packages whose arithmetic is in a result. */
export function versionsOf(/** @type {string[]} */ ...names) {
  const { version, packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return {
    lowrank: version,
    ...Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`].version])),
  };
}

/**
 * Writes `report.html` and `report.json` into a folder.
 * @template {object} Keys
 * @param {ReportModule} lab
 * @param {string} out
 * @param {{ keys: Keys, report: LabReport }} made `keys`: the experiment's own
 */
export function writeReport({ reportHtml, reportJson }, out, { keys, report }) {
  const json = reportJson(keys, report);
  writeWhole(join(out, 'report.html'), reportHtml(report));
  writeWhole(join(out, 'report.json'), `${JSON.stringify(json, null, 2)}\n`);
  return json;
}

import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkpointFolder } from './checkpoints.mjs';
import { usage } from './failure.mjs';
import { dtypesOf } from './flag-tables.mjs';
import { adapterInput, deviceInput, kindOf, modelInput, oneOf } from './inputs.mjs';
import { processLives } from './lock.mjs';
import { openAdapterIn, openModelIn } from './open.mjs';
import { outputFile, outputFolder, refuseSame, sealed } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { exportFormats } from './tables.mjs';

/** @typedef {import('../../src/export/formats/list.ts').FormatId} FormatId */
/** @typedef {import('../../src/export/format.ts').ExportFormat<FormatId>} Format */

/** What an export's folder may hold. */
const EXPORTED = /\.(json|safetensors|md|jinja|txt|py)$/;

/**
 * `export` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function exportAdapter(values, { say, signal }) {
  const formats = await exportFormats();
  const { format, dtype } = formatAsked(formats, values);
  const model = modelInput(values);
  const checkpoint = format.from === 'run' ? await checkpointInput(values.adapter) : null;
  const adapter = checkpoint ? null : adapterInput(values.adapter);
  deviceInput(values);
  const single = format.file !== null;
  refuseSame(
    [['out', values.out]],
    [
      ['model', model.choice.kind === 'folder' ? values.model : null],
      ['adapter', values.adapter],
      ...model.files.map((file) => /** @type {[string, string]} */ (['model', file])),
    ],
  );
  const out = single ? outputFile('out', values.out) : outputFolder('out', values.out);

  sweep(single ? dirname(out) : out, single ? basename(out) : null);
  /** Temporary path and final one by name. @type {Map<string, { temporary: string, path: string }>} */
  const places = new Map();
  try {
    return await withHeadless(
      // Nothing is computed on a device: merging is sums over one matrix at a time.
      { device: 'wasm', keep: model.kept, say, signal, onEvent: progressPrinter(say) },
      async (headless) => {
        const { page, bridge, inbox } = headless;
        await openModelIn(headless, model, { say });
        await openAdapterIn(headless, adapter, say);
        if (checkpoint) await page.setInputFiles('#checkpoint', checkpoint);
        const { names, note } = await bridge.evaluate((lowrank, request) => lowrank.prepareExport(request), {
          format: format.id,
          dtype,
          target: values.out,
        });
        for (const name of names) {
          const path = single ? out : join(out, name);
          const temporary = `${path}.${process.pid}.tmp`;
          mkdirSync(dirname(path), { recursive: true });
          places.set(name, { temporary, path });
          inbox.files.set(`export/${name}`, temporary);
        }
        await bridge.evaluate((lowrank, to) => lowrank.sendExport(to), inbox.path('export'));
        const files = [];
        for (const { temporary, path } of places.values()) {
          const sha256 = await sealed(temporary);
          files.push({
            path: single ? basename(path) : path.slice(out.length + 1),
            bytes: statSync(temporary).size,
            sha256,
          });
        }
        for (const { temporary, path } of places.values()) renameSync(temporary, path);
        const json = { format: format.id, files, note };
        return { json, text: [`Wrote ${values.out}.`, 'To load it:', `  ${note}`].join('\n') };
      },
    );
  } finally {
    for (const { temporary } of places.values()) rmSync(temporary, { force: true });
  }
}

/**
 * What `--format` and `--dtype` ask for.
 * @param {readonly Format[]} formats
 * @param {Record<string, any>} values
 */
export function formatAsked(formats, values) {
  const id = oneOf(
    'format',
    values.format,
    formats.map((one) => one.id),
  );
  const format = /** @type {Format} */ (formats.find((one) => one.id === id));
  if (values.dtype === undefined) return { format, dtype: null };
  const dtype = oneOf('dtype', values.dtype, dtypesOf(formats));
  const own = format.dtypes.map(({ value }) => value);
  if (own.includes(dtype)) return { format, dtype };
  throw usage(`--dtype: ${id} is written as ${own.join(' or ')}, not as ${dtype}.`);
}

/**
 * Removes what an export that was killed left half written, of `name` alone where one is given.
 * @param {string} folder
 * @param {string | null} name
 */
function sweep(folder, name) {
  for (const found of readdirSync(folder)) {
    const [, of, process] = /^(.+)\.(\d+)\.tmp$/.exec(found) ?? [];
    if (of === undefined || (name === null ? !EXPORTED.test(of) : of !== name)) continue;
    if (!processLives(Number(process))) rmSync(join(folder, found), { force: true });
  }
}

/** The newest checkpoint of a run's `--out`. */
async function checkpointInput(/** @type {string} */ folder) {
  if (kindOf(folder) !== 'folder') throw usage(`--adapter: there is no folder ${folder}.`);
  const newest = await checkpointFolder(resolve(folder)).newest();
  if (newest) return newest.path;
  throw usage(
    `--adapter: ${folder} holds no checkpoint of a run to go on with. Runs keep them while they are unfinished: on Ctrl-C, and with --checkpoint-every.`,
  );
}

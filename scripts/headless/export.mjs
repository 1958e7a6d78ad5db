import { basename, dirname, join, resolve } from 'node:path';
import { checkpointFolder } from './checkpoints.mjs';
import { usage } from './failure.mjs';
import { dtypesOf } from './flag-tables.mjs';
import { adapterInput, deviceInput, kindOf, modelInput, oneOf } from './inputs.mjs';
import { openAdapterIn, openModelIn } from './open.mjs';
import { outputFile, outputFolder, refuseSame } from './outputs.mjs';
import { receiveExport, sweepHalves } from './receive.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { exportFormats } from './tables.mjs';

/** @typedef {import('../../src/export/formats/list.ts').FormatId} FormatId */
/** @typedef {import('../../src/export/format.ts').ExportFormat<FormatId>} Format */

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

  sweepHalves(single ? dirname(out) : out, single ? basename(out) : null);
  return withHeadless(
    // Nothing is computed on a device: merging is sums over one matrix at a time.
    { device: 'wasm', keep: model.kept, say, signal, onEvent: progressPrinter(say) },
    async (headless) => {
      const { page, bridge } = headless;
      await openModelIn(headless, model, { say });
      await openAdapterIn(headless, adapter, say);
      if (checkpoint) await page.setInputFiles('#checkpoint', checkpoint);
      const { names, note } = await bridge.evaluate((lowrank, request) => lowrank.prepareExport(request), {
        format: format.id,
        dtype,
        target: values.out,
      });
      const received = await receiveExport(headless, names, (name) => (single ? out : join(out, name)));
      const files = received.map(({ name, bytes, sha256 }) => ({
        path: single ? basename(out) : name,
        bytes,
        sha256,
      }));
      const json = { format: format.id, files, note };
      return { json, text: [`Wrote ${values.out}.`, 'To load it:', `  ${note}`].join('\n') };
    },
  );
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

/** The newest checkpoint of a run's `--out`. */
async function checkpointInput(/** @type {string} */ folder) {
  if (kindOf(folder) !== 'folder') throw usage(`--adapter: there is no folder ${folder}.`);
  const newest = await checkpointFolder(resolve(folder)).newest();
  if (newest) return newest.path;
  throw usage(
    `--adapter: ${folder} holds no checkpoint of a run to go on with. Runs keep them while they are unfinished: on Ctrl-C, and with --checkpoint-every.`,
  );
}

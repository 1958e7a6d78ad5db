import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { importTypeScript } from '../typescript.mjs';
import { evaluate } from './evaluate.mjs';
import { usage } from './failure.mjs';
import { fileInput, modelInput, oneOf } from './inputs.mjs';
import { modelIdentity, refuseOther } from './kept-identity.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { lockOut } from './lock-out.mjs';
import { openModelIn } from './open.mjs';
import { outputFolder, refuseSame, writeWhole } from './outputs.mjs';
import { receiveExport, sweepHalves } from './receive.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';
import { train } from './train.mjs';

/** @typedef {{ say: (line: string) => void, signal: AbortSignal }} Io */
/** @typedef {import('./kept-identity.mjs').Identity} Identity */
/** @typedef {{ layers: number, from: number[], files: { path: string, bytes: number, sha256: string }[] }} Stacked */

/** Flags that a run has beside its settings, as they are handed on to it. */
const OF_RUN = [
  'device',
  'threads',
  'chat-template',
  'memory-limit',
  'prompt-column',
  'completion-column',
  'system-column',
];

/**
 * `stack` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {Io} io
 */
export async function stack(values, io) {
  const { say } = io;
  const table = await settingsTable();
  const settingFlags = table.SETTINGS.map(({ flag }) => flag);
  const heal = values.heal === undefined ? null : fileInput('heal', values.heal);
  const evalData = values['eval-data'] === undefined ? null : fileInput('eval-data', values['eval-data']);
  if (!heal)
    for (const flag of settingFlags.filter((one) => !['max-length', 'raw', 'base-dtype'].includes(one)))
      if (values[flag] !== undefined)
        throw usage(`--${flag}: is for the run that heals; add --heal, or leave this out.`);
  const model = modelInput(values);
  const dtype =
    values.dtype === undefined ? null : oneOf('dtype', values.dtype, /** @type {const} */ (['f16', 'f32']));
  refuseSame(
    [['out', values.out]],
    [
      ['model', model.choice.kind === 'folder' ? values.model : null],
      ['heal', heal],
      ['eval-data', evalData],
    ],
  );
  const out = outputFolder('out', values.out);
  const identity = {
    '--model': modelIdentity(model),
    '--slices': values.slices,
    '--dtype': dtype,
  };
  const release = lockOut(out);
  const kept = join(out, 'stack.json');
  /** @type {Stacked} */
  let stacked;
  try {
    const before = values.resume ? stackedBefore(kept, out, identity) : null;
    if (before) say('The model is written already.');
    rmSync(join(out, 'report.json'), { force: true });
    stacked = before ?? (await written(values.slices, model, dtype, out, io));
    writeWhole(kept, `${JSON.stringify({ identity, stacked })}\n`);
  } finally {
    release();
  }

  const asMeasured = Object.fromEntries(
    ['max-length', 'raw', 'base-dtype', ...OF_RUN]
      .filter((flag) => values[flag] !== undefined)
      .map((flag) => [flag, values[flag]]),
  );
  const lossOf = async (/** @type {Record<string, any>} */ of) =>
    evalData === null ? null : (await evaluate({ ...asMeasured, ...of, data: evalData }, io)).json.loss;
  const hubFlags = Object.fromEntries(
    ['hub', 'revision'].flatMap((flag) => (values[flag] === undefined ? [] : [[flag, values[flag]]])),
  );
  const base = await lossOf({ model: values.model, ...hubFlags });
  /** @type {number | null} */
  let lossBefore = heal ? null : await lossOf({ model: out });
  /** @type {number | null} */
  let lossHealed = null;
  if (heal) {
    const settings = Object.fromEntries(
      [...settingFlags, ...OF_RUN]
        .filter((flag) => values[flag] !== undefined)
        .map((flag) => [flag, values[flag]]),
    );
    const heldOut = evalData
      ? { 'eval-data': evalData }
      : settings['eval-fraction'] === undefined
        ? { 'eval-fraction': HELD_OUT }
        : {};
    const { json } = await train(
      {
        ...settings,
        ...heldOut,
        model: out,
        data: heal,
        out: join(out, HEALED),
        resume: values.resume ?? false,
        'checkpoint-every': values['checkpoint-every'] ?? 50,
      },
      io,
    );
    const measured = 'eval' in json ? json.eval : null;
    lossBefore = measured?.loss_before ?? null;
    lossHealed = measured?.loss_after ?? null;
  }
  /** @type {typeof import('../../src/lab/stacking/report.ts') & typeof import('../../src/lab/report.ts')} */
  const lab = await labModules('lab/stacking/report');
  const { resume: _, json: __, ...flags } = values;
  const outcome = { ...stacked, loss_base: base, loss_before: lossBefore, loss_healed: lossHealed };
  /** @type {import('../../src/lab/report.ts').LabReport} */
  const report = {
    ...lab.stackSections(outcome),
    settings: Object.entries(flags).map(([name, value]) => /** @type {const} */ ([name, String(value)])),
    seeds: heal ? { seed: table.defaultSettings({ seed: values.seed ?? 0 }).seed } : {},
    versions: versionsOf(),
    command: lab.commandLine('stack', flags),
    created: new Date().toISOString(),
  };
  const json = writeReport(lab, out, { keys: { ...outcome, adapter: heal ? HEALED : null }, report });
  return { json, text: [...report.findings, `The model and its report are in ${values.out}.`].join('\n') };
}

/** Where the adapter that heals goes, inside --out. */
const HEALED = 'healed';
/** Share of the rows of --heal that is held out where no other rows are given. */
const HELD_OUT = 0.2;

/**
 * The deeper model as a folder. Nothing is computed on a device: its tensors are copies.
 * @param {string} slices
 * @param {ReturnType<typeof modelInput>} model
 * @param {'f16' | 'f32' | null} dtype
 * @param {string} out
 * @param {Io} io
 * @returns {Promise<Stacked>}
 */
async function written(slices, model, dtype, out, { say, signal }) {
  const choice = { ...model.choice, slices };
  sweepHalves(out, null);
  return withHeadless(
    { device: 'wasm', keep: model.kept, say, signal, onEvent: progressPrinter(say) },
    async (headless) => {
      const { layers } = await openModelIn(headless, { ...model, choice }, { say });
      const names = await headless.bridge.evaluate((lowrank, given) => lowrank.prepareModel(given), dtype);
      const received = await receiveExport(headless, names, (name) => join(out, name));
      const files = received.map(({ name, bytes, sha256 }) => ({ path: name, bytes, sha256 }));
      const { parseSlices } = await importTypeScript('src/weights/stacked.ts');
      return { layers, from: parseSlices(slices, Number.POSITIVE_INFINITY), files };
    },
  );
}

/**
 * What an earlier command has written, where it is whole.
 * @param {string} kept
 * @param {string} out
 * @param {Identity} identity
 * @returns {Stacked | null}
 */
function stackedBefore(kept, out, identity) {
  const found = keptIn(kept);
  if (!found) return null;
  refuseOther(identity, found.identity, 'stack');
  const whole = found.stacked.files.every(
    (/** @type {{ path: string, bytes: number }} */ { path, bytes }) =>
      existsSync(join(out, path)) && statSync(join(out, path)).size === bytes,
  );
  return whole ? found.stacked : null;
}

/** @returns {{ identity: Identity, stacked: Stacked } | null} null also where the file is not whole */
function keptIn(/** @type {string} */ path) {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8'));
    return found?.identity && Array.isArray(found.stacked?.files) ? found : null;
  } catch {
    return null;
  }
}

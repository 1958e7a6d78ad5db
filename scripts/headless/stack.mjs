import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { importTypeScript } from '../typescript.mjs';
import { evaluate } from './evaluate.mjs';
import { usage } from './failure.mjs';
import { fileInput, modelInput, oneOf } from './inputs.mjs';
import { refuseOther } from './kept-merge.mjs';
import { lockOut } from './lock-out.mjs';
import { openModelIn } from './open.mjs';
import { outputFolder, refuseSame, sealed, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';
import { train } from './train.mjs';

/** @typedef {{ say: (line: string) => void, signal: AbortSignal }} Io */
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
    '--model': [
      model.choice,
      model.files.map((file) => [basename(file), statSync(file).size, statSync(file).mtimeMs]),
    ],
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
  const lab = await labModules();
  const { resume: _, json: __, ...flags } = values;
  const outcome = { ...stacked, loss_base: base, loss_before: lossBefore, loss_healed: lossHealed };
  /** @type {import('../../src/lab/report.ts').LabReport} */
  const report = {
    ...lab.stackSections(outcome),
    settings: Object.entries(flags).map(([name, value]) => /** @type {const} */ ([name, String(value)])),
    seeds: heal ? { seed: table.defaultSettings({ seed: values.seed ?? 0 }).seed } : {},
    versions: { lowrank: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version },
    command: lab.commandLine('stack', flags),
    created: new Date().toISOString(),
  };
  const json = lab.reportJson({ ...outcome, adapter: heal ? HEALED : null }, report);
  writeWhole(join(out, 'report.html'), lab.reportHtml(report));
  writeWhole(join(out, 'report.json'), `${JSON.stringify(json, null, 2)}\n`);
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
  /** Temporary path and final one by name. @type {Map<string, { temporary: string, path: string }>} */
  const places = new Map();
  try {
    return await withHeadless(
      { device: 'wasm', keep: model.kept, say, signal, onEvent: progressPrinter(say) },
      async (headless) => {
        const { bridge, inbox } = headless;
        const { layers } = await openModelIn(headless, { ...model, choice }, { say });
        const names = await bridge.evaluate((lowrank, given) => lowrank.prepareModel(given), dtype);
        for (const name of names) {
          const path = join(out, name);
          const temporary = `${path}.${process.pid}.tmp`;
          mkdirSync(dirname(path), { recursive: true });
          places.set(name, { temporary, path });
          inbox.files.set(`export/${name}`, temporary);
        }
        await bridge.evaluate((lowrank, to) => lowrank.sendExport(to), inbox.path('export'));
        const files = [];
        for (const [path, { temporary }] of places)
          files.push({ path, sha256: await sealed(temporary), bytes: statSync(temporary).size });
        for (const { temporary, path } of places.values()) renameSync(temporary, path);
        const { parseSlices } = await importTypeScript('src/weights/stacked.ts');
        return { layers, from: parseSlices(slices, Number.POSITIVE_INFINITY), files };
      },
    );
  } finally {
    for (const { temporary } of places.values()) rmSync(temporary, { force: true });
  }
}

/**
 * What an earlier command has written, where it is whole.
 * @param {string} kept
 * @param {string} out
 * @param {Record<string, unknown>} identity
 * @returns {Stacked | null}
 */
function stackedBefore(kept, out, identity) {
  if (!existsSync(kept)) return null;
  const found = JSON.parse(readFileSync(kept, 'utf8'));
  refuseOther(identity, found.identity, 'stack');
  const whole = found.stacked.files.every(
    (/** @type {{ path: string, bytes: number }} */ { path, bytes }) =>
      existsSync(join(out, path)) && statSync(join(out, path)).size === bytes,
  );
  return whole ? found.stacked : null;
}

/** @returns {Promise<typeof import('../../src/lab/stacking/report.ts') & typeof import('../../src/lab/report.ts')>} */
async function labModules() {
  const files = ['stacking/report', 'report'];
  return Object.assign(
    {},
    ...(await Promise.all(files.map((file) => importTypeScript(`src/lab/${file}.ts`)))),
  );
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { columnsInput, sayRows } from './data-columns.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { adapterInput, deviceInput, fileInput, modelInput, oneOf } from './inputs.mjs';
import { fileHash, modelIdentity, refuseOther } from './kept-identity.mjs';
import { keptMerge } from './kept-merge.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { lockOut } from './lock-out.mjs';
import { openModelIn } from './open.mjs';
import { outputFolder, refuseSame, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { mergeWays, settingsTable } from './tables.mjs';

/** Flags of what is measured, which decide nothing of a merge itself. */
const MEASURED = ['max-length', 'raw', 'base-dtype', 'prompt-column', 'completion-column', 'system-column'];

/** @typedef {import('./kept-identity.mjs').Identity} Identity */
/** @typedef {import('./kept-merge.mjs').Measured} Measured */
/** @typedef {import('../../src/merging/way.ts').Way} Way */
/** @typedef {typeof import('../../src/lab/merging/report.ts') & typeof import('../../src/lab/merging/sweep.ts') & typeof import('../../src/lab/report.ts')} LabModules */
/** @typedef {{ name: string, files: string[], rank: number | null }} SourceInput */

/**
 * `merge` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function merge(values, { say, signal }) {
  /** @type {LabModules} */
  const lab = await labModules('lab/merging/report', 'lab/merging/sweep');
  const ways = await mergeWays();
  const id = oneOf(
    'way',
    values.way ?? 'sum',
    ways.map((one) => one.id),
  );
  const way = /** @type {Way} */ (ways.find((one) => one.id === id));
  const settings = settingsFrom(await settingsTable(), values);
  const asked = deviceInput(values);
  const model = modelInput(values);
  const sources = sourcesInput(values.adapters, say);
  const weights = weightsInput(values, sources.length);
  const data = dataInput(values);
  const mapping = columnsInput(values);
  refuseSame(
    [['out', values.out]],
    [
      ['model', model.choice.kind === 'folder' ? values.model : null],
      .../** @type {string[]} */ (values.adapters).map(
        (folder) => /** @type {[string, string]} */ (['adapters', folder]),
      ),
    ],
  );
  const { rank, density, seed } = values;
  const options = { way: id, rank, density, seed };
  const out = outputFolder('out', values.out);
  const release = lockOut(out);
  const kept = keptMerge(out);
  const grid = data.length > 0 ? lab.sweepWeights(way, sources.length) : null;
  const identity = identityOf(values, { model, sources, weights, data, options });

  try {
    const before = earlier(kept, identity, values.resume, say);
    if (before?.report) {
      say('The merge is already done: this is its report.');
      return { json: before.report, text: `The adapter and its report are in ${out}.` };
    }
    const measured = before?.measured ?? { base: null, points: [] };
    return await withHeadless(
      {
        device: data.length > 0 ? asked.device : 'wasm',
        keep: model.kept,
        say,
        signal,
        onEvent: progressPrinter(say),
      },
      async (headless) => {
        const { page, bridge, inbox } = headless;
        if (grid)
          await bridge.evaluate(
            (lowrank, { device, threads }) => lowrank.hardware(device, { threads }),
            asked,
          );
        const info = await openModelIn(headless, model, { dtype: settings.baseDtype, say });
        /** @type {{ id: string, name: string }[]} */
        const adapters = [];
        for (const { name, files } of sources) {
          await page.setInputFiles('#adapter', files);
          const { id: source, notes } = await bridge.evaluate((lowrank) => lowrank.addSource());
          for (const note of notes) say(`Warning: ${name}: ${note}`);
          adapters.push({ id: source, name });
        }
        const mergedBy = (/** @type {readonly number[]} */ by) =>
          bridge.evaluate((lowrank, request) => lowrank.merge(request), {
            ...options,
            adapters: adapters.map((adapter, i) => ({ ...adapter, weight: by[i] })),
          });
        /** Losses of what is in place, or of the base. */
        const lossesOf = async (/** @type {number} */ strength) => {
          const losses = [];
          for (const file of data) {
            await page.setInputFiles('#eval-data', file);
            const { maxLength, raw } = settings;
            const report = await bridge.evaluate((lowrank, given) => lowrank.openData('eval', given), {
              maxLength,
              raw,
              mapping,
            });
            if (measured.base === null) sayRows(report, say);
            losses.push((await bridge.evaluate((lowrank, given) => lowrank.evaluate(given), strength)).loss);
          }
          return losses;
        };
        let chosen = weights;
        let sweep = null;
        if (grid) {
          if (measured.base === null) {
            measured.base = await lossesOf(0);
            kept.keep(identity, measured);
          }
          for (const by of grid.slice(measured.points.length)) {
            await mergedBy(by);
            measured.points.push({ weights: by, losses: await lossesOf(1) });
            kept.keep(identity, measured);
            const { losses } = measured.points[measured.points.length - 1];
            say(
              `${measured.points.length} of ${grid.length}: weights ${by.join(', ')}: loss ${losses.map((/** @type {number} */ loss) => loss.toFixed(4)).join(', ')}`,
            );
          }
          const tasks = data.map((file) => lab.taskName(basename(file)));
          sweep = lab.sweepResult(tasks, measured.base, measured.points);
          chosen = [...sweep.points[sweep.best].weights];
        }
        const { errors, rank: madeRank, parameters, bytes, seed: usedSeed } = await mergedBy(chosen);
        headless.finish();
        const paths = await bridge.evaluate(
          (lowrank, to) => lowrank.sendAdapterFiles(to),
          inbox.path('adapter'),
        );
        const files = paths.map((path) => {
          const content = inbox.received.get(`adapter/${path}`) ?? Buffer.alloc(0);
          writeWhole(join(out, path), content);
          return { path, bytes: content.length, sha256: sha256(content) };
        });
        const named = sources.map(({ name, rank: own }, i) => ({ name, weight: chosen[i], rank: own }));
        const { resume: _, json: __, ...flags } = values;
        /** @type {import('../../src/lab/report.ts').LabReport} */
        const report = lab.mergeReport(
          { way, sources: named, rank: madeRank, errors, parameters, bytes, sweep },
          {
            model: info.id,
            density: density ?? null,
            seed: usedSeed,
            maxLength: settings.maxLength,
            versions: versionsOf(),
            command: lab.commandLine('merge', flags),
            created: new Date().toISOString(),
          },
        );
        const json = writeReport(lab, out, {
          keys: {
            files,
            rank: madeRank,
            errors,
            way: id,
            sources: named,
            parameters,
            bytes,
            sweep,
            identity,
          },
          report,
        });
        kept.clear();
        return { json, text: [...report.findings, `The adapter and its report are in ${out}.`].join('\n') };
      },
    );
  } catch (error) {
    // What every command says, that nothing was written, is not so after the first weights.
    if (grid && signal.aborted && error instanceof Failure && error.status === STATUS.interrupted)
      throw new Failure(
        STATUS.interrupted,
        'Interrupted. The weights that were measured are in --out. The same command with --resume goes on from there.',
      );
    throw error;
  } finally {
    release();
  }
}

/**
 * What `--resume` finds. What is of another merge is refused; without the flag it is replaced.
 * @param {ReturnType<typeof keptMerge>} kept
 * @param {Identity} identity
 * @param {boolean | undefined} resume
 * @param {(line: string) => void} say
 */
function earlier(kept, identity, resume, say) {
  const measured = kept.measured();
  if (!resume) {
    if (measured)
      say('Warning: --out holds a sweep that was interrupted; without --resume this one replaces it.');
    kept.clear();
    return null;
  }
  if (measured) {
    refuseOther(identity, measured.identity, 'merge');
    say(`${measured.measured.points.length} weights are measured already.`);
    return { measured: measured.measured, report: null };
  }
  const report = kept.finished();
  if (report) refuseOther(identity, report.identity, 'merge');
  return report && { report, measured: null };
}

/**
 * The folders of `--adapters`, each with a name of its own and the rank that its config says.
 * @param {string[]} folders
 * @param {(line: string) => void} say
 * @returns {SourceInput[]}
 */
function sourcesInput(folders, say) {
  const bases = new Map();
  const sources = folders.map((folder) => {
    const files = adapterInput(folder, 'adapters');
    const config = jsonOf(files[0]);
    const base = config?.base_model_name_or_path;
    if (typeof base === 'string') bases.set(base, [...(bases.get(base) ?? []), folder]);
    const rank = Number.isInteger(config?.r) ? config.r : null;
    return { name: folder, files, rank };
  });
  if (bases.size > 1)
    say(
      `Warning: these adapters name different bases: ${[...bases].map(([base, of]) => `${base} (${of.join(', ')})`).join('; ')}. On another base than its own an adapter means little; what is merged here is taken to be for --model.`,
    );
  const short = folders.map((folder) => basename(resolve(folder)));
  return sources.map((source, i) => ({
    ...source,
    name: short.indexOf(short[i]) === short.lastIndexOf(short[i]) ? short[i] : source.name,
  }));
}

function jsonOf(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Whoever reads the adapter says what is wrong with it.
    return null;
  }
}

/**
 * @param {Record<string, any>} values
 * @param {number} count
 * @returns {number[]}
 */
function weightsInput({ weights, sweep }, count) {
  if (weights === undefined) return new Array(count).fill(1);
  if (sweep) throw usage('--weights: --sweep chooses them; leave one of the two out.');
  if (weights.length !== count)
    throw usage(`--weights: there are ${weights.length} for ${count} adapters; give one for each.`);
  return weights;
}

/**
 * @param {Record<string, any>} values
 * @returns {string[]}
 */
function dataInput({ data, sweep, ...values }) {
  if (!sweep) {
    for (const flag of MEASURED)
      if (values[flag] !== undefined)
        throw usage(`--${flag}: is for what --sweep measures; add it, or leave this out.`);
    if (data !== undefined)
      throw usage('--data: is measured only with --sweep; add it, or leave the rows out.');
    return [];
  }
  if (data === undefined) throw usage('--data is missing: --sweep measures the weights on held-out rows.');
  return data.map((/** @type {string} */ file) => fileInput('data', file));
}

/**
 * What decides the result, by what a person would call it.
 * @param {Record<string, any>} values
 * @param {{ model: ReturnType<typeof modelInput>, sources: SourceInput[], weights: number[], data: string[], options: object }} given
 * @returns {Identity}
 */
function identityOf(values, { model, sources, weights, data, options }) {
  const hashes = (/** @type {readonly string[]} */ files) => files.map(fileHash);
  return {
    '--model': modelIdentity(model),
    '--adapters': sources.map(({ files }) => hashes(files)),
    ...(values.sweep ? { '--data': hashes(data) } : { '--weights': weights }),
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [`--${name}`, value ?? null])),
    ...Object.fromEntries(['sweep', ...MEASURED].map((name) => [`--${name}`, values[name] ?? null])),
  };
}

function sha256(/** @type {Uint8Array} */ bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

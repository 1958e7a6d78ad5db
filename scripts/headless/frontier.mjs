import { basename, join, resolve } from 'node:path';
import { Failure, failureOf, STATUS, usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { frontierFlags } from './flag-tables-lab.mjs';
import { deviceInput, fileInput, modelInput, oneOf, teacherInput } from './inputs.mjs';
import { fileHash, modelIdentity, refuseOther } from './kept-identity.mjs';
import { keptPoints } from './kept-points.mjs';
import { keptRungs } from './kept-rungs.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { ladder } from './ladder.mjs';
import { lockOut } from './lock-out.mjs';
import { metricInput } from './metric.mjs';
import { openModelIn } from './open.mjs';
import { outputFolder, refuseSame } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';

/** Without `--dtypes`. */
const DTYPES = 'f16,q8,q4';
/** Flags of which a point is none the other: where it lies, how it is told, what is chosen in the end. */
const DECIDE_NOTHING = [
  ...['models', 'dtypes', 'data', 'eval-data', 'out', 'json', 'help', 'resume', 'hub'],
  ...['enough', 'stop-at-first', 'checkpoint-every'],
];
const LAB = [
  ...['points', 'walk', 'report', 'whole-report'].map((name) => `lab/progression/${name}`),
  ...['lab/figures', 'lab/criterion', 'data/metric'],
];

/** @typedef {{ say: (line: string) => void, signal: AbortSignal }} Io */
/** @typedef {import('./kept-identity.mjs').Identity} Identity */
/** @typedef {import('../../src/lab/progression/points.ts').Candidate} Candidate */
/** @typedef {import('../../src/lab/progression/points.ts').MeasuredPoint} MeasuredPoint */
/** @typedef {import('../../src/lab/progression/points.ts').Refused} Refused */
/** @typedef {typeof import('../../src/lab/progression/points.ts') & typeof import('../../src/lab/progression/walk.ts') & typeof import('../../src/lab/progression/whole-report.ts') & typeof import('../../src/lab/figures.ts') & typeof import('../../src/lab/report.ts') & typeof import('../../src/lab/criterion.ts') & Pick<typeof import('../../src/data/metric.ts'), 'shareOf'>} LabModules */
/** @typedef {{ name: string, input: ReturnType<typeof modelInput>, flags: Record<string, any> }} NamedModel */
/** @typedef {Candidate & { of: NamedModel, folder: string }} OpenCandidate */

/**
 * `frontier` of the contract: docs/commands.md. Each point is a ladder of one rung in a folder of its own.
 * @param {Record<string, any>} values
 * @param {Io} io
 */
export async function frontier(values, io) {
  const { say, signal } = io;
  const table = await settingsTable();
  /** @type {LabModules} */
  const lab = await labModules(...LAB);
  const settings = settingsFrom(table, values);
  const enough = enoughInput(values, lab);
  metricInput(lab, values.metric);
  const models = modelsInput(values);
  const dtypes = dtypesInput(values.dtypes ?? DTYPES, table);
  deviceInput(values);
  teacherInput(values, settings.objective);
  const data = fileInput('data', values.data);
  const evalData = fileInput('eval-data', values['eval-data']);
  refuseSame(
    [['out', values.out]],
    [
      ['data', data],
      ['eval-data', evalData],
      ...models.map(
        ({ name, input }) =>
          /** @type {[string, string | null]} */ (['models', input.choice.kind === 'folder' ? name : null]),
      ),
    ],
  );
  const out = outputFolder('out', values.out);
  const shared = Object.fromEntries(
    frontierFlags(table)
      .filter(({ name }) => !DECIDE_NOTHING.includes(name))
      .map(({ name }) => [`--${name}`, values[name] ?? null]),
  );
  /** @type {Identity} */
  const identity = { '--data': fileHash(data), '--eval-data': fileHash(evalData), ...shared };
  const release = lockOut(out);
  const kept = keptPoints(out);

  try {
    const record = earlier(kept, identity, values.resume, say);
    const isOf = (/** @type {OpenCandidate} */ one) =>
      JSON.stringify([modelIdentity(one.of.input), one.dtype]);
    // Of an earlier version it is not known which rows a point was asked; its ladder has them.
    record.points = record.points.filter(({ point }) => point.rows.every(({ line }) => line !== undefined));
    const before = new Map(record.points.map(({ of, point }) => [JSON.stringify(of), point]));
    const { candidates, refused } = await survey(models, dtypes, { values, settings, io });
    const { measured, skipped, left } =
      candidates.length === 0
        ? { measured: [], skipped: [], left: 0 }
        : await lab.walk({
            candidates,
            kept: (one) => before.get(isOf(one)) ?? null,
            async measure(one, place) {
              const prefix = lab.named(one);
              say(
                `${place} of ${candidates.length}: ${prefix}, ${lab.megabytes(one.planned_bytes)} planned.`,
              );
              const { point, about } = await trained(one, {
                lab,
                values: withMetric(values, record.about?.metric, lab),
                out,
                io: { signal, say: (line) => say(`${prefix}: ${line}`) },
              });
              record.about = about;
              record.points.push({ of: [modelIdentity(one.of.input), one.dtype], point });
              kept.keep(record);
              return point;
            },
            async refusal(error) {
              const failure = await failureOf(error);
              // What was interrupted, and a machine without an adapter, say nothing of one model.
              if (![STATUS.usage, STATUS.other].includes(failure.status)) return null;
              say(`Warning: ${failure.message}`);
              return failure.message;
            },
            onPoint: (point) => say(pointLine(lab, point)),
            enough: (measured) =>
              values['stop-at-first'] === true &&
              enough !== null &&
              lab.frontierResult(measured, [], { enough, seed: settings.seed }).choice !== null,
          });
    if (measured.length === 0) throw usage(`--models: ${refused.map(({ reason }) => reason).join(' ')}`);
    const result = lab.frontierResult(measured, [...refused, ...skipped], { enough, seed: settings.seed });
    if (result.left_out.length > 0)
      say(
        `Warning: ${lab.counted(result.left_out.length, 'held-out row')} could not be asked of every model, and the points are compared on the other ${result.compared}.`,
      );
    const about = { .../** @type {NonNullable<typeof record.about>} */ (record.about), left };
    const { resume: _, json: __, ...flags } = values;
    const report = lab.frontierReport({
      ...{ result, about, settings },
      facts: [
        ['Models', models.map(({ name }) => name).join(', ')],
        ['Base precisions', dtypes.join(', ')],
        ['Enough', values.enough ?? '–'],
        ['Training rows', `${basename(data)}, SHA-256 ${identity['--data']}`],
        ['Held-out rows', `${basename(evalData)}, SHA-256 ${identity['--eval-data']}`],
      ],
      notes: ['The answers of each point are in its own report, in the folder points.'],
      versions: { ...versionsOf(), node: process.versions.node },
      command: lab.commandLine('frontier', flags),
      created: new Date().toISOString(),
    });
    const { compared, left_out, ...keys } = result;
    const json = writeReport(lab, out, {
      keys: {
        ...keys,
        metric_name: lab.criterionKey(about.metric),
        rows: { held_out: compared, left_out, removed: about.removed },
        left,
      },
      report,
    });
    return {
      json,
      text: [
        ...measured.map((point) => pointLine(lab, point)),
        ...report.findings,
        `The report is in ${out}.`,
      ].join('\n'),
    };
  } catch (error) {
    if (error instanceof Failure && error.status === STATUS.interrupted)
      throw new Failure(
        STATUS.interrupted,
        'Interrupted. The points that were measured are in --out. The same command with --resume goes on from there.',
      );
    throw error;
  } finally {
    release();
  }
}

/**
 * What suffices, as it was written and read.
 * @param {Record<string, any>} values
 * @param {LabModules} lab
 */
function enoughInput({ enough, 'stop-at-first': stop }, { requirementOf }) {
  if (enough === undefined) {
    if (stop) throw usage('--stop-at-first: needs --enough, which says what suffices.');
    return null;
  }
  try {
    return requirementOf(enough);
  } catch (error) {
    throw usage(`--enough: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {Record<string, any>} values
 * @returns {NamedModel[]}
 */
function modelsInput({ models, hub, 'chat-template': template }) {
  /** @type {string[]} */
  const names = models.split(',').map((/** @type {string} */ name) => name.trim());
  if (names.includes('')) throw usage('--models: a name is missing between two commas.');
  if (new Set(names).size < names.length) throw usage('--models: one of them is named twice.');
  const shared = template === undefined ? {} : { 'chat-template': template };
  /** @type {NamedModel[]} */
  const read = names.map((name) => {
    const input = modelInput({ ...shared, models: name }, 'models');
    if (hub === undefined || input.choice.kind !== 'hub') return { name, input, flags: { model: name } };
    return {
      name,
      input: modelInput({ ...shared, models: name, hub }, 'models'),
      flags: { model: name, hub },
    };
  });
  if (hub !== undefined && read.every(({ flags }) => !('hub' in flags)))
    throw usage('--hub: is for models from the hub, and none of --models is one.');
  return read;
}

/**
 * @param {string} given
 * @param {import('./flag-tables.mjs').Table} table
 */
function dtypesInput(given, { settingOf }) {
  const { type } = settingOf('baseDtype');
  const known = type.kind === 'choice' ? type.choices.map(({ value }) => value) : [];
  const dtypes = given.split(',').map((name) => oneOf('dtypes', name.trim(), known));
  if (new Set(dtypes).size < dtypes.length) throw usage('--dtypes: one of them is named twice.');
  return dtypes;
}

/**
 * What `--resume` finds; of another frontier it is refused, and without the flag replaced.
 * @param {ReturnType<typeof keptPoints>} kept
 * @param {Identity} identity
 * @param {boolean | undefined} resume
 * @param {(line: string) => void} say
 * @returns {import('./kept-points.mjs').KeptPoints}
 */
function earlier(kept, identity, resume, say) {
  const found = kept.read();
  if (found && resume) {
    refuseOther(identity, found.identity, 'frontier');
    say(`Points that are measured already: ${found.points.length}.`);
    return found;
  }
  if (found) say('Warning: --out holds a frontier already; without --resume this one replaces it.');
  kept.clear();
  return { identity, about: null, points: [] };
}

/**
 * Every model in every precision with what it would take. A model that cannot be opened is none.
 * @param {readonly NamedModel[]} models
 * @param {readonly string[]} dtypes
 * @param {{ values: Record<string, any>, settings: ReturnType<typeof settingsFrom>, io: Io }} given
 * @returns {Promise<{ candidates: OpenCandidate[], refused: Refused[] }>}
 */
function survey(models, dtypes, { values, settings, io: { say, signal } }) {
  const asked = deviceInput(values);
  const keep = models.find(({ input }) => input.kept !== null)?.input.kept ?? null;
  return withHeadless(
    { device: asked.device, keep, say, signal, onEvent: progressPrinter(say) },
    async (headless) => {
      const { bridge } = headless;
      await bridge.evaluate((lowrank, { device, threads }) => lowrank.hardware(device, { threads }), asked);
      /** @type {OpenCandidate[]} */
      const candidates = [];
      /** @type {Refused[]} */
      const refused = [];
      const folders = new Set();
      for (const of of models) {
        try {
          const { parameters, bytes } = await openModelIn(headless, of.input);
          for (const dtype of dtypes) {
            const planned_bytes = await bridge.evaluate(
              (lowrank, given) => lowrank.plan(given),
              /** @type {any} */ ({ ...settings, baseDtype: dtype }),
            );
            const folder = folderOf(of.name, dtype, folders);
            candidates.push({ of, model: of.name, dtype, parameters, bytes, planned_bytes, folder });
          }
        } catch (error) {
          const failure = await failureOf(error);
          if (failure.status !== STATUS.usage) throw error;
          say(`Warning: ${of.name}: ${failure.message}`);
          refused.push(...dtypes.map((dtype) => ({ model: of.name, dtype, reason: failure.message })));
        }
      }
      return { candidates, refused };
    },
  );
}

/**
 * A name for the folder of a point that no other has.
 * @param {string} model
 * @param {string} dtype
 * @param {Set<string>} taken
 */
function folderOf(model, dtype, taken) {
  const name = `${basename(resolve(model)).replace(/[^\w.-]+/g, '-')}-${dtype}`;
  let folder = name;
  for (let again = 2; taken.has(folder); again++) folder = `${name}-${again}`;
  taken.add(folder);
  return folder;
}

/**
 * A point that is trained and answers the held-out rows: the rung `tuned` of a ladder. What an earlier command left of it half
 * done is gone on with.
 * @param {OpenCandidate} candidate
 * @param {{ lab: LabModules, values: Record<string, any>, out: string, io: Io }} given
 */
async function trained({ of, folder, ...candidate }, { lab, values, out, io }) {
  const place = join(out, 'points', folder);
  const { models: _, dtypes: __, enough: ___, 'stop-at-first': ____, hub: _____, ...shared } = values;
  const { json } = await ladder(
    { ...shared, ...of.flags, 'base-dtype': candidate.dtype, rungs: 'tuned', out: place, json: true },
    io,
  );
  const tuned = keptRungs(place)
    .all()
    .find(({ rung }) => rung.name === 'tuned');
  if (!tuned) throw new Error(`no rung in ${place}`);
  return {
    point: lab.pointOf(candidate, tuned.rung),
    about: { metric: lab.criterionOfKey(json.metric_name), removed: json.rows.removed.rows },
  };
}

/**
 * What references call for may change with the rows that a model can be asked: all are judged as the first point was.
 * @param {Record<string, any>} values
 * @param {import('../../src/lab/criterion.ts').Criterion | undefined} metric
 * @param {LabModules} lab
 */
function withMetric(values, metric, lab) {
  if (values.metric !== undefined || metric === undefined) return values;
  return { ...values, metric: lab.criterionText(metric) };
}

/** @param {LabModules} lab @param {MeasuredPoint} point */
function pointLine(lab, point) {
  const memory = point.memory_bytes === null ? '' : `, ${lab.megabytes(point.memory_bytes)}`;
  return `${lab.named(point)}: ${lab.percent(lab.shareOf(point.rows))}, ${point.seconds.toFixed(1)} s of training${memory}`;
}

import { columnsInput, sayRows } from './data-columns.mjs';
import { documentsInput } from './documents.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { idleFlags, settingsFrom } from './flag-tables.mjs';
import { deviceInput, fileInput, modelInput, oneOf, promptInput, teacherInput } from './inputs.mjs';
import { fileHash, refuseOther } from './kept-identity.mjs';
import { keptRungs } from './kept-rungs.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { ladderApart } from './ladder-apart.mjs';
import { ladderTraining } from './ladder-training.mjs';
import { lockOut } from './lock-out.mjs';
import { metricInput } from './metric.mjs';
import { openHardwareIn, openModelIn, openTeacherIn } from './open.mjs';
import { outputFolder, refuseSame } from './outputs.mjs';
import { progressPrinter, withHeadless, workPrinter } from './session.mjs';
import { settingsTable } from './tables.mjs';

/** Modules of src that it computes with. */
const LAB = [
  ...['rungs', 'climb', 'apart', 'report', 'whole-report', 'parts', 'passages', 'words'].map(
    (name) => `lab/ladder/${name}`,
  ),
  'lab/criterion',
];

/** @typedef {import('../../src/lab/ladder/rungs.ts').RungName} RungName */
/** @typedef {import('../../src/lab/ladder/climb.ts').KeptRung} KeptRung */
/** @typedef {import('../../src/worker/api/api.ts').TrainRequest} TrainRequest */

/**
 * `ladder` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function ladder(values, { say, signal }) {
  const table = await settingsTable();
  /** @type {LabModules} */
  const lab = await labModules(...LAB);
  const settings = settingsFrom(table, values);
  const rungs = rungsInput(values, lab.RUNG_NAMES);
  const metric = metricInput(lab, values.metric);
  const prompt = promptInput(values.prompt, 'prompt') ?? null;
  const asked = deviceInput(values);
  const model = modelInput(values);
  const teacher = teacherInput(values, settings.objective);
  const data = fileInput('data', values.data);
  const evalData = fileInput('eval-data', values['eval-data']);
  const documents = documentsInput(values.documents, lab.isDocument, say);
  const mapping = columnsInput(values);
  refuseSame(
    [['out', values.out]],
    [
      ['data', data],
      ['eval-data', evalData],
      ['documents', values.documents],
      ['model', model.choice.kind === 'folder' ? values.model : null],
    ],
  );
  const out = outputFolder('out', values.out);
  const release = lockOut(out);
  const kept = keptRungs(out);
  const training = ladderTraining(out);
  const apart = ladderApart(out);
  const print = progressPrinter(say);
  const tell = workPrinter(say);
  let climbing = false;

  try {
    return await withHeadless(
      {
        device: asked.device,
        keep: model.kept ?? teacher?.kept ?? null,
        say,
        signal,
        onSignal: ({ bridge }) =>
          training.running || apart.running
            ? bridge.evaluate((lowrank) => lowrank.interrupt())
            : Promise.resolve(false),
        onBytes(name, bytes) {
          const [, step] = /^checkpoint\/(\d+)$/.exec(name) ?? [];
          if (step === undefined) return false;
          const { checkpoints } = apart.running ? apart : training;
          checkpoints?.write(Number(step), bytes);
          return true;
        },
        onEvent(event) {
          print(event);
          if (climbing && !training.running && !apart.running) tell(event);
        },
      },
      async (headless) => {
        const { page, bridge } = headless;
        const hardware = await openHardwareIn(headless, asked, say);
        const info = await openModelIn(headless, model, { dtype: settings.baseDtype, say });
        if (teacher) await openTeacherIn(headless, teacher);
        await page.setInputFiles('#data', data);
        await page.setInputFiles('#eval-data', evalData);
        await page.setInputFiles('#documents', documents);
        const { maxLength, raw, seed } = settings;
        const options = { maxLength, raw, mapping, rowKind: table.rowKindOf(settings) };
        const report = await bridge.evaluate((lowrank, given) => lowrank.openData('train', given), options);
        sayRows(report, say);
        const objective = table.objectiveOf(settings, report.calledFor);
        for (const sentence of idleFlags(table, { ...values, objective }, settings.evalFraction > 0))
          say(`Warning: ${sentence}`);
        const heldReport = await bridge.evaluate((lowrank, given) => lowrank.openData('eval', given), {
          ...options,
          rowKind: report.rowKind,
        });
        const plan = await bridge.evaluate((lowrank, given) => lowrank.prepareLadder(given), {
          ...{ prompt, metric, raw, seed },
        });
        say(lab.countsOf(plan));
        for (const sentence of lab.warningsOf(plan)) say(`Warning: ${sentence}`);
        if (plan.instruction !== null) say(`Instruction: ${plan.instruction.split('\n')[0].slice(0, 200)}`);

        /** @type {TrainRequest} */
        const request = {
          ...{ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, maxEvalRows: null },
          evalData: false,
          ...(values['memory-limit'] === undefined ? {} : { memoryLimit: values['memory-limit'] }),
        };
        const run = await bridge.evaluate((lowrank, given) => lowrank.identity(given), request);
        const identity = {
          'the model': [run.model, run.fingerprint],
          '--data': report.sha256,
          '--eval-data': heldReport.sha256,
          '--prompt': plan.instruction,
          '--metric': plan.metric,
          '--documents': documents.map(fileHash),
          ...run.settings,
        };
        const before = kept.all();
        if (!values.resume) {
          if (before.length > 0 || (await training.checkpoints.newest()))
            say('Warning: --out holds a ladder already; without --resume this one replaces it.');
          kept.clear();
          training.checkpoints.clear();
          apart.clear();
        } else for (const { identity: other } of before) refuseOther(identity, other, 'ladder');
        const known = new Map(values.resume ? before.map(({ rung }) => [rung.name, rung]) : []);
        if (known.size > 0) say(`Measured already: ${[...known.keys()].join(', ')}.`);

        const interruptedAfter = (/** @type {number} */ step) =>
          interrupted(`Interrupted after step ${step} of the training.`);
        const train = async () => {
          const earlier = values.resume ? training.finished(identity) : null;
          if (earlier) {
            await page.setInputFiles('#adapter', earlier.files);
            await bridge.evaluate((lowrank) => lowrank.setAdapter());
            return earlier.training;
          }
          const resume = Boolean(values.resume);
          const took = await training.train(headless, { identity, request, resume, say });
          if ('interruptedAfter' in took) throw interruptedAfter(took.interruptedAfter);
          return took;
        };
        climbing = true;
        const findKinds = () => bridge.evaluate((lowrank) => lowrank.ladderKinds());
        let kinds = rungs.includes('apart') ? await findKinds() : null;
        const measureApart = async () => {
          if (!kinds) throw new Error('there are no kinds to take apart');
          const resume = Boolean(values.resume);
          const { trainingOfAll } = lab;
          const measured = await apart.measure(headless, {
            ...{ kinds, identity, request, resume, trainingOfAll, say },
          });
          if ('interruptedAfter' in measured) throw interruptedAfter(measured.interruptedAfter);
          return measured;
        };
        const { measured, skipped } = await lab.climb({
          rungs,
          has: {
            instruction: plan.instruction !== null,
            rows: plan.rows > 0,
            documents: plan.passages > 0,
            adapter: true,
            kinds: kinds !== null,
          },
          kept: (name) => known.get(name) ?? null,
          measure: (name) =>
            name === 'apart'
              ? measureApart()
              : bridge.evaluate(
                  (lowrank, [rung, strength]) => lowrank.measureRung(rung, strength),
                  /** @type {const} */ ([name, name.startsWith('tuned') ? 1 : 0]),
                ),
          train,
          onRung(rung) {
            kept.keep(identity, rung);
            say(lab.rungLine(rung));
          },
        });
        if (measured.length === 0)
          throw usage(
            `--rungs: none of them can be measured: ${skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}.`,
          );
        if (!kinds && !rungs.includes('apart') && !lab.goodEnough(measured, plan.metric))
          kinds = await findKinds();
        headless.finish();
        const { resume: _, json: __, ...flags } = values;
        const result = lab.ladderResult(measured, skipped, seed, { metric: plan.metric, kinds });
        const written = lab.ladderReport({
          ...{ result, measured, plan, seed },
          facts: [
            ['Model', info.id],
            ['Device', hardware.name],
            ['Training rows', `${report.name}, SHA-256 ${report.sha256}`],
            ['Held-out rows', `${heldReport.name}, SHA-256 ${heldReport.sha256}`],
          ],
          settings: run.settings,
          versions: { ...versionsOf('minisearch'), node: process.versions.node },
          command: lab.commandLine('ladder', flags),
          created: new Date().toISOString(),
        });
        const json = writeReport(lab, out, {
          keys: {
            ...result,
            metric_name: lab.criterionKey(plan.metric),
            rows: { held_out: plan.heldOut, training: plan.rows, removed: plan.removed },
          },
          report: written,
        });
        return {
          json,
          text: [
            ...measured.map((rung) => lab.rungLine(rung)),
            ...written.findings,
            `The report is in ${out}.`,
          ].join('\n'),
        };
      },
    );
  } catch (error) {
    // What every command says, that nothing was written, is not so here.
    const ended = error instanceof Failure && error.status === STATUS.interrupted;
    throw ended && error.message.includes('nothing was written') ? interrupted('Interrupted.') : error;
  } finally {
    release();
  }
}

/** @typedef {typeof import('../../src/lab/ladder/rungs.ts') & typeof import('../../src/lab/ladder/climb.ts') & typeof import('../../src/lab/ladder/apart.ts') & typeof import('../../src/lab/ladder/report.ts') & typeof import('../../src/lab/ladder/whole-report.ts') & typeof import('../../src/lab/ladder/parts.ts') & typeof import('../../src/lab/ladder/words.ts') & typeof import('../../src/lab/report.ts') & typeof import('../../src/lab/criterion.ts') & Pick<typeof import('../../src/lab/ladder/passages.ts'), 'isDocument'>} LabModules */

/**
 * @param {Record<string, any>} values
 * @param {readonly RungName[]} usual
 * @returns {readonly RungName[]}
 */
function rungsInput({ rungs, apart }, usual) {
  const known = /** @type {const} */ ([...usual, 'apart']);
  const given =
    rungs === undefined
      ? usual
      : rungs.split(',').map((/** @type {string} */ name) => oneOf('rungs', name.trim(), known));
  return apart ? [...given, 'apart'] : given;
}

const interrupted = (/** @type {string} */ what) =>
  new Failure(
    STATUS.interrupted,
    `${what} The rungs that were measured are in --out. The same command with --resume continues from there.`,
  );

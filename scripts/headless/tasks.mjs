import { columnsInput, sayRows } from './data-columns.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { idleFlags, settingsFrom } from './flag-tables.mjs';
import { deviceInput, modelInput, promptInput, replayInput, teacherInput } from './inputs.mjs';
import { refuseOther } from './kept-identity.mjs';
import { keptTasks } from './kept-tasks.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { lockOut } from './lock-out.mjs';
import { metricInput } from './metric.mjs';
import { openHardwareIn, openModelIn, openTeacherIn } from './open.mjs';
import { outputFolder, refuseSame } from './outputs.mjs';
import { progressPrinter, withHeadless, workPrinter } from './session.mjs';
import { mergeWays, settingsTable } from './tables.mjs';
import {
  fractionInput,
  intrudersInput,
  listInput,
  mixInput,
  refuseMethod,
  scalesInput,
  seedsInput,
  tasksInput,
  waysInput,
} from './tasks-inputs.mjs';
import { interrupted, taskJobs } from './tasks-jobs.mjs';

/** Modules of src that it computes with. */
const LAB = [
  ...['jobs', 'experiment', 'steps', 'mix', 'result', 'mean-cosines', 'usual', 'making', 'whole-report'].map(
    (name) => `lab/tasks/${name}`,
  ),
  ...['lab/criterion', 'lab/statistics', 'merging/intruders', 'data/metric'],
];

/** @typedef {typeof import('../../src/lab/tasks/jobs.ts') & typeof import('../../src/lab/tasks/experiment.ts') & typeof import('../../src/lab/tasks/steps.ts') & typeof import('../../src/lab/tasks/mix.ts') & typeof import('../../src/lab/tasks/usual.ts') & typeof import('../../src/lab/tasks/making.ts') & typeof import('../../src/lab/tasks/whole-report.ts') & Pick<typeof import('../../src/lab/tasks/result.ts'), 'tasksResult'> & typeof import('../../src/lab/tasks/mean-cosines.ts') & typeof import('../../src/lab/report.ts') & typeof import('../../src/lab/statistics.ts') & typeof import('../../src/lab/criterion.ts') & Pick<typeof import('../../src/merging/intruders.ts'), 'USUAL_INTRUDERS' | 'refuseIntruderOptions'> & Pick<typeof import('../../src/data/metric.ts'), 'shareOf'>} LabModules */
/** @typedef {import('../../src/worker/api/api.ts').TasksPlan} TasksPlan */
/** @typedef {import('../../src/worker/api/api.ts').TrainRequest} TrainRequest */

/**
 * `tasks` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal, open?: typeof import('./browser.mjs').openHeadless }} io
 *   `open` gives the page.
 */
export async function tasks(values, { say, signal, open }) {
  const table = await settingsTable();
  /** @type {LabModules} */
  const lab = await labModules(...LAB);
  const prompt = promptInput(values['teacher-prompt']);
  if (prompt !== undefined) values = { ...values, 'teacher-prompt': prompt };
  const fraction = fractionInput(values['eval-fraction'], lab.HELD_OUT_SHARE);
  const settings = { ...settingsFrom(table, values), evalFraction: 0 };
  const given = tasksInput(values, lab);
  const names = given.map(({ name }) => name);
  const strategies = listInput('strategies', values.strategies ?? lab.STRATEGIES.join(','), lab.STRATEGIES);
  const merges = strategies.includes('merge');
  const reduces = Boolean(values['reduce-intruders']);
  refuseMethod(lab.unfitting, settings, { merges, reduces });
  const ways = waysInput(values, await mergeWays(), { merges, tasks: given.length, usual: lab });
  const scales = scalesInput(values, { merges, usual: lab.MERGE_SCALES });
  const seeds = seedsInput(values.seeds, settings.seed, lab.MOST_SEEDS);
  const mix = mixInput(values, lab.MIXES, lab.MIX_TEMPERATURE);
  const replay = replayInput(values);
  const intruders = intrudersInput(values, lab.USUAL_INTRUDERS);
  if (reduces) lab.refuseIntruderOptions(intruders);
  const metric = metricInput(lab, values.metric);
  const asked = deviceInput(values);
  const model = modelInput(values);
  const teacher = teacherInput(values, settings.objective);
  const mapping = columnsInput(values);
  refuseSame(
    [['out', values.out]],
    [
      ['model', model.choice.kind === 'folder' ? values.model : null],
      .../** @type {[string, string | null][]} */ (
        given.flatMap(({ file, heldOut }) => [
          ['task', file],
          ['task-eval', heldOut],
        ])
      ),
    ],
  );
  if (values['eval-fraction'] !== undefined && given.every(({ heldOut }) => heldOut !== null))
    say('Warning: --eval-fraction: has no effect, as every task has held-out rows of its own.');
  const out = outputFolder('out', values.out);
  const release = lockOut(out);
  const kept = keptTasks(out);
  kept.sweep();
  const running = taskJobs();
  const print = progressPrinter(say);
  const tell = workPrinter(say);

  try {
    return await withHeadless(
      {
        device: asked.device,
        keep: model.kept ?? teacher?.kept ?? null,
        say,
        signal,
        ...(open && { open }),
        onSignal: ({ bridge }) =>
          running.checkpoints ? bridge.evaluate((lowrank) => lowrank.interrupt()) : Promise.resolve(false),
        onBytes(name, bytes) {
          const [, step] = /^checkpoint\/(\d+)$/.exec(name) ?? [];
          if (step === undefined || !running.checkpoints) return false;
          running.checkpoints.write(Number(step), bytes);
          return true;
        },
        onEvent(event) {
          print(event);
          if (!running.checkpoints) tell(event);
        },
      },
      async (headless) => {
        const { page, bridge } = headless;
        const hardware = await openHardwareIn(headless, asked, say);
        const info = await openModelIn(headless, model, { dtype: settings.baseDtype, say });
        if (teacher) await openTeacherIn(headless, teacher);
        const held = given.flatMap(({ heldOut }) => heldOut ?? []);
        await page.setInputFiles(
          '#tasks',
          given.map(({ file }) => file),
        );
        await page.setInputFiles('#task-evals', held);
        await page.setInputFiles('#replay', replay?.file ? [replay.file] : []);
        const { maxLength, raw, seed } = settings;
        const plan = await bridge.evaluate((lowrank, request) => lowrank.prepareTasks(request), {
          ...{ fraction, seed, metric },
          tasks: given.map(({ name, heldOut }) => ({
            ...{ name, heldOut: heldOut === null ? null : held.indexOf(heldOut) },
          })),
          replay: replay && replayedFrom(replay),
          options: { maxLength, raw, mapping, rowKind: table.rowKindOf(settings) },
        });
        sayPlan(plan, say);
        const objective = table.objectiveOf(settings, plan.tasks[0].report.calledFor);
        for (const sentence of idleFlags(table, { ...values, 'eval-fraction': undefined, objective }, false))
          say(`Warning: ${sentence}`);
        const budget = lab.budgetOf(
          plan.tasks.map(({ rows }) => rows),
          settings,
          mix,
        );
        if (!budget)
          throw usage(`--steps: ${names.length} tasks need at least ${names.length} steps in all.`);

        /** @type {TrainRequest} */
        const request = {
          ...{ prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, maxEvalRows: null },
          ...{ settings: { ...settings, steps: budget.total }, evalData: false },
          ...(values['memory-limit'] === undefined ? {} : { memoryLimit: values['memory-limit'] }),
        };
        const run = await bridge.evaluate((lowrank, one) => lowrank.identity(one), request);
        const { seed: _seed, steps: _steps, ...resolved } = run.settings;
        const identity = lab.tasksIdentity({
          ...{ plan, model: run.model, fingerprint: run.fingerprint, split: [fraction, seed] },
          ...{ mix, intruders, steps: budget.total, settings: resolved },
          density: values['merge-density'] ?? null,
          scale: values['merge-scale'] ?? null,
          replayShare: replay?.share ?? null,
        });
        begin(kept, identity, Boolean(values.resume), say);

        const jobs = lab.jobsOf({
          tasks: names,
          strategies,
          ways: ways.map(({ way }) => way.id),
          reduce: reduces,
        });
        const rowsOfStep = settings.batch * settings.accumulate;
        const work = running.of(headless, {
          ...{
            kept,
            making: lab,
            request,
            ways,
            scales,
            intruders,
            say,
            tasks: names.length,
            resume: Boolean(values.resume),
          },
          trainingOf: (job, runSeed) =>
            lab.trainingOf(job, {
              ...{ tasks: plan.tasks, budget, rowsOfStep, seed: runSeed },
              replay: plan.replay && replay && { rows: plan.replay.rows, share: replay.share },
            }),
        });
        const experiment = await lab.runExperiment({
          ...{ seeds, jobs, ...work },
          kept: {
            base: () => kept.base(),
            made: (of, { name }) => kept.made(of, name),
            measured: (of, { name }) => kept.measured(of, name),
          },
          onJob: ({ seed: of, job, number, of: all, done }) =>
            say(
              done
                ? figuresLine(lab, names, done)
                : `${number} of ${all}, seed ${of}: ${lab.jobWords(job)}${job.kind === 'train' ? `, ${lab.trainingOf(job, { tasks: plan.tasks, budget, rowsOfStep, replay: null, seed: of }).steps} steps` : ''}`,
            ),
        });
        const apart = names.every((name) => jobs.some((job) => job.name === name));
        const compared = [];
        for (const of of apart && !lab.isVirtual(settings.method) ? seeds : [])
          compared.push(await work.compare(of, names));
        headless.finish();
        const cosines = compared.length > 0 ? lab.meanCosines(compared) : null;
        const asking = { tasks: names, strategies, ways: ways.map(({ way }) => way.id), reduce: reduces };
        const result = lab.tasksResult(experiment, {
          ...{ ...asking, jobs, seed },
        });
        const about = lab.tasksAbout({
          ...{ plan, budget, seeds, base: experiment.base, replayShare: replay?.share ?? 0, cosines },
          method: settings.method,
        });
        const { resume: _, json: __, ...flags } = values;
        const report = lab.tasksReport({
          ...{ result, about, plan, model: info.id, device: hardware.name, fraction, strategies, mix },
          ...{ ways: ways.map(wayWords), intruders: reduces ? intruders : null, settings: resolved, seed },
          versions: { ...versionsOf(), node: process.versions.node },
          command: lab.commandLine('tasks', flags),
          created: new Date().toISOString(),
        });
        const { tasks: about_tasks, cosines: ___, why_no_cosines: ____, ...rest } = about;
        const json = writeReport(lab, out, {
          keys: {
            ...result,
            tasks: about_tasks.map((task) => ({ ...task, metric: lab.criterionKey(task.metric) })),
            ...{ ...rest, cosines, mix, runs: seeds },
          },
          report,
        });
        return { json, text: [...report.findings, `The report is in ${out}.`].join('\n') };
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

/**
 * What `--resume` goes on with. What is of another experiment is refused; without the flag it is replaced.
 * @param {ReturnType<typeof keptTasks>} kept
 * @param {import('./kept-identity.mjs').Identity} identity
 * @param {boolean} resume
 * @param {(line: string) => void} say
 */
function begin(kept, identity, resume, say) {
  const before = kept.identity();
  if (resume && before) refuseOther(identity, before, 'experiment');
  else {
    if (before) say('Warning: --out holds an experiment already; without --resume this one replaces it.');
    kept.clear();
  }
  kept.begin(identity);
}

/** What was found of the rows. */
function sayPlan(
  /** @type {TasksPlan} */ { tasks: found, replay },
  /** @type {(line: string) => void} */ say,
) {
  const counted = (/** @type {number} */ count) => `${count} ${count === 1 ? 'row' : 'rows'}`;
  for (const { name, report, heldOutReport, rows, removed, heldOut, withoutQuestion } of found) {
    for (const one of [report, heldOutReport])
      if (one) {
        sayRows(one, say);
        for (const warning of one.warnings) say(`Warning: ${one.name}: ${warning}`);
      }
    say(`${name}: ${counted(rows)} to train on, ${heldOut} held out.`);
    if (removed > 0)
      say(
        `Warning: ${name}: ${counted(removed)} that ${removed === 1 ? 'asks' : 'ask'} what a held-out row of a task asks ${removed === 1 ? 'is' : 'are'} left out of every training.`,
      );
    if (withoutQuestion > 0)
      say(`Warning: ${name}: ${counted(withoutQuestion)} held out without a question and an answer.`);
  }
  if (replay) say(`Replayed from ${replay.name}: ${counted(replay.rows)}, ${replay.removed} left out.`);
}

/** @returns {'general' | 'file'} */
const replayedFrom = (/** @type {{ file: string | null }} */ { file }) =>
  file === null ? 'general' : 'file';

const wayWords = (/** @type {ReturnType<typeof waysInput>[number]} */ { way, density }) =>
  density === undefined ? way.id : `${way.id} (density ${density})`;

/**
 * @param {LabModules} lab
 * @param {readonly string[]} names
 * @param {import('../../src/lab/tasks/experiment.ts').Done} done
 */
function figuresLine(lab, names, { made, measured }) {
  const each = measured.tasks.map(({ rows }, i) => `${names[i]} ${(100 * lab.shareOf(rows)).toFixed(1)} %`);
  const elsewhere = measured.elsewhere === null ? '' : `, general loss ${measured.elsewhere.toFixed(3)}`;
  return `${each.join(', ')}${elsewhere}, ${made.seconds.toFixed(1)} s`;
}

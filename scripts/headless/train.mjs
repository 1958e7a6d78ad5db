import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { userCache } from '../paths.mjs';
import { checkpointFolder } from './checkpoints.mjs';
import { columnsInput, sayRows } from './data-columns.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { idleFlags, settingsFrom } from './flag-tables.mjs';
import {
  deviceInput,
  fileInput,
  initAdapterInput,
  modelInput,
  promptInput,
  replayInput,
  teacherInput,
} from './inputs.mjs';
import { lockOut } from './lock-out.mjs';
import { judgeRun, judging, metricInput, metricLine } from './metric.mjs';
import { openModelIn, openTeacherIn } from './open.mjs';
import { makeFolder, openLines, outputFile, outputFolder, refuseSame, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';
import { traceLine } from './trace.mjs';

/** @typedef {import('../../src/worker/api/api.ts').Hardware} Hardware */

/**
 * `train` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function train(values, { say, signal }) {
  const table = await settingsTable();
  const prompt = promptInput(values['teacher-prompt']);
  if (prompt !== undefined) values = { ...values, 'teacher-prompt': prompt };
  const settings = settingsFrom(table, values);
  const lab = await judging();
  const criterion = metricInput(lab, values.metric);
  if (criterion && values['eval-data'] === undefined && settings.evalFraction === 0)
    throw usage(
      '--metric: it judges answers to held-out rows, and none are held out. Add --eval-data or --eval-fraction.',
    );
  if (values['metric-rows'] !== undefined && !criterion)
    throw usage('--metric-rows: says how many rows --metric judges; add --metric.');
  if (values['metric-rows'] < 1) throw usage('--metric-rows: must be at least 1.');
  const asked = deviceInput(values);
  const { device } = asked;
  const model = modelInput(values);
  const teacher = teacherInput(values, settings.objective);
  const data = fileInput('data', values.data);
  const mapping = columnsInput(values);
  const evalData = values['eval-data'] === undefined ? null : fileInput('eval-data', values['eval-data']);
  if (evalData && settings.evalFraction > 0) {
    throw usage('--eval-data and --eval-fraction both hold rows out: give one of them.');
  }
  const replay = replayInput(values);
  if (replay && settings.evalFraction > 0)
    throw usage(
      '--replay: with --eval-fraction some of the rows that are replayed would be held out. Give held-out rows by --eval-data.',
    );
  const initAdapter =
    values['init-adapter'] === undefined
      ? null
      : initAdapterInput(values['init-adapter'], values, table.SETTINGS);
  if (values['memory-limit'] !== undefined && values['memory-limit'] < 1)
    throw usage('--memory-limit: must be at least 1 byte.');
  refuseSame(
    [
      ['out', values.out],
      ['trace', values.trace],
      ['kernels', values.kernels],
    ],
    [
      ['data', data],
      ['eval-data', evalData],
      ['replay', replay?.file],
      ['model', model.choice.kind === 'folder' ? values.model : null],
      ...model.files.map((file) => /** @type {[string, string]} */ (['model', file])),
    ],
  );
  const out = outputFolder('out', values.out);
  const kernelsFile = values.kernels === undefined ? null : outputFile('kernels', values.kernels);
  const traceFile = values.trace === undefined ? null : outputFile('trace', values.trace);
  const print = progressPrinter(say);
  const release = lockOut(out);
  const checkpoints = checkpointFolder(out);
  checkpoints.sweep();
  const unfinished = values.resume ? null : await checkpoints.newest();
  if (unfinished)
    say(
      `Warning: --out holds an unfinished run, at step ${unfinished.step}; without --resume this run replaces it.`,
    );
  let trace = traceFile === null ? null : openLines(traceFile);
  let saved = false;
  // Those of an earlier run go when this one has something of its own: a command that fails before costs nothing.
  let afresh = !values.resume;
  const begun = () => {
    if (afresh) checkpoints.clear();
    afresh = false;
  };

  try {
    return await withHeadless(
      {
        device,
        keep: model.kept ?? teacher?.kept ?? null,
        say,
        signal,
        onSignal: ({ bridge }) => bridge.evaluate((lowrank) => lowrank.interrupt()),
        onBytes(name, bytes) {
          const [, step] = /^checkpoint\/(\d+)$/.exec(name) ?? [];
          if (step === undefined) return false;
          begun();
          checkpoints.write(Number(step), bytes);
          saved = true;
          return true;
        },
        onEvent(event) {
          print(event);
          if (event.type !== 'step') return;
          begun();
          try {
            trace?.write(traceLine(event));
          } catch (error) {
            // The run is worth more than its record.
            say(
              `Warning: --trace could not be written to (${/** @type {NodeJS.ErrnoException} */ (error).code}) and ends before step ${event.step}.`,
            );
            trace?.close();
            trace = null;
          }
        },
      },
      async (headless) => {
        const { page, bridge, inbox } = headless;
        const hardware = await bridge.evaluate(
          (lowrank, { device, threads }) => lowrank.hardware(device, { threads }),
          asked,
        );
        if (hardware.problem) say(hardware.problem);
        say(`On ${hardware.name}${hardware.threads > 1 ? `, ${hardware.threads} threads` : ''}.`);
        await openModelIn(headless, model);
        if (teacher) await openTeacherIn(headless, teacher);
        await page.setInputFiles('#data', data);
        if (evalData) await page.setInputFiles('#eval-data', evalData);
        if (initAdapter) await page.setInputFiles('#adapter', initAdapter);
        const { maxLength, raw } = settings;
        const options = { maxLength, raw, mapping, rowKind: table.rowKindOf(settings) };
        const report = await bridge.evaluate((lowrank, given) => lowrank.openData('train', given), options);
        sayRows(report, say);
        const objective = table.objectiveOf(settings, report.calledFor);
        if (settings.objective === null && objective !== 'sft')
          say(`The rows call for ${objective.toUpperCase()}; --objective chooses another.`);
        const heldOut = evalData !== null || settings.evalFraction > 0;
        for (const sentence of idleFlags(table, { ...values, objective }, heldOut))
          say(`Warning: ${sentence}`);
        if (evalData)
          await bridge.evaluate((lowrank, given) => lowrank.openData('eval', given), {
            ...options,
            rowKind: report.rowKind,
          });
        if (replay) {
          await page.setInputFiles('#replay', replay.file ? [replay.file] : []);
          await bridge.evaluate((lowrank, given) => lowrank.mixReplay(given), {
            ...{ general: replay.file === null, share: replay.share, seed: settings.seed },
          });
        }

        const choices = kernelChoices(hardware, kernelsFile);
        const request = {
          settings,
          prompts: [],
          sampleEvery: null,
          sampleTokens: 0,
          trace: trace !== null,
          maxEvalRows: null,
          evalData: evalData !== null,
          ...(choices.known ? { kernels: choices.known } : {}),
          ...(values['memory-limit'] === undefined ? {} : { memoryLimit: values['memory-limit'] }),
        };
        const earlier = values.resume ? await earlierRun(checkpoints, out, bridge, request, table) : null;
        /** What the adapter in --out does on held-out rows, beside what the run began with. */
        const metricOf = () =>
          criterion
            ? unlessInterrupted(
                signal,
                judgeRun(headless, {
                  ...{ lab, criterion, settings, out, initAdapter },
                  ...{ heldOut: evalData ? 'file' : 'share', most: values['metric-rows'] },
                }),
              )
            : null;
        if (earlier?.result) {
          say('The run is already finished: this is its result.');
          /** @type {Record<string, any>} */
          const json = { ...earlier.result, metric: await metricOf(), out };
          return { json, text: sentences(json) };
        }
        const from = earlier?.checkpoint ?? null;
        const kept = trace?.cut((line) => from !== null && line.step <= from.step);
        if (from) {
          checkpoints.dropAfter(from.step);
          if (kept !== undefined && kept !== from.step)
            say(
              `Warning: --trace holds ${kept} of the ${from.step} earlier steps, so the run cannot be replayed from it alone.`,
            );
          say(`Resuming after step ${from.step}.`);
          await page.setInputFiles('#checkpoint', from.path);
        }
        const summary = await bridge.evaluate(
          (lowrank, [given, to]) => lowrank.train(given, to),
          /** @type {const} */ ([request, inbox.path('checkpoint')]),
        );
        if (summary.interrupted)
          throw new Failure(
            STATUS.interrupted,
            saved
              ? `Interrupted after step ${summary.steps}; it is saved. The same command with --resume continues from there.`
              : `Interrupted after step ${summary.steps}; nothing was written.`,
          );
        headless.finish();
        const paths = await bridge.evaluate(
          (lowrank, to) => lowrank.sendAdapterFiles(to),
          inbox.path('adapter'),
        );
        for (const path of paths)
          writeWhole(join(out, path), inbox.received.get(`adapter/${path}`) ?? Buffer.alloc(0));
        choices.keep(summary.kernels);

        const { stopped: _, interrupted: __, ...whole } = summary;
        const result = { ...whole, tokens_per_second: whole.seconds > 0 ? whole.tokens_per_second : null };
        // A plain run leaves the adapter's files and nothing else.
        if (settings.checkpointEvery !== null || values.resume)
          checkpoints.finish(
            await bridge.evaluate((lowrank, given) => lowrank.identity(given), request),
            result,
          );
        else checkpoints.clear();
        const json = { ...result, metric: await metricOf(), out };
        return { json, text: sentences(json) };
      },
    );
  } finally {
    release();
    trace?.close();
  }
}

/**
 * What comes after a run, which a signal ends: the run is over and written.
 * @template T
 * @param {AbortSignal} signal
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
function unlessInterrupted(signal, work) {
  const interrupted = new Promise((_, reject) => {
    const end = () =>
      reject(
        new Failure(
          STATUS.interrupted,
          'Interrupted while the held-out rows were answered for --metric. The adapter is in --out; evaluate --metric judges it.',
        ),
      );
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
  return /** @type {Promise<T>} */ (Promise.race([work, interrupted]));
}

/**
 * What `--resume` finds: the result of a finished run, a checkpoint, or nothing. What is of another run is refused.
 * @param {ReturnType<typeof checkpointFolder>} checkpoints
 * @param {string} out
 * @param {import('./browser.mjs').Headless['bridge']} bridge
 * @param {import('../../src/worker/api/api.ts').TrainRequest} request
 * @param {import('./flag-tables.mjs').Table} table
 */
async function earlierRun(checkpoints, out, bridge, request, { SETTINGS }) {
  const finished = wholeResult(checkpoints.finished(), out);
  const checkpoint = finished ? null : await checkpoints.newest();
  const identity = finished?.identity ?? checkpoint?.identity;
  if (!identity) return null;
  const different = await bridge.evaluate(
    (lowrank, [given, of]) => lowrank.differences(given, of),
    /** @type {const} */ ([request, identity]),
  );
  const flagOf = (/** @type {string} */ name) => {
    const setting = SETTINGS.find(({ key }) => key === name);
    return setting ? `--${setting.flag}` : name;
  };
  if (different.length > 0)
    throw usage(
      `--resume: --out holds another run: ${different.map(flagOf).join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. What is there is safe. Give what it was started with, another --out, or --init-adapter to continue from its adapter.`,
    );
  return { result: finished?.result ?? null, checkpoint };
}

/** A finished run's result where its files are still there; without them it has to be made again. */
function wholeResult(
  /** @type {ReturnType<ReturnType<typeof checkpointFolder>['finished']>} */ finished,
  /** @type {string} */ out,
) {
  const files = ['adapter_model.safetensors', 'adapter_config.json', 'README.md', 'run.json'];
  return finished && files.every((name) => existsSync(join(out, name))) ? finished : null;
}

/** The tuner's choice for this adapter: from `--kernels`, else from the user's cache folder. */
function kernelChoices(/** @type {Hardware} */ hardware, /** @type {string | null} */ file) {
  const name = createHash('sha256')
    .update(JSON.stringify([hardware.device, hardware.name, hardware.gpu]))
    .digest('hex')
    .slice(0, 16);
  const path = file ?? join(userCache(), 'kernels', `${name}.json`);
  /** @type {Record<string, string> | null} */
  let known = null;
  if (existsSync(path)) {
    try {
      const read = JSON.parse(readFileSync(path, 'utf8'));
      const whole =
        typeof read === 'object' &&
        read !== null &&
        !Array.isArray(read) &&
        Object.values(read).every((value) => typeof value === 'string');
      if (whole) known = read;
      else if (file) throw new Error();
    } catch {
      if (file) throw usage(`--kernels: ${file} is not a file of kernel choices.`);
    }
  }
  return {
    known,
    /** Keeps what the run used; a choice made before is never changed. */
    keep(/** @type {Record<string, string>} */ used) {
      const merged = { ...used, ...known };
      if (Object.keys(merged).length === 0 || Object.keys(merged).length === Object.keys(known ?? {}).length)
        return;
      try {
        makeFolder(dirname(resolve(path)));
        writeWhole(path, `${JSON.stringify(merged, null, 2)}\n`);
      } catch (error) {
        if (file) throw error;
        // A cache folder that cannot be written to costs the next run a tuning, nothing else.
      }
    },
  };
}

function sentences(/** @type {any} */ result) {
  const lines = [
    `Trained ${result.steps} steps on ${result.rows.used} rows in ${result.seconds.toFixed(1)} s on ${result.device}.`,
  ];
  if (result.loss_first !== null)
    lines.push(`Loss ${result.loss_first.toFixed(4)} → ${result.loss_last.toFixed(4)}.`);
  if (result.eval) {
    lines.push(
      `Held out: ${result.eval.loss_before.toFixed(4)} → ${result.eval.loss_after.toFixed(4)} over ${result.eval.rows} rows.`,
    );
  }
  if (result.teacher) lines.push(teacherLine(result.teacher));
  if (result.rows.bad_count > 0)
    lines.push(`${result.rows.estimated ? 'About ' : ''}${result.rows.bad_count} bad rows were skipped.`);
  if (result.metric) {
    const { name, before, interval, after: value } = result.metric;
    lines.push(`${metricLine({ name, value, interval })}, ${(100 * before).toFixed(1)} % before.`);
  }
  if (result.metrics) lines.push(`${metricsLine(result.metrics)}.`);
  lines.push(`The adapter is in ${result.out}.`);
  return lines.join('\n');
}

/** How near the model came to its teacher. */
function teacherLine(/** @type {import('../../src/run/record.ts').TeacherMeasure} */ teacher) {
  const { rows, held_out, kl_before, kl_after, tokens_saved } = teacher;
  const where = `${rows} ${held_out ? 'held-out' : 'training'} rows`;
  const saved =
    tokens_saved === null ? '' : ` Each answer saves ${Math.round(tokens_saved)} tokens of prompt.`;
  return `KL to the teacher: ${kl_before.toPrecision(3)} → ${kl_after.toPrecision(3)} over ${where}.${saved}`;
}

/** An objective's figures in words: `margin 1.20, accuracy 0.75`. */
function metricsLine(/** @type {Record<string, number>} */ metrics) {
  return Object.entries(metrics)
    .map(
      ([key, value]) => `${key.replaceAll('_', ' ')} ${Number.isFinite(value) ? value.toPrecision(3) : '–'}`,
    )
    .join(', ');
}

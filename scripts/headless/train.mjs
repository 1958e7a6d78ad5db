import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { userCache } from '../paths.mjs';
import { checkpointFolder } from './checkpoints.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { deviceInput, fileInput, initAdapterInput, modelInput } from './inputs.mjs';
import { openModelIn } from './open.mjs';
import { openLines, outputFile, outputFolder, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './settings-table.mjs';

/** @typedef {import('../../src/worker/api.ts').Hardware} Hardware */

/**
 * `train` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function train(values, { say, signal }) {
  const settings = settingsFrom(await settingsTable(), values);
  const device = deviceInput(values.device);
  const model = modelInput(values);
  const data = fileInput('data', values.data);
  const evalData = values['eval-data'] === undefined ? null : fileInput('eval-data', values['eval-data']);
  if (evalData && settings.evalFraction > 0) {
    throw usage('--eval-data and --eval-fraction both hold rows out: give one of them.');
  }
  const initAdapter =
    values['init-adapter'] === undefined ? null : initAdapterInput(values['init-adapter'], values);
  const out = outputFolder('out', values.out);
  const trace = values.trace === undefined ? null : openLines(outputFile('trace', values.trace));
  const kernelsFile = values.kernels === undefined ? null : outputFile('kernels', values.kernels);
  const print = progressPrinter(say);
  const checkpoints = checkpointFolder(out);
  checkpoints.sweep();
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
        keep: model.kept,
        say,
        signal,
        onSignal: ({ bridge }) => bridge.evaluate((lowrank) => lowrank.interrupt()),
        onBytes(name, bytes) {
          const [, step] = /^checkpoint\/(\d+)$/.exec(name) ?? [];
          if (step === undefined) return false;
          begun();
          checkpoints.write(Number(step), bytes);
          return true;
        },
        onEvent(event) {
          print(event);
          if (event.type !== 'step') return;
          begun();
          trace?.write(traceLine(event));
        },
      },
      async (headless) => {
        const { page, bridge, inbox } = headless;
        const hardware = await bridge.evaluate((lowrank, choice) => lowrank.hardware(choice), device);
        if (hardware.problem) say(hardware.problem);
        say(`On ${hardware.name}.`);
        await openModelIn(headless, model);
        await page.setInputFiles('#data', data);
        if (evalData) await page.setInputFiles('#eval-data', evalData);
        if (initAdapter) await page.setInputFiles('#adapter', initAdapter);
        const options = { maxLength: settings.maxLength, raw: settings.raw };
        await bridge.evaluate((lowrank, given) => lowrank.openData('train', given), options);
        if (evalData) await bridge.evaluate((lowrank, given) => lowrank.openData('eval', given), options);

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
        const earlier = values.resume ? await earlierRun(checkpoints, bridge, request) : null;
        if (earlier?.result) {
          say('The run is finished already: this is its result.');
          return { json: { ...earlier.result, out }, text: sentences({ ...earlier.result, out }) };
        }
        const from = earlier?.checkpoint ?? null;
        trace?.cut((line) => from !== null && line.step <= from.step);
        if (from) {
          say(`Going on after step ${from.step}.`);
          await page.setInputFiles('#checkpoint', from.path);
        }
        const summary = await bridge.evaluate(
          (lowrank, [given, to]) => lowrank.train(given, to),
          /** @type {const} */ ([request, inbox.path('checkpoint')]),
        );
        if (summary.interrupted)
          throw new Failure(
            STATUS.interrupted,
            `Interrupted after step ${summary.steps}; it is saved. The same command with --resume goes on from there.`,
          );
        const paths = await bridge.evaluate(
          (lowrank, to) => lowrank.sendAdapterFiles(to),
          inbox.path('adapter'),
        );
        for (const path of paths)
          writeWhole(join(out, path), inbox.received.get(`adapter/${path}`) ?? Buffer.alloc(0));
        choices.keep(summary.kernels);

        const { stopped: _, interrupted: __, ...result } = summary;
        const json = { ...result, out };
        // A plain run leaves the adapter's files and nothing else.
        if (settings.checkpointEvery !== null || values.resume)
          checkpoints.finish(
            await bridge.evaluate((lowrank, given) => lowrank.identity(given), request),
            result,
          );
        else checkpoints.clear();
        return { json, text: sentences(json) };
      },
    );
  } finally {
    trace?.close();
  }
}

/**
 * What `--resume` finds: the result of a finished run, a checkpoint, or nothing. What is of another run is refused.
 * @param {ReturnType<typeof checkpointFolder>} checkpoints
 * @param {import('./browser.mjs').Headless['bridge']} bridge
 * @param {import('../../src/worker/api.ts').TrainRequest} request
 */
async function earlierRun(checkpoints, bridge, request) {
  const finished = checkpoints.finished();
  const checkpoint = finished ? null : checkpoints.newest();
  const identity = finished?.identity ?? checkpoint?.identity;
  if (!identity) return null;
  const different = await bridge.evaluate(
    (lowrank, [given, of]) => lowrank.differences(given, of),
    /** @type {const} */ ([request, identity]),
  );
  if (different.length > 0)
    throw usage(
      `--resume: --out holds another run: ${different.map(flagOf).join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. Give what it was begun with, or another --out.`,
    );
  return { result: finished?.result ?? null, checkpoint };
}

/** A setting by its flag. */
function flagOf(/** @type {string} */ name) {
  return /^\w+$/.test(name)
    ? `--${name === 'learningRate' ? 'lr' : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    : name;
}

/** One line of `--trace`. */
function traceLine(/** @type {import('../../src/worker/api.ts').StepEvent} */ event) {
  return {
    step: event.step,
    epoch: event.epoch,
    loss: event.loss,
    grad_norm: event.gradNorm,
    lr: event.learningRate,
    tokens: event.tokens,
    supervised_tokens: event.supervisedTokens,
    seconds: event.seconds,
    input_ids: event.inputIds,
    labels: event.labels,
    ...(event.positionIds ? { position_ids: event.positionIds } : {}),
  };
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
        mkdirSync(dirname(resolve(path)), { recursive: true });
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
  if (result.rows.bad_count > 0) lines.push(`${result.rows.bad_count} bad rows were skipped.`);
  lines.push(`The adapter is in ${result.out}.`);
  return lines.join('\n');
}

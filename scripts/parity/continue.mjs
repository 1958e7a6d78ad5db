import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { flagsOf, lowrank, run } from './run.mjs';

const STEPS = 30;
/** The run is cut once this step is done. */
const CUT = 20;

/**
 * A run that is cut and goes on in `accelerate` on two processes, beside the run that was left alone.
 * @param {import('../../tests/parity/cases.mjs').Continue} entry
 * @param {string} python
 * @param {string} folder
 */
export async function continued(entry, python, folder) {
  const place = (/** @type {string} */ name) => join(folder, name);
  const flags = flagsOf(entry.flags);
  const data = place('rows.jsonl');
  cpSync(join(ROOT, entry.data), data);
  const common = [
    'train',
    '--model',
    'bundled',
    '--device',
    'wasm',
    '--data',
    data,
    '--steps',
    String(STEPS),
  ];
  await lowrank(...common, ...flags, '--out', place('whole'), '--trace', place('trace.jsonl'));
  await cutAfter(CUT, [...common, ...flags, '--out', place('cut')]);
  const from = ['--model', 'bundled', '--adapter', place('cut'), '--format', 'continue'];
  await lowrank('export', ...from, '--out', place('elsewhere'));
  const output = await run(python, [
    ...['-m', 'accelerate.commands.launch', '--cpu', '--num_processes', '2', '--num_machines', '1'],
    ...['--mixed_precision', 'no', '--dynamo_backend', 'no', place('elsewhere/train.py'), '--data', data],
    ...['--out', place('trained')],
  ]);
  const ours = new Map(
    jsonLines(readFileSync(place('trace.jsonl'), 'utf8')).map(({ step, loss }) => [step, loss]),
  );
  const theirs = jsonLines(output);
  const { step: begin } = JSON.parse(readFileSync(place('elsewhere/run.json'), 'utf8'));
  const errors = theirs.map(({ step, loss }) => Math.abs(loss / Number(ours.get(step)) - 1));
  return { steps: theirs.length, expected_steps: STEPS - begin, loss_error: Math.max(...errors) };
}

/** Runs a training command and ends it as Ctrl-C does once a step is reported. */
function cutAfter(/** @type {number} */ step, /** @type {string[]} */ args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/lowrank.mjs'), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    let ended = false;
    child.stderr.on('data', (part) => {
      errors += part;
      const reached = [...errors.matchAll(/^step (\d+)\//gm)].some(([, number]) => Number(number) >= step);
      if (!reached || ended) return;
      ended = true;
      child.kill('SIGINT');
    });
    child.on('close', (status) => {
      if (status === 130) resolve(undefined);
      else reject(new Error(`The run that was to be cut ended with ${status}:\n${errors.slice(-2000)}`));
    });
  });
}

/** @returns {any[]} */
function jsonLines(/** @type {string} */ text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

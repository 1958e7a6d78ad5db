import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';

/** The bundled model's folder. */
export const BUNDLED = join(ROOT, 'public/models/tiny');

/**
 * Runs a program and returns what it printed on standard output; its standard error is shown where it fails.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<string>}
 */
export function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part) => {
      output += part;
    });
    child.stderr.on('data', (part) => {
      errors += part;
    });
    child.on('close', (status) => {
      if (status === 0) resolve(output);
      else
        reject(
          new Error(
            `${args.slice(0, 2).join(' ')} ended with ${status}:\n${errors.trimEnd().split('\n').slice(-25).join('\n')}`,
          ),
        );
    });
  });
}

/** One of our commands, as a person types it. @returns {Promise<any>} its JSON */
export async function lowrank(/** @type {string[]} */ ...args) {
  return JSON.parse(await run(process.execPath, [join(ROOT, 'scripts/lowrank.mjs'), ...args, '--json']));
}

/** A script of tests/parity; what it printed last is its result. @returns {Promise<any>} */
export async function script(
  /** @type {string} */ python,
  /** @type {string} */ name,
  /** @type {string[]} */ args,
) {
  const output = await run(python, [join(ROOT, 'tests/parity', name), ...args]);
  const last = output.trim().split('\n').at(-1) ?? '';
  return last.startsWith('{') ? JSON.parse(last) : null;
}

/**
 * The model of a case: what `--model` is given, and the folder that PyTorch loads.
 * @param {import('../../tests/parity/cases.mjs').Model} model
 * @param {string} python
 * @param {string} folder
 */
export async function modelOf(model, python, folder) {
  if ('bundled' in model) return { model: 'bundled', base: BUNDLED };
  const base = join(folder, 'model');
  const args = [model.family, '--dtype', model.dtype, '--tokenizer', BUNDLED, '--out', base];
  await script(python, 'make_model.py', args);
  return { model: base, base };
}

/** The flags of a case, as a person types them; `true` is a switch. */
export function flagsOf(/** @type {Record<string, string | number | true>} */ flags) {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
}

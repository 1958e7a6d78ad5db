import { spawn } from 'node:child_process';
import { ROOT } from '../paths.mjs';
import { onSilence } from './silence.mjs';

/** How long a program that was told to end may take before it is killed. */
const GRACE = 5000;

/**
 * Runs Node on a file of a package and returns its status and all that it printed. Ends it after `silence` ms without
 * a sign of life: a line of its output, or a message where `onMessage` is given. `program`: another Node than the one that runs.
 * @param {string[]} args
 * @param {{
 *   silence: number,
 *   program?: string,
 *   env?: Record<string, string>,
 *   onLine?: (line: string) => void,
 *   onMessage?: (message: any) => void,
 * }} options
 * @returns {Promise<{ status: number, output: string, silent: boolean }>}
 */
export function runNode(args, { silence, program = process.execPath, env = {}, onLine, onMessage }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', ...(onMessage ? /** @type {const} */ (['ipc']) : [])],
    });
    let silent = false;
    const life = onSilence(silence, () => {
      silent = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      let begun = '';
      stream?.setEncoding('utf8');
      stream?.on('data', (/** @type {string} */ part) => {
        if (!onMessage) life.heard();
        output += part;
        const lines = (begun + part).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) onLine?.(line);
      });
      stream?.on('end', () => {
        if (begun !== '') onLine?.(begun);
      });
    }
    child.on('message', (message) => {
      life.heard();
      onMessage?.(message);
    });
    child.on('error', (error) => {
      life.stop();
      resolve({ status: 1, output: `${output}${error.message}\n`, silent });
    });
    child.on('close', (status) => {
      life.stop();
      resolve({ status: silent ? 1 : (status ?? 1), output, silent });
    });
  });
}

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from '../paths.mjs';

/**
 * Runs Node on a file of a package and returns its status and all that it printed.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, limit: number }} options `limit` in ms, so that a hang is a failure with a name.
 * @returns {Promise<{ status: number, output: string }>}
 */
export function runNode(args, { env = {}, limit }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
    }, limit);
    const take = (/** @type {Buffer} */ part) => {
      output += part;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (status) => {
      clearTimeout(timer);
      if (overdue) output += `\nEnded after ${limit / 60_000} minutes.\n`;
      resolve({ status: overdue ? 1 : (status ?? 1), output });
    });
  });
}

/**
 * Runs tests of one Vitest project, with its report where one was written.
 * @param {string} project
 * @param {{ all: boolean, limit: number, files?: string[], pattern?: string }} options
 */
export async function runVitest(project, { all, limit, files = [], pattern }) {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, `test-${project}-${process.pid}.json`);
  const { status, output } = await runNode(
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...files,
      `--project=${project}`,
      ...(pattern ? ['--testNamePattern', pattern] : []),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${path}`,
    ],
    { env: { LOWRANK_TEST_ALL: all ? '1' : '' }, limit },
  );
  /** @type {import('./rows.mjs').Report & Record<string, any> | null} */
  let report = null;
  if (existsSync(path)) {
    report = JSON.parse(readFileSync(path, 'utf8'));
    rmSync(path);
  }
  return { status, output, report };
}

/**
 * The comparisons with PyTorch, PEFT and others as a report: each case is a test of fault O1.
 * @param {{ all: boolean, limit: number }} options
 */
export async function runParity({ all, limit }) {
  const script = 'scripts/parity.mjs';
  const { status, output } = await runNode([script, ...(all ? ['--all'] : []), '--json'], { limit });
  /** @type {{ name: string, pass: boolean }[]} */
  let cases = [];
  try {
    cases = JSON.parse(
      output
        .trim()
        .split('\n')
        .find((line) => line.startsWith('{"cases"')) ?? '',
    ).cases;
  } catch {
    // It ended before it compared anything, and has said why.
  }
  const assertionResults = cases.map(({ name, pass }) => ({
    fullName: `O1: ${name}`,
    status: pass ? 'passed' : 'failed',
  }));
  return { status, output, report: { testResults: [{ name: join(ROOT, script), assertionResults }] } };
}

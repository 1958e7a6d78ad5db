// `npm test`: types, lint, build, unit, GPU and end-to-end tests, a line of progress for each, and at the end one
// line over all of them. `--all` adds what takes longer. `--only PART` runs one part.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { CACHE, ROOT } from './paths.mjs';

ensureDependencies();
const { ensureChrome } = await import('./chrome.mjs');
const { ensureBuild } = await import('./build.mjs');

const all = process.argv.includes('--all');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : null;

/** Longest time for one part, so that a hang is a failure with a name. */
const LIMIT = (all ? 120 : 20) * 60_000;

/** @typedef {{ passed: number, failed: number, output: string }} Outcome */

/**
 * Runs Node on a file of a package and returns its status and all that it printed.
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ status: number, output: string }>}
 */
function node(args, env = {}) {
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
    }, LIMIT);
    const take = (/** @type {Buffer} */ part) => {
      output += part;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (status) => {
      clearTimeout(timer);
      if (overdue) output += `\nEnded after ${LIMIT / 60_000} minutes.\n`;
      resolve({ status: overdue ? 1 : (status ?? 1), output });
    });
  });
}

/** One check that passes or fails as a whole. */
async function check(/** @type {string[]} */ args) {
  const { status, output } = await node(args);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, output };
}

/** A Vitest project; its tests are counted one by one. */
async function vitest(/** @type {string} */ project) {
  mkdirSync(CACHE, { recursive: true });
  const report = join(CACHE, `test-${project}-${process.pid}.json`);
  const { status, output } = await node(
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { LOWRANK_TEST_ALL: all ? '1' : '' },
  );
  let passed = 0;
  let failed = 0;
  if (existsSync(report)) {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    rmSync(report);
    passed = counts.numPassedTests;
    // A test that was skipped was not shown to pass, and a file that failed to load has no tests to count.
    failed = counts.numFailedTests + counts.numPendingTests + counts.numTodoTests;
    const broken = counts.testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    failed += broken;
  }
  if (status !== 0 && failed === 0) failed = 1;
  return { passed, failed, output };
}

/** @type {{ name: string, run: () => Promise<Outcome> }[]} */
const parts = [
  { name: 'types', run: () => check(['node_modules/typescript/bin/tsc', '-p', '.']) },
  {
    name: 'lint',
    run: () => check(['node_modules/@biomejs/biome/bin/biome', 'check', '.']),
  },
  {
    name: 'build',
    run: async () => {
      try {
        await ensureBuild(() => {});
        return { passed: 1, failed: 0, output: '' };
      } catch (error) {
        return { passed: 0, failed: 1, output: error instanceof Error ? error.message : String(error) };
      }
    },
  },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'gpu', run: () => vitest('gpu') },
  { name: 'e2e', run: () => vitest('e2e') },
];
if (all) parts.push({ name: 'parity', run: () => check(['scripts/parity.mjs']) });
if (all) parts.push({ name: 'naga', run: () => check(['scripts/naga.mjs']) });

let passed = 0;
let failed = 0;
try {
  process.env.LOWRANK_CHROME = await ensureChrome((line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  failed++;
}

if (failed === 0) {
  for (const part of parts) {
    if (only && part.name !== only) continue;
    process.stdout.write(`${part.name.padEnd(8)} …`);
    const begin = Date.now();
    const outcome = await part.run();
    passed += outcome.passed;
    failed += outcome.failed;
    const seconds = ((Date.now() - begin) / 1000).toFixed(1);
    console.log(
      ` ${outcome.failed === 0 ? 'passed' : 'FAILED'}: ${outcome.passed} passed, ${outcome.failed} failed (${seconds} s)`,
    );
    if (outcome.failed > 0) console.log(outcome.output.trimEnd());
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

// `npm test`: types, lint, build, unit, GPU and end-to-end tests, a line of progress for each, the table of faults,
// and at the end one line over all of them. `--all` adds what takes longer. `--only PART` runs one part.
import { ensureDependencies } from './dependencies.mjs';
import { rowsOf, tableOf } from './faults/rows.mjs';
import { runNode, runParity, runVitest } from './faults/run-tests.mjs';

ensureDependencies();
const { ensureChrome } = await import('./chrome.mjs');
const { ensureBuild } = await import('./build.mjs');

const all = process.argv.includes('--all');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : null;

/** Longest time for one part, so that a hang is a failure with a name. */
const LIMIT = (all ? 120 : 20) * 60_000;

/** @typedef {{ passed: number, failed: number, output: string }} Outcome */

/** What each Vitest project said, for the table of faults. @type {import('./faults/rows.mjs').Report[]} */
const reports = [];

/** One check that passes or fails as a whole. */
async function check(/** @type {string[]} */ args) {
  const { status, output } = await runNode(args, { limit: LIMIT });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, output };
}

/** A Vitest project; its tests are counted one by one. */
async function vitest(/** @type {string} */ project) {
  const { status, output, report } = await runVitest(project, { all, limit: LIMIT });
  let passed = 0;
  let failed = 0;
  if (report) {
    reports.push(report);
    passed = report.numPassedTests;
    // A test that was skipped was not shown to pass, and a file that failed to load has no tests to count.
    failed = report.numFailedTests + report.numPendingTests + report.numTodoTests;
    const broken = report.testResults.filter(
      (/** @type {{ status?: string, assertionResults: unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    failed += broken;
  }
  if (status !== 0 && failed === 0) failed = 1;
  return { passed, failed, output };
}

async function parity() {
  const { status, output, report } = await runParity({ all, limit: LIMIT });
  reports.push(report);
  const tests = report.testResults[0].assertionResults;
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failed = tests.length - passed;
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, output };
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
if (all) parts.push({ name: 'parity', run: parity });
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
if (reports.length > 0 && !only) {
  const rows = rowsOf(reports, { all });
  console.log(tableOf(rows));
  // Tests that failed are counted above; a row may also have lost its tests.
  failed += rows.filter(({ pass, lost }) => !pass && lost === 0).length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

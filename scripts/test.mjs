// `npm test`: types, lint, build, unit, GPU and end-to-end tests, the page in Firefox and in WebKit, a line for each file
// of tests as it ends and one for each part, the table of faults, and at the end one line over all of them. `--all`
// adds what takes longer. `--only PART` runs one part.
import { installedFirefox, installedWebKit } from './browsers/find.mjs';
import { softwareVulkan } from './browsers/firefox.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';
import { rowsOf, tableOf } from './faults/rows.mjs';
import { ensureNode, otherNodes } from './test/other-nodes.mjs';
import { failedAmong, totalOf } from './test/progress.mjs';
import { runNode } from './test/run-node.mjs';
import { runParity } from './test/run-parity.mjs';
import { runVitest } from './test/run-vitest.mjs';

ensureDependencies();
const { ensureChrome } = await import('./chrome.mjs');
const { ensureBuild } = await import('./build.mjs');
const { ensureBrowsers } = await import('./browsers/install.mjs');

const all = process.argv.includes('--all');
/** Continuous integration takes no person's time: it adds what ends within minutes. */
const more = all || Boolean(process.env.LOWRANK_CI);
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : null;

/** What ends a part: nothing has begun or ended for so long. Its total time may be anything. */
const silence = (all ? 60 : 15) * 60_000;
const say = (/** @type {string} */ line) => console.log(line);

/** @typedef {{ passed: number, failed: number }} Counts */

/** Every file of tests that has ended. @type {(import('./faults/rows.mjs').Tested & { broken?: boolean })[]} */
const tested = [];

/** One check that passes or fails as a whole; it prints only where it fails. @returns {Promise<Counts>} */
async function check(/** @type {string[]} */ args) {
  const { status, output, silent } = await runNode(args, { silence });
  if (status === 0) return { passed: 1, failed: 0 };
  say(output.trimEnd());
  if (silent) say(`Ended: no output for ${silence / 60_000} minutes.`);
  return { passed: 0, failed: 1 };
}

/** @returns {Promise<Counts>} */
async function lint() {
  const style = await check(['node_modules/@biomejs/biome/bin/biome', 'check', '.']);
  const imports = await check(['scripts/check/imports.mjs']);
  const first = await check(['scripts/check/first-script.mjs']);
  const sum = (/** @type {keyof Counts} */ key) => style[key] + imports[key] + first[key];
  return { passed: sum('passed'), failed: sum('failed') };
}

/** @returns {Promise<Counts>} */
async function built() {
  try {
    await ensureBuild(() => {});
    return { passed: 1, failed: 0 };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1 };
  }
}

/** @returns {Promise<Counts>} */
async function counted(
  /** @type {Promise<Counts & { files: import('./faults/rows.mjs').Tested[] }>} */ run,
  where = '',
) {
  const { files, ...counts } = await run;
  tested.push(...files.map((one) => ({ ...one, file: one.file + where })));
  return counts;
}

/** @typedef {{ name: string, run: () => Promise<Counts> }} Part */

/**
 * The tests of one project of Vitest. `engine`: what runs tests again that ran before, which is no further fault of the
 * table.
 * `prepare`: gives the Node that runs them where it is another, and throws a sentence where something is missing.
 * @param {string} name
 * @param {{ project?: string, engine?: string, prepare?: () => string | undefined }} [options]
 * @returns {Part}
 */
function tests(name, { project = name, engine, prepare } = {}) {
  return {
    name,
    async run() {
      let program;
      try {
        program = prepare?.();
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
        return { passed: 0, failed: 1 };
      }
      return counted(runVitest(project, { all, silence, say, program }), engine && ` (in ${engine})`);
    },
  };
}

/** The unit tests under other versions of Node than the one that runs. */
const inOtherNodes = () =>
  otherNodes().flatMap((major) =>
    ['unit-node', 'unit'].map((project) =>
      tests(`${project} in Node ${major}`, {
        project,
        engine: `Node ${major}`,
        prepare: () => ensureNode(major, say),
      }),
    ),
  );

/** The unit tests that Chromium runs, in other browsers. */
const inOtherBrowsers = () => [
  tests('unit in Firefox', {
    project: 'firefox-unit',
    engine: 'Firefox',
    prepare: () => void installedFirefox(),
  }),
  tests('unit in WebKit', {
    project: 'webkit-unit',
    engine: 'WebKit',
    prepare: () => void installedWebKit(),
  }),
];

/** The kernels by another compiler and another Vulkan than Chromium's. */
const kernelsInFirefox = () =>
  tests('gpu in Firefox', {
    project: 'firefox-gpu',
    engine: 'Firefox',
    prepare() {
      installedFirefox();
      softwareVulkan();
    },
  });

/**
 * The page in a browser that may not be on this machine: then that is told, and it is a failure where `.ci/run` runs.
 * @returns {Part}
 */
const pageIn = (/** @type {string} */ engine) => ({
  name: `page in ${engine}`,
  async run() {
    const missing = ensureBrowsers(say).filter((one) => one.engine === engine);
    const files = [`tests/engines/${engine.toLowerCase()}/`];
    if (missing.length === 0)
      return counted(runVitest('engines', { all, silence, say, files }), ` (in ${engine})`);
    const names = missing.map(({ name }) => name).join(' ');
    say(`  Not tested: ${names} missing (on Debian: apt-get install ${names}).`);
    return { passed: 0, failed: process.env.LOWRANK_CI ? 1 : 0 };
  },
});

const types = { name: 'types', run: () => check(['node_modules/typescript/bin/tsc', '-p', '.']) };
/** What the page loads runs in the engine that loads it, and in Node where there is time for both. */
const unit = [
  tests('unit-node'),
  ...(more ? [tests('unit')] : []),
  ...(all ? inOtherNodes() : []),
  tests('browser-unit', more ? { engine: 'Chromium' } : {}),
  ...(all ? inOtherBrowsers() : []),
];
const pages = [pageIn('Firefox'), pageIn('WebKit')];

/**
 * One step after another. The lanes of a step run at the same time, the parts of a lane in turn: the kernels leave a third
 * of two cores idle, which unit tests and other browsers use. With `--all` each part is alone.
 * @type {Part[][][]}
 */
const steps = all
  ? [
      ...[types, { name: 'lint', run: lint }, { name: 'build', run: built }],
      ...[...unit, tests('gpu'), kernelsInFirefox(), tests('e2e'), ...pages, tests('bench')],
      { name: 'parity', run: () => counted(runParity({ all, silence, say })) },
      { name: 'naga', run: () => check(['scripts/naga.mjs']) },
    ].map((part) => [[part]])
  : [
      [[types], [{ name: 'lint', run: lint }], [{ name: 'build', run: built }]],
      [[tests('gpu')], [...unit, ...pages]],
      [[tests('e2e')]],
    ];
const parts = steps.flat(2);
if (only && !parts.some(({ name }) => name === only)) {
  console.error(
    `--only ${only}: there is no such part. There are: ${parts.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(1);
}

let passed = 0;
let failed = 0;
try {
  process.env.LOWRANK_CHROME = await ensureChrome(say);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  failed++;
}

/** @type {string[]} */
const totals = [];
async function runInTurn(/** @type {Part[]} */ lane) {
  for (const { name, run } of lane) {
    say(`${name} …`);
    const begin = Date.now();
    const counts = await run();
    passed += counts.passed;
    failed += counts.failed;
    totals.push(totalOf(name, counts, (Date.now() - begin) / 1000));
    say(totals.at(-1) ?? '');
  }
}

if (failed === 0) {
  for (const step of steps) {
    const lanes = step
      .map((lane) => lane.filter(({ name }) => !only || name === only))
      .filter((lane) => lane.length > 0);
    await Promise.all(lanes.map(runInTurn));
  }
}
if (tested.length > 0 && !only) {
  const rows = rowsOf(tested, { all });
  say(`\n${tableOf(rows)}`);
  // Tests that failed are counted above; a row may also have lost its tests.
  failed += rows.filter(({ pass, lost }) => !pass && lost === 0).length;
}
if (totals.length > 1) say(`\n${totals.join('\n')}`);
for (const line of failedAmong(tested)) say(line);
say(`${passed} passed, ${failed} failed`);
await end(failed === 0 && passed > 0 ? 0 : 1);

// `npm run parity -- [--only NAME] [--all] [--json]`: our runs and exports beside PyTorch, transformers, PEFT, llama.cpp
// and mlx-lm. `--all` adds what takes minutes: every family, and the real models.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';
import { flagsOf } from './headless/flags.mjs';
import { ROOT } from './paths.mjs';

ensureDependencies();
const { ensureBuild } = await import('./build.mjs');
const { runNode } = await import('./test/run-node.mjs');
const { continued } = await import('./parity/continue.mjs');
const { fields } = await import('./parity/fields.mjs');
const { merging } = await import('./parity/merging.mjs');
const { programs, programsAgree, PROGRAMS } = await import('./parity/programs.mjs');
const { replay, withinBounds } = await import('./parity/replay.mjs');
const { real } = await import('./parity/real.mjs');
const { ensurePython } = await import('./python.mjs');
const { CASES } = await import('../tests/parity/cases.mjs');

/** @typedef {import('../tests/parity/cases.mjs').Case} Case */

const say = (/** @type {string} */ line) => console.error(line);

/** What a case that could not be run is known of. */
const UNKNOWN = { steps: null, loss_error: null, min_cosine: null, logit_error: null };

/**
 * @param {Case} entry
 * @param {string} python
 * @param {string} folder
 * @returns {Promise<Record<string, any> & { pass: boolean }>}
 */
async function compare(entry, python, folder) {
  if (entry.kind === 'test') {
    const { status, output } = await runNode(
      ['node_modules/vitest/vitest.mjs', 'run', '--project=unit', '--project=unit-node', entry.file],
      {
        env: { LOWRANK_TEST_ALL: '1', LOWRANK_TEST_PARITY: '1', LOWRANK_PYTHON: python },
        silence: 15 * 60_000,
      },
    );
    if (status !== 0) say(output.trimEnd());
    return { ...UNKNOWN, pass: status === 0 };
  }
  if (entry.kind === 'fields') {
    const { compared, wrong } = await fields(python, folder, say);
    for (const line of wrong) say(line);
    return { ...UNKNOWN, compared, pass: compared > 150 && wrong.length === 0 };
  }
  if (entry.kind === 'merging') {
    const result = await merging(python, folder);
    const { merges, delta_error, rank_error, logit_error } = result;
    const close = Math.max(delta_error, rank_error, logit_error) <= 1e-5;
    return { ...UNKNOWN, ...result, pass: merges > 40 && close };
  }
  if (entry.kind === 'programs') {
    const result = await programs(entry, python, folder, say);
    return {
      ...UNKNOWN,
      logit_error: result.mlx_error ?? null,
      ...result,
      pass: programsAgree(result, PROGRAMS, entry.withoutMlx),
    };
  }
  if (entry.kind === 'replay') {
    const result = await replay(entry, python, folder);
    return { ...result, pass: withinBounds(result, entry.bounds) };
  }
  if (entry.kind === 'continue') {
    const result = await continued(entry, python, folder);
    const whole = result.steps > 0 && result.steps === result.expected_steps;
    return { ...UNKNOWN, ...result, pass: whole && result.loss_error <= entry.bounds.loss };
  }
  const result = await real(entry, python, folder, say);
  const answered = result.ids_equal && result.wrong_answers.length === 0 && result.answers === entry.prompts;
  const exported = !entry.exports || programsAgree(result, entry.exports);
  return { ...result, pass: withinBounds(result, entry.bounds) && answered && result.hub_equal && exported };
}

const {
  json = false,
  all = false,
  only = null,
} = flagsOf('parity', 'Compares runs and exports with PyTorch, transformers, PEFT, llama.cpp and mlx-lm.', [
  { name: 'only', kind: 'text', value: 'NAME', help: 'One case.' },
  { name: 'all', kind: 'switch', help: 'Every family and the real models too.' },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
]);
const chosen = CASES.filter((entry) => (only === null ? all || !entry.all : entry.name === only));
if (chosen.length === 0) {
  say(`--only: there is no case ${only}; the cases are ${CASES.map((entry) => entry.name).join(', ')}.`);
  process.exit(2);
}

/** @type {string} */
let python;
try {
  await ensureBuild(say);
  python = ensurePython(join(ROOT, 'tests/parity/requirements.txt'), say);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** @type {(Record<string, any> & { name: string, pass: boolean })[]} */
const cases = [];

async function measure(/** @type {Case} */ entry) {
  const folder = mkdtempSync(join(tmpdir(), `lowrank-parity-${entry.name}-`));
  const begin = Date.now();
  /** @type {Awaited<ReturnType<typeof compare>>} */
  let result = { ...UNKNOWN, pass: false };
  try {
    result = await compare(entry, python, folder);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  cases.push({ name: entry.name, ...result });
  const seconds = Math.round((Date.now() - begin) / 1000);
  say(`${entry.name.padEnd(22)} ${result.pass ? 'passed' : 'FAILED'}  ${figures(result)}  (${seconds} s)`);
  if (process.env.LOWRANK_KEEP) say(`Its files are in ${folder}.`);
  else rmSync(folder, { recursive: true, force: true });
}

// Much of a case is one program starting after another: two at a time.
const waiting = [...chosen];
const work = async () => {
  for (let entry = waiting.shift(); entry; entry = waiting.shift()) await measure(entry);
};
await Promise.all([work(), work()]);
cases.sort((a, b) => order(a.name) - order(b.name));

function order(/** @type {string} */ name) {
  return chosen.findIndex((entry) => entry.name === name);
}

/** The numbers of a result in one line. */
function figures(/** @type {Record<string, any>} */ result) {
  const shown = [
    ['loss', result.loss_error],
    ['cosine', result.min_cosine],
    ['change', result.min_change_cosine],
    ['logits', result.logit_error],
    ['figures', result.figure_error],
    ['start', result.start_error],
    ['base', result.base_error],
    ['ranks', result.rank_error],
    ['components', result.component_error],
    ['merged change', result.delta_error],
    ['error of the rank', result.rank_error],
    ['TRL', result.trl_loss_error],
    ['TRL change', result.trl_min_change_cosine],
    ['llama.cpp', result.gguf_error],
    ['merged', result.merged_gguf_error],
    ['beside the file', result.file_gguf_error],
    ['the file alone', result.file_base_error],
    ['mlx', result.mlx_error],
  ].filter(([, value]) => typeof value === 'number');
  const words = shown.map(([name, value]) => `${name} ${value > 0.9 ? value : value.toExponential(2)}`);
  if (result.greedy_equal === false) words.push('other greedy tokens');
  if (result.wrong_answers?.length > 0) words.push(`other answers to ${result.wrong_answers.join('; ')}`);
  return words.join('  ');
}

const failed = cases.filter((entry) => !entry.pass).length;
if (json) console.log(JSON.stringify({ cases }));
else console.log(`${cases.length - failed} passed, ${failed} failed`);
await end(failed === 0 ? 0 : 1);

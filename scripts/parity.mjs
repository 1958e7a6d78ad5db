// `npm run parity -- [--only NAME] [--json]`: our training runs replayed by PyTorch, transformers and PEFT.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { ROOT } from './paths.mjs';

ensureDependencies();
const { ensureBuild } = await import('./build.mjs');
const { parseFlags } = await import('./headless/flags.mjs');
const { settingsFrom, trainFlags } = await import('./headless/flag-tables.mjs');
const { settingsTable } = await import('./headless/settings-table.mjs');
const { ensurePython } = await import('./python.mjs');
const { CASES } = await import('../tests/parity/cases.mjs');

const STEPS = 30;
const BUNDLED = join(ROOT, 'public/models/tiny');
const say = (/** @type {string} */ line) => console.error(line);

/**
 * Runs a program and returns what it printed on standard output; its standard error is shown where it fails.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<string>}
 */
function run(program, args) {
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

const lowrank = (/** @type {string[]} */ ...args) =>
  run(process.execPath, [join(ROOT, 'scripts/lowrank.mjs'), ...args]);

/**
 * One case: our runs, then the replay.
 * @param {import('../tests/parity/cases.mjs').Case} entry
 * @param {string} python
 * @param {string} folder
 */
async function replay(entry, python, folder) {
  const script = (/** @type {string} */ name, /** @type {string[]} */ args) =>
    run(python, [join(ROOT, 'tests/parity', name), ...args]);
  let model = 'bundled';
  let base = BUNDLED;
  if ('family' in entry.model) {
    model = base = join(folder, 'model');
    await script('make_model.py', [
      entry.model.family,
      '--dtype',
      entry.model.dtype,
      '--tokenizer',
      BUNDLED,
      '--out',
      model,
    ]);
  }
  const flags = Object.entries(entry.flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const [initial, trained, trace, row, prompt] = [
    'initial',
    'trained',
    'trace.jsonl',
    'row.safetensors',
    'prompt.json',
  ].map((name) => join(folder, name));
  const common = ['--model', model, '--device', entry.device];
  const training = ['train', ...common, '--data', join(ROOT, entry.data), ...flags, '--json'];
  await lowrank(...training, '--steps', '0', '--out', initial);
  await lowrank(...training, '--steps', String(STEPS), '--out', trained, '--trace', trace);
  await lowrank(
    'evaluate',
    ...common,
    '--adapter',
    trained,
    '--data',
    join(ROOT, entry.data),
    '--logits',
    row,
    '--json',
  );
  await lowrank(
    ...['generate', ...common, '--adapter', trained, '--prompt', 'What is a cup?', '--max-tokens', '4'],
    ...['--logits', prompt, '--json'],
  );
  const table = await settingsTable();
  const values = parseFlags(
    ['--model', model, '--data', 'rows', '--out', 'out', ...flags],
    trainFlags(table),
  );
  const { learningRate, schedule, warmup, weightDecay, clip, batch } = settingsFrom(table, values);
  const settings = { lr: learningRate, schedule, warmup, weight_decay: weightDecay, clip, batch };
  const output = await script('replay.py', [
    ...['--base', base, '--initial', initial, '--trained', trained, '--trace', trace],
    ...['--settings', JSON.stringify(settings), '--row-logits', row, '--prompt-logits', prompt],
  ]);
  const result = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  if (entry.card) {
    cpSync(BUNDLED, join(trained, 'base'), { recursive: true });
    await script('check_card.py', [trained]);
  }
  return result;
}

/** Whether a result keeps to its bounds; NaN does not. */
function passes(/** @type {any} */ result, /** @type {typeof CASES[number]['bounds']} */ bounds) {
  return (
    result.steps === STEPS &&
    result.loss_error <= bounds.loss &&
    result.norm_error <= 10 * bounds.loss &&
    result.lr_error <= 1e-6 &&
    result.min_cosine >= bounds.cosine &&
    result.min_change_cosine >= bounds.change &&
    result.logit_error <= bounds.logits
  );
}

const args = process.argv.slice(2);
const json = args.includes('--json');
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
const chosen = CASES.filter((entry) => only === null || entry.name === only);
if (chosen.length === 0) {
  say(`--only: there is no case ${only}; there are ${CASES.map((entry) => entry.name).join(', ')}.`);
  process.exit(2);
}

let python;
try {
  await ensureBuild(say);
  python = ensurePython(join(ROOT, 'tests/parity/requirements.txt'), say);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

const cases = [];
for (const entry of chosen) {
  const folder = mkdtempSync(join(tmpdir(), `lowrank-parity-${entry.name}-`));
  mkdirSync(folder, { recursive: true });
  const begin = Date.now();
  let result;
  try {
    result = await replay(entry, python, folder);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    result = { steps: null, loss_error: null, min_cosine: null, logit_error: null };
  }
  const pass = passes(result, entry.bounds);
  cases.push({ name: entry.name, ...result, pass });
  say(
    `${entry.name.padEnd(22)} ${pass ? 'passed' : 'FAILED'}  loss ${show(result.loss_error)}  cosine ${result.min_cosine}  ` +
      `change ${result.min_change_cosine}  logits ${show(result.logit_error)}  (${Math.round((Date.now() - begin) / 1000)} s)`,
  );
  if (process.env.LOWRANK_KEEP) say(`Its files are in ${folder}.`);
  else rmSync(folder, { recursive: true, force: true });
}

function show(/** @type {number | null} */ value) {
  return value === null ? 'unknown' : value.toExponential(2);
}

const failed = cases.filter((entry) => !entry.pass).length;
if (json) console.log(JSON.stringify({ cases }));
else console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

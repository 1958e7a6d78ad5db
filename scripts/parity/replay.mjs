import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settingsFrom, trainFlags } from '../headless/flag-tables.mjs';
import { parseFlags } from '../headless/flags.mjs';
import { settingsTable } from '../headless/tables.mjs';
import { ROOT } from '../paths.mjs';
import { ensureLlamaCpp } from './llama-cpp.mjs';
import { probabilityError, softmax } from './probabilities.mjs';
import { BUNDLED, flagsOf, lowrank, modelOf, run, script } from './run.mjs';

const STEPS = 30;
/** Fewer than an epoch has, whose last batch may be short: TRL would take the next rows into it. */
const TRL_STEPS = 20;
/** How far what a start takes off the base may be from what PEFT’s own takes, and the first loss from the base’s. */
const START = 1e-4;
const FIRST_LOSS = 1e-5;
/** The share of ranks that EVA gives to another layer than exact components would, and how far its directions lie outside those. */
const EVA = { ranks: 0.05, components: 0.1 };
/** How far llama.cpp may be from us on a file of quantised blocks, of which it rounds the inputs to 8 bits. */
const MERGED_FILE = 0.15;
/** The logits are those of the first row. */
const ROWS_FOR_LOGITS = 4;

/**
 * A training run of ours, replayed by PEFT from its trace; then the adapter's logits.
 * @param {import('../../tests/parity/cases.mjs').Replay} entry
 * @param {string} python
 * @param {string} folder
 */
export async function replay(entry, python, folder) {
  let { model, base } = await modelOf(entry.model, python, folder);
  if (entry.ranks) {
    const made = join(folder, 'made-adapter');
    await script(python, 'make_adapter.py', ['--base', base, '--out', made]);
    entry = { ...entry, flags: { ...entry.flags, 'init-adapter': made } };
  }
  if (entry.teacher) {
    const apart = join(folder, 'of-the-teacher');
    mkdirSync(apart);
    const { base: teacher } = await modelOf(entry.teacher, python, apart);
    entry = { ...entry, flags: { ...entry.flags, teacher } };
  }
  if (entry.file) model = base = await asFile(model, entry.file, resolve(ROOT, entry.data), folder);
  const { rows, trl } = entry;
  if (rows) entry = { ...entry, data: madeRows(rows, resolve(ROOT, entry.data), folder) };
  const steps = trl ? TRL_STEPS : STEPS;
  return replayOn({ ...entry, steps, prompt: 'What is a cup?' }, { model, base, python, folder });
}

/**
 * @param {Pick<import('../../tests/parity/cases.mjs').Replay, 'device' | 'data' | 'flags' | 'card' | 'trl'> & { steps: number, prompt: string }} entry
 * @param {{ model: string, base: string, python: string, folder: string }} places
 */
export async function replayOn(entry, { model, base, python, folder }) {
  const flags = flagsOf(entry.flags);
  const place = (/** @type {string} */ name) => join(folder, name);
  const [initial, trained, trace] = ['initial', 'trained', 'trace.jsonl'].map(place);
  const [row, prompt] = ['row.safetensors', 'prompt.json'].map(place);
  const dtype = String(entry.flags['base-dtype'] ?? 'auto');
  const source = resolve(ROOT, entry.data);
  const data = ['--data', source];
  const common = ['--model', model, '--device', entry.device];
  const training = ['train', '--model', model, ...data, ...flags];
  // The adapter begins as the seed says, on whatever device; WebAssembly has nothing to compile for it.
  await lowrank(...training, '--device', 'wasm', '--steps', '0', '--out', initial);
  const result = await lowrank(
    ...training,
    '--device',
    entry.device,
    '--steps',
    String(entry.steps),
    '--out',
    trained,
    '--trace',
    trace,
  );
  const asking = [...common, '--base-dtype', dtype, '--adapter', trained];
  // What every command is told of the rows' text.
  const reading = flagsOf(pick(entry.flags, ['raw', 'chat-template']));
  const few = place('first-rows.jsonl');
  writeFileSync(few, readFileSync(source, 'utf8').split('\n').slice(0, ROWS_FOR_LOGITS).join('\n'));
  await lowrank(
    ...['evaluate', ...asking, ...reading, '--data', few, '--logits', row],
    ...flagsOf(pick(entry.flags, ['max-length'])),
  );
  await lowrank(
    ...['generate', ...asking, ...reading, '--prompt', entry.prompt, '--max-tokens', '1', '--logits', prompt],
  );
  const table = await settingsTable();
  const needed = ['--model', model, '--data', 'rows', '--out', 'out'];
  const values = parseFlags([...needed, ...flags], trainFlags(table));
  const all = settingsFrom(table, values);
  const { schedule, warmup, clip, batch } = all;
  const settings = {
    ...{ schedule, warmup, clip, batch, lr: all.learningRate, weight_decay: all.weightDecay },
    ...{ lora_plus_ratio: all.loraPlusRatio, init: all.init, eva_rows: all.evaRows },
    ...{ dropout: all.dropout, seed: all.seed, merge_target: all.mergeTarget },
    ...{ objective: all.objective ?? 'sft', beta: all.beta, gamma: all.gamma, max_length: all.maxLength },
    ...{ nll_weight: all.nllWeight, nll_tokens: all.nllTokens },
    ...{ distil_top: all.distilTop, distil_weight: all.distilWeight },
    from_adapter: entry.flags['init-adapter'] !== undefined,
  };
  const inputs = [
    ...['--base', base, '--initial', initial, '--trained', trained, '--trace', trace],
    ...['--settings', JSON.stringify(settings)],
  ];
  const taught = entry.flags.teacher === undefined ? [] : ['--teacher', String(entry.flags.teacher)];
  const compared = await script(python, 'replay.py', [
    ...[...inputs, ...taught, '--base-dtype', dtype, '--row-logits', row, '--prompt-logits', prompt],
  ]);
  if (all.mergeTarget !== 'none')
    Object.assign(compared, await mergedFile({ model, adapter: trained, prompt: entry.prompt, folder }));
  if (entry.trl) Object.assign(compared, await script(python, 'trl_run.py', inputs));
  if (entry.card) {
    cpSync(BUNDLED, join(trained, 'base'), { recursive: true });
    await script(python, 'check_card.py', [trained]);
  }
  return { ...compared, expected_steps: entry.steps, device: result.device, memory: result.memory };
}

/**
 * The file that the adapter was trained for, written without its precision being asked for: llama.cpp beside us.
 * @param {{ model: string, adapter: string, prompt: string, folder: string }} what
 */
async function mergedFile({ model, adapter, prompt, folder }) {
  const [file, answer, jobs] = ['trained-for.gguf', 'merged-logits.json', 'jobs.json'].map((name) =>
    join(folder, name),
  );
  await lowrank('export', '--model', model, '--adapter', adapter, '--format', 'merged-gguf', '--out', file);
  const asking = ['--model', file, '--device', 'wasm', '--prompt', prompt, '--max-tokens', '1'];
  await lowrank('generate', ...asking, '--logits', answer);
  const { input_ids: ids, logits } = JSON.parse(readFileSync(answer, 'utf8'));
  writeFileSync(jobs, JSON.stringify([{ model: file, ids }]));
  const llama = join(ROOT, 'tests/parity/llama_cpp.mjs');
  const output = await run(process.execPath, [llama, ensureLlamaCpp(console.error), jobs]);
  const [theirs] = JSON.parse(output.trim().split('\n').at(-1) ?? '').results;
  return { merged_gguf_error: probabilityError(softmax(logits), theirs) };
}

/**
 * The model as a GGUF file in this precision, which both then read: an adapter that has not begun, merged into it.
 * @param {string} model
 * @param {string} dtype
 * @param {string} data
 * @param {string} folder
 */
async function asFile(model, dtype, data, folder) {
  const [begun, file] = [join(folder, 'begun'), join(folder, 'rounded.gguf')];
  const of = ['--model', model];
  await lowrank('train', ...of, '--data', data, '--device', 'wasm', '--steps', '0', '--out', begun);
  const format = ['--format', 'merged-gguf', '--dtype', dtype];
  await lowrank('export', ...of, '--adapter', begun, ...format, '--out', file);
  return file;
}

/**
 * Pairs, or judged answers, of a file of conversations of one question and its answer: the worse answer is that of the next row.
 * @param {'pairs' | 'verdicts'} rows
 * @param {string} source
 * @param {string} folder
 */
function madeRows(rows, source, folder) {
  const exchanges = readFileSync(source, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).messages.map((/** @type {{ content: string }} */ turn) => turn.content));
  const made = exchanges.flatMap(([prompt, answer], i) => {
    const [, other] = exchanges[(i + 1) % exchanges.length];
    /** @type {object[]} */
    const pair = [{ prompt, chosen: answer, rejected: other }];
    if (rows === 'pairs') return pair;
    return [
      { prompt, completion: answer, label: true },
      { prompt, completion: other, label: false },
    ];
  });
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, made.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

/** The flags of these names, where there are any. */
function pick(/** @type {Record<string, string | number | true>} */ flags, /** @type {string[]} */ names) {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name)));
}

/**
 * Whether a result keeps to its bounds; NaN does not.
 * @param {any} result
 * @param {import('../../tests/parity/cases.mjs').Bounds} bounds
 */
export function withinBounds(result, bounds) {
  return (
    result.steps === result.expected_steps &&
    result.loss_error <= bounds.loss &&
    result.norm_error <= 10 * bounds.loss &&
    result.lr_error <= 1e-6 &&
    (result.figure_error === undefined || result.figure_error <= bounds.loss) &&
    (result.start_error === undefined || result.start_error <= START) &&
    (result.rank_error === undefined || result.rank_error <= EVA.ranks) &&
    (result.component_error === undefined || result.component_error <= EVA.components) &&
    (result.base_error === undefined || result.base_error <= FIRST_LOSS) &&
    (result.merged_gguf_error === undefined || result.merged_gguf_error <= MERGED_FILE) &&
    (result.trl_steps === undefined ||
      (result.trl_steps === result.expected_steps &&
        result.trl_loss_error <= bounds.loss &&
        result.trl_min_cosine >= bounds.cosine &&
        result.trl_min_change_cosine >= bounds.change)) &&
    result.min_cosine >= bounds.cosine &&
    result.min_change_cosine >= bounds.change &&
    result.logit_error <= bounds.logits
  );
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLlamaCpp } from '../parity/llama-cpp.mjs';
import { ensureModel } from '../parity/real.mjs';
import { BUNDLED, lowrank, run, script } from '../parity/run.mjs';
import { ROOT } from '../paths.mjs';
import { ensurePython } from '../python.mjs';
import { benchPage } from './page.mjs';
import { table } from './table.mjs';

/**
 * Training and generation on the processor beside what people could install: PyTorch with PEFT, and llama.cpp. All
 * take turns on the same rows with as many threads; the fastest round of each counts. Then a first run on the page.
 *
 * @typedef {object} TrainingRow
 * @property {string} model
 * @property {number} threads
 * @property {number} tokens_per_second Ours.
 * @property {number} torch_tokens_per_second
 * @property {number} peak_bytes Of WebAssembly's memory.
 * @property {number} plan_bytes
 * @property {number} base_bytes
 * @property {number} loss After the last step.
 *
 * @typedef {object} GenerationRow
 * @property {string} model
 * @property {number} threads
 * @property {number} tokens_per_second Ours.
 * @property {number} llama_tokens_per_second
 *
 * @typedef {{ date: string, processor: string, cores: number, training: TrainingRow[], generation: GenerationRow[], page: import('./page.mjs').PageRow[] }} ProcessorResult
 */

const DATA = join(ROOT, 'public/samples/pirate.jsonl');
/** Steps that are not timed with PyTorch; ours times from its first. */
const SKIP = 3;

const CASES = [
  { name: 'bundled', batch: 8, length: 256, steps: 40, real: false },
  { name: 'SmolLM2-135M, Q4_1', batch: 8, length: 128, steps: 8, real: true },
];

/**
 * @param {{ quick: boolean }} options
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 * @returns {Promise<ProcessorResult>}
 */
export async function benchProcessor({ quick }, say, signal) {
  const python = ensurePython(join(ROOT, 'tests/parity/requirements.txt'), say);
  const cores = availableParallelism();
  const folder = mkdtempSync(join(tmpdir(), 'lowrank-bench-'));
  /** @type {ProcessorResult} */
  const result = {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model ?? 'unknown',
    ...{ cores, training: [], generation: [], page: [] },
  };
  try {
    for (const one of quick ? CASES.slice(0, 1) : CASES) {
      const places = await placesOf(one, python, folder, say);
      for (const threads of cores > 1 ? [1, cores] : [1]) {
        const row = await training(one, places, { threads, rounds: quick ? 1 : 3, python, folder, signal });
        result.training.push(row);
        say(
          `${one.name}, ${threads} threads: ${row.tokens_per_second.toFixed(0)} tokens/s; PyTorch ${row.torch_tokens_per_second.toFixed(0)}`,
        );
        if (!one.real) continue;
        const answers = await generation(one, places, { threads, folder, say, signal });
        result.generation.push(answers);
        say(
          `${one.name}, answers by ${threads} threads: ${answers.tokens_per_second.toFixed(1)} tokens/s; llama.cpp ${answers.llama_tokens_per_second.toFixed(1)}`,
        );
      }
    }
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      signal.throwIfAborted();
      const row = await benchPage(say, signal);
      result.page.push(row);
      say(
        `on the page: ready after ${row.ready.toFixed(1)} s, a falling loss ${row.falling.toFixed(1)} s after Train, finished after ${row.finished.toFixed(1)} s`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

/** @typedef {typeof CASES[number]} Case */
/** @typedef {{ model: string, base: string }} Places what `--model` is given, and the folder that PyTorch loads */

/** @returns {Promise<Places>} */
async function placesOf(
  /** @type {Case} */ { real },
  /** @type {string} */ python,
  /** @type {string} */ folder,
  /** @type {(line: string) => void} */ say,
) {
  if (!real) return { model: 'bundled', base: BUNDLED };
  const { REAL_MODELS } = await import('../../tests/parity/real-models.mjs');
  const file = ensureModel(REAL_MODELS['smollm2-135m'], python, say);
  const base = join(folder, 'decoded');
  await script(python, 'real.py', ['save', '--base', file, '--dtype', 'float32', '--out', base]);
  return { model: file, base };
}

/**
 * @param {Case} one
 * @param {Places} places
 * @param {{ threads: number, rounds: number, python: string, folder: string, signal: AbortSignal }} how
 * @returns {Promise<TrainingRow>}
 */
async function training(one, { model, base }, { threads, rounds, python, folder, signal }) {
  const [initial, trained, trace] = ['initial', 'trained', 'trace.jsonl'].map((name) => join(folder, name));
  const flags = ['--model', model, '--data', DATA, '--device', 'wasm', '--threads', String(threads)];
  flags.push('--batch', String(one.batch), '--max-length', String(one.length), '--eval-fraction', '0');
  await lowrank('train', ...flags, '--steps', '0', '--out', initial);
  let [ours, theirs] = [0, 0];
  /** @type {any} */
  let summary;
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    summary = await lowrank(
      ...['train', ...flags, '--steps', String(one.steps), '--out', trained, '--trace', trace],
    );
    ours = Math.max(ours, summary.tokens_per_second);
    const timed = await script(python, 'time_training.py', [
      ...['--base', base, '--initial', initial, '--trace', trace, '--threads', String(threads)],
      ...['--batch', String(one.batch), '--skip', String(SKIP)],
    ]);
    theirs = Math.max(theirs, timed.tokens_per_second);
  }
  const { memory, loss_last } = summary;
  return {
    ...{ model: one.name, threads, tokens_per_second: ours, torch_tokens_per_second: theirs },
    ...{ peak_bytes: memory.peak_bytes, plan_bytes: memory.plan_bytes, base_bytes: memory.base_bytes },
    loss: loss_last,
  };
}

const PROMPT = 'Explain what a neural network is.';
const TOKENS = 64;

/**
 * @param {Case} one
 * @param {Places} places
 * @param {{ threads: number, folder: string, say: (line: string) => void, signal: AbortSignal }} how
 * @returns {Promise<GenerationRow>}
 */
async function generation(one, { model }, { threads, folder, say, signal }) {
  const module = ensureLlamaCpp(say);
  const logits = join(folder, 'logits.json');
  let [ours, theirs] = [0, 0];
  for (let round = 0; round < 3; round++) {
    signal.throwIfAborted();
    const answer = await lowrank(
      ...['generate', '--model', model, '--device', 'wasm', '--threads', String(threads)],
      ...['--prompt', PROMPT, '--max-tokens', String(TOKENS), '--logits', logits],
    );
    ours = Math.max(ours, answer.tokens_per_second);
    const { input_ids: ids } = JSON.parse(readFileSync(logits, 'utf8'));
    const speed = await run(process.execPath, [
      join(ROOT, 'scripts/bench/llama-speed.mjs'),
      ...[module, JSON.stringify({ model, ids, tokens: TOKENS, threads })],
    ]);
    theirs = Math.max(theirs, JSON.parse(speed).tokens_per_second);
  }
  return { model: one.name, threads, tokens_per_second: ours, llama_tokens_per_second: theirs };
}

/** The result as tables in Markdown. */
export function processorTable(
  /** @type {ProcessorResult} */ { date, processor, cores, training, generation, page },
) {
  const factor = (/** @type {number} */ ours, /** @type {number} */ theirs) =>
    `${(ours / theirs).toFixed(2)}×`;
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0);
  const blocks = [
    `${date.slice(0, 10)}, ${processor}, ${cores} cores.`,
    table(
      ['training', 'threads', 'tokens/s', 'PyTorch', 'against it', 'peak MB', 'plan MB', 'base MB', 'loss'],
      training.map((row) => [
        row.model,
        String(row.threads),
        row.tokens_per_second.toFixed(0),
        row.torch_tokens_per_second.toFixed(0),
        factor(row.tokens_per_second, row.torch_tokens_per_second),
        megabytes(row.peak_bytes),
        megabytes(row.plan_bytes),
        megabytes(row.base_bytes),
        row.loss.toFixed(5),
      ]),
    ),
  ];
  if (generation.length > 0)
    blocks.push(
      table(
        ['answers', 'threads', 'tokens/s', 'llama.cpp', 'against it'],
        generation.map((row) => [
          row.model,
          String(row.threads),
          row.tokens_per_second.toFixed(1),
          row.llama_tokens_per_second.toFixed(1),
          factor(row.tokens_per_second, row.llama_tokens_per_second),
        ]),
      ),
    );
  const seconds = (/** @type {number} */ value) => value.toFixed(1);
  blocks.push(
    table(
      [
        'a first run on the page',
        'ready, s',
        'first loss, s',
        'falling loss, s',
        'finished, s',
        'steps',
        'loss',
      ],
      page.map((row, index) => [
        `round ${index + 1}`,
        seconds(row.ready),
        seconds(row.first_loss),
        seconds(row.falling),
        seconds(row.finished),
        String(row.steps),
        row.loss.toFixed(3),
      ]),
    ),
  );
  return blocks.join('\n\n');
}

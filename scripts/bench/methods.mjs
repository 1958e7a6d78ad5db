import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lowrank } from '../parity/run.mjs';
import { ROOT } from '../paths.mjs';
import { table } from './table.mjs';

/**
 * What each method costs and brings, with the bundled model on one thread of the processor: the time of a step on the
 * same rows, and of a token beside LoRA's (all in turn; the fastest round of each counts), memory, the size of the file,
 * and the held-out loss on the three samples, at the best of three learning rates.
 *
 * @typedef {{ name: string, rate: number, flags: string[], virtual?: number }} Method `rate`: the usual one, the
 *   second of the three; `virtual`: tokens that stand before each row.
 *
 * @typedef {object} CostRow
 * @property {string} name
 * @property {number} step_ms A mean over the steps after the first three.
 * @property {number} tokens Of a step, virtual ones among them.
 * @property {number} against Times what LoRA takes for a token; for an objective, what supervised training takes.
 * @property {number} peak_bytes
 * @property {number | null} file_bytes Of the adapter's tensors.
 * @property {number} parameters
 *
 * @typedef {object} LossRow
 * @property {string} name
 * @property {string} sample
 * @property {number} rate The best of three, by the first seed.
 * @property {number} before
 * @property {number[]} losses A seed each.
 *
 * @typedef {{ date: string, processor: string, costs: CostRow[], losses: LossRow[] }} MethodsResult
 */

/** @type {Method[]} */
const METHODS = [
  { name: 'LoRA', rate: 1e-3, flags: [] },
  { name: 'LoRA, all linears', rate: 1e-3, flags: ['--targets', 'all'] },
  { name: 'DoRA', rate: 1e-3, flags: ['--method', 'dora'] },
  { name: 'PiSSA', rate: 1e-3, flags: ['--init', 'pissa'] },
  { name: 'OLoRA', rate: 1e-3, flags: ['--init', 'olora'] },
  { name: 'EVA', rate: 1e-3, flags: ['--init', 'eva'] },
  { name: '(IA)³', rate: 1e-2, flags: ['--method', 'ia3'] },
  { name: 'prompt tuning', rate: 3e-2, flags: ['--method', 'prompt'], virtual: 20 },
  { name: 'prefix tuning', rate: 1e-2, flags: ['--method', 'prefix'] },
];
const SAMPLES = ['pirate', 'classify', 'extract'];
const SEEDS = [0, 1];
/** Rows of a step. */
const BATCH = 8;
const COMMON = ['--model', 'bundled', '--device', 'wasm', '--threads', '1'];

/**
 * @param {{ quick: boolean }} options
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 * @returns {Promise<MethodsResult>}
 */
export async function benchMethods({ quick }, say, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'lowrank-bench-'));
  try {
    const costs = await costsOf(
      folder,
      quick ? { rounds: 1, steps: 10 } : { rounds: 3, steps: 30 },
      say,
      signal,
    );
    /** @type {LossRow[]} */
    const losses = [];
    for (const method of quick ? [] : METHODS)
      for (const sample of SAMPLES) losses.push(await lossOf(method, sample, folder, say, signal));
    const processor = cpus()[0]?.model ?? 'unknown';
    return { date: new Date().toISOString(), processor, costs, losses };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pairs, and their answers as rows of their own in the same order: as many tokens for supervised training. */
function writePairs(/** @type {string} */ folder) {
  const lines = readFileSync(join(ROOT, 'public/samples/pirate.jsonl'), 'utf8').trim().split('\n');
  const rows = lines.map((line) =>
    JSON.parse(line)
      .messages.slice(-2)
      .map((/** @type {any} */ one) => one.content),
  );
  const pairs = rows.map(([prompt, chosen], i) => ({
    prompt,
    chosen,
    rejected: rows[(i + 1) % rows.length][1],
  }));
  const [both, apart] = [join(folder, 'pairs.jsonl'), join(folder, 'apart.jsonl')];
  writeFileSync(both, pairs.map((row) => JSON.stringify(row)).join('\n'));
  const answers = pairs.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, completion: chosen },
    { prompt, completion: rejected },
  ]);
  writeFileSync(apart, answers.map((row) => JSON.stringify(row)).join('\n'));
  return { both, apart };
}

/**
 * @param {string} folder
 * @param {{ rounds: number, steps: number }} how
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 * @returns {Promise<CostRow[]>}
 */
async function costsOf(folder, { rounds, steps }, say, signal) {
  const sample = join(ROOT, 'public/samples/pirate.jsonl');
  const { both, apart } = writePairs(folder);
  const cases = [
    ...METHODS.map(({ name, flags, virtual = 0 }) => ({
      ...{ name, beside: 'LoRA', virtual: BATCH * virtual },
      flags: ['--data', sample, '--batch', String(BATCH), ...flags],
    })),
    {
      ...{ name: 'supervised, rows of pairs', beside: 'LoRA', virtual: 0 },
      flags: ['--data', apart, '--batch', String(BATCH)],
    },
    ...['dpo', 'ipo', 'orpo', 'simpo'].map((objective) => ({
      ...{ name: objective.toUpperCase(), beside: 'supervised, rows of pairs', virtual: 0 },
      flags: ['--data', both, '--batch', String(BATCH / 2), '--objective', objective],
    })),
  ];
  /** @type {Map<string, CostRow>} */
  const rows = new Map();
  for (let round = 0; round < rounds; round++)
    for (const { name, flags, virtual } of cases) {
      signal.throwIfAborted();
      const [out, trace] = [join(folder, 'adapter'), join(folder, 'trace.jsonl')];
      rmSync(out, { recursive: true, force: true });
      const summary = await lowrank(
        ...['train', ...COMMON, ...flags, '--eval-fraction', '0', '--steps', String(steps), '--out', out],
        ...['--trace', trace],
      );
      const { ms, tokens } = meanStep(trace, virtual);
      const fastest = Math.min(ms, rows.get(name)?.step_ms ?? Number.POSITIVE_INFINITY);
      rows.set(name, {
        ...{ name, step_ms: fastest, tokens, against: 1, peak_bytes: summary.memory.peak_bytes },
        file_bytes: statSync(join(out, 'adapter_model.safetensors')).size,
        parameters: summary.trainable_parameters,
      });
      say(`${name}: ${ms.toFixed(1)} ms a step`);
    }
  for (const { name, beside } of cases) {
    const [row, other] = [rows.get(name), rows.get(beside)];
    if (row && other) row.against = row.step_ms / row.tokens / (other.step_ms / other.tokens);
  }
  return [...rows.values()];
}

/** Without the first steps. Rows differ in length, and steps in tokens. @returns {{ ms: number, tokens: number }} */
function meanStep(/** @type {string} */ trace, /** @type {number} */ virtual) {
  const steps = readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .slice(3)
    .map((line) => JSON.parse(line));
  const mean = (/** @type {'seconds' | 'tokens'} */ key) =>
    steps.reduce((sum, step) => sum + step[key], 0) / steps.length;
  return { ms: 1000 * mean('seconds'), tokens: mean('tokens') + virtual };
}

/**
 * @param {Method} method
 * @param {string} sample
 * @param {string} folder
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 * @returns {Promise<LossRow>}
 */
async function lossOf({ name, rate, flags }, sample, folder, say, signal) {
  const train = async (/** @type {number} */ lr, /** @type {number} */ seed) => {
    signal.throwIfAborted();
    const out = join(folder, 'adapter');
    rmSync(out, { recursive: true, force: true });
    const { eval: heldOut } = await lowrank(
      ...['train', ...COMMON, ...flags, '--data', join(ROOT, `public/samples/${sample}.jsonl`)],
      ...['--eval-fraction', '0.2', '--eval-every', '30', '--keep', 'best', '--lr', String(lr)],
      ...['--seed', String(seed), '--out', out],
    );
    return { rate: lr, before: heldOut.loss_before, after: heldOut.loss_after };
  };
  const [first, ...more] = SEEDS;
  const tried = [];
  for (const factor of [1 / 3, 1, 3]) tried.push(await train(Number((rate * factor).toPrecision(1)), first));
  const best = tried.reduce((a, b) => (b.after < a.after ? b : a));
  const losses = [best.after];
  for (const seed of more) losses.push((await train(best.rate, seed)).after);
  say(`${name}, ${sample}: ${losses.map((loss) => loss.toFixed(3)).join(', ')} at ${best.rate}`);
  return { name, sample, rate: best.rate, before: best.before, losses };
}

/** The result as tables in Markdown. */
export function methodsTable(/** @type {MethodsResult} */ { date, processor, costs, losses }) {
  const blocks = [
    `${date.slice(0, 10)}, ${processor}, one thread.`,
    table(
      ['', 'step, ms', 'tokens', 'a token against', 'peak MB', 'parameters', 'file kB'],
      costs.map((row) => [
        row.name,
        row.step_ms.toFixed(1),
        row.tokens.toFixed(0),
        `${row.against.toFixed(2)}×`,
        (row.peak_bytes / 1e6).toFixed(1),
        row.parameters.toLocaleString('en'),
        row.file_bytes === null ? '–' : (row.file_bytes / 1000).toFixed(1),
      ]),
    ),
  ];
  if (losses.length > 0)
    blocks.push(
      table(
        ['held-out loss', ...SAMPLES],
        METHODS.map(({ name }) => [
          name,
          ...SAMPLES.map((sample) => {
            const row = losses.find((one) => one.name === name && one.sample === sample);
            return row ? `${row.losses.map((loss) => loss.toFixed(3)).join(', ')} (${row.rate})` : '–';
          }),
        ]),
      ),
    );
  return blocks.join('\n\n');
}

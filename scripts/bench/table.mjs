/** @typedef {import('../../src/bench/results.ts').BenchResult} BenchResult */

/** The result as tables in Markdown: for people, and for docs/benchmarks.md as they stand. */
export function benchTable(/** @type {BenchResult} */ result) {
  const { gpu, kernels, steps, memory_growth: growth } = result;
  const adapter = [gpu.description || gpu.vendor, gpu.architecture].filter(Boolean).join(', ');
  const blocks = [
    `${result.date.slice(0, 10)}, ${adapter || 'unnamed adapter'}. Best matrix product of this run: ` +
      `${fixed(result.best_matmul_gflops, 2)} GFLOP/s (${result.best_matmul}).`,
  ];
  if (kernels.length > 0) blocks.push(kernelTable(kernels));
  const mean = geometricMean(kernels);
  if (mean) blocks.push(mean);
  if (steps.length > 0) blocks.push(...stepTables(steps));
  if (growth)
    blocks.push(
      `Growth over ${growth.steps} steps of a small model: ${growth.gpu_bytes} bytes of GPU buffers, ` +
        `${growth.heap_bytes === null ? 'heap unknown' : `${megabytes(growth.heap_bytes, 2)} MB of heap`}.`,
    );
  return blocks.join('\n\n');
}

function kernelTable(/** @type {BenchResult['kernels']} */ kernels) {
  // Where one kernel was timed by several variants.
  const compared = new Set(kernels.map(({ name, dtype }) => `${name} ${dtype}`)).size < kernels.length;
  return table(
    [
      'kernel',
      ...(compared ? ['variant'] : []),
      'shape',
      'type',
      'ms',
      'GFLOP/s',
      'GB/s',
      'of best',
      'against tfjs',
      'by hand',
      'jax-js',
    ],
    kernels.map((row) => [
      row.name,
      ...(compared ? [row.variant] : []),
      row.shape,
      row.dtype,
      fixed(row.ms, row.ms < 10 ? 2 : 1),
      fixed(row.gflops, 2),
      fixed(row.gb_per_s, 2),
      percent(row.of_best),
      times(row.against_tfjs),
      times(row.against_tfjs_by_hand),
      times(row.against_jax),
    ]),
  );
}

/** Of the LoRA linear's float32 rows: what the project promises. */
function geometricMean(/** @type {BenchResult['kernels']} */ kernels) {
  const rows = kernels.filter((row) => row.name.startsWith('lora linear') && row.dtype === 'f32');
  if (rows.length === 0) return null;
  const mean = (/** @type {'against_tfjs' | 'against_tfjs_by_hand' | 'against_jax'} */ key) => {
    let logarithms = 0;
    for (const row of rows) {
      const factor = row[key];
      if (factor === null) return null;
      logarithms += Math.log(factor);
    }
    return Math.exp(logarithms / rows.length);
  };
  return `LoRA linear in f32, geometric mean over ${rows.length} shapes: ${times(mean('against_tfjs'))} against tfjs, ${times(mean('against_tfjs_by_hand'))} against tfjs with both layouts and the gradient by hand, ${times(mean('against_jax'))} against jax-js.`;
}

function stepTables(/** @type {BenchResult['steps']} */ steps) {
  const what = (/** @type {BenchResult['steps'][number]} */ row) => [
    `${row.model}, ${row.layers} layers, vocabulary ${row.vocab}`,
    `${row.batch} × ${row.length}`,
    row.dtype,
  ];
  return [
    table(
      ['step', 'tokens', 'type', 'ms', 'tokens/s', 'of best', 'dispatches', 'submits', 'host ms', 'page ms'],
      steps.map((row) => [
        ...what(row),
        fixed(row.ms, row.ms < 10 ? 2 : 0),
        fixed(row.tokens_per_second, 0),
        percent(row.utilisation),
        String(row.dispatches),
        String(row.submits),
        fixed(row.host_ms, 1),
        fixed(row.main_thread_ms, 1),
      ]),
    ),
    table(
      ['step', 'tokens', 'type', 'peak MB', 'plan MB', 'loss', 'against tfjs', 'jax-js', 'tfjs on wasm'],
      steps.map((row) => [
        ...what(row),
        megabytes(row.peak_bytes, 1),
        megabytes(row.plan_bytes, 1),
        fixed(row.loss, 4),
        times(row.against_tfjs),
        times(row.against_jax),
        times(row.against_wasm),
      ]),
    ),
  ];
}

export function table(/** @type {string[]} */ head, /** @type {string[][]} */ rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const fixed = (/** @type {number | null} */ value, /** @type {number} */ digits) =>
  value === null ? '–' : value.toFixed(digits);
const percent = (/** @type {number | null} */ share) => (share === null ? '–' : `${fixed(100 * share, 0)} %`);
const times = (/** @type {number | null} */ factor) => (factor === null ? '–' : `${fixed(factor, 1)}×`);
const megabytes = (/** @type {number} */ bytes, /** @type {number} */ digits) => fixed(bytes / 1e6, digits);

// The stock gradients of tfjs's ops, which its users have from the package `@tensorflow/tfjs`.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { openBench } from './bench.ts';
import { loraRows, opRows } from './kernels.ts';
import { type BestMatmul, bestMatmul } from './matmul.ts';
import { memoryGrowth } from './memory-growth.ts';
import type { BenchHost, BenchOptions, BenchResult, KernelRow } from './results.ts';
import { stepResults } from './steps.ts';
import { tileRows } from './tiles.ts';

/** The whole benchmark on one adapter. */
export async function runBench(
  adapterOf: GPU | undefined,
  host: BenchHost,
  options: BenchOptions,
): Promise<BenchResult> {
  const { only, quick, tiny } = options;
  const bench = await openBench(adapterOf, host, options);
  const { info } = bench.gpu;
  await host.say(`${info.description || info.vendor || 'adapter'}: ${info.features.join(', ')}`);
  const before = await bestMatmul(bench);
  await host.say(`best matrix product ${before.gflops.toFixed(2)} GFLOP/s: ${before.what}`);
  const kernels: KernelRow[] = [];
  if (only === 'tiles') kernels.push(...(await tileRows(bench)));
  if (only !== 'steps' && only !== 'tiles') kernels.push(...(await loraRows(bench)));
  if ((only === 'all' || only === 'kernels') && (!quick || tiny)) kernels.push(...(await opRows(bench)));
  const alone = only === 'kernels' || only === 'tiles';
  const steps = alone ? [] : await stepResults(bench, adapterOf);
  const growth = alone ? null : await memoryGrowth(bench, adapterOf);
  // Clocks and neighbours move: what is measured at both ends is the measure of all between. Rows of smaller weights
  // move fewer bytes: they are no measure of a step in float32.
  const full = kernels.filter(({ dtype }) => dtype === 'f32');
  const best = fastest([before, await bestMatmul(bench), ...full.map(asMatmul)]);
  for (const row of kernels) row.of_best = row.gflops === null ? null : row.gflops / best.gflops;
  return {
    date: new Date().toISOString(),
    gpu: info,
    best_matmul_gflops: best.gflops,
    best_matmul: best.what,
    kernels,
    steps: steps.map((result) => result(best.gflops)),
    memory_growth: growth,
  };
}

/** Every kernel that is counted in floating-point operations is a product, or mostly one. */
function asMatmul(row: KernelRow): BestMatmul {
  return { gflops: row.gflops ?? 0, what: `${row.name} ${row.dtype}, ${row.variant}` };
}

function fastest(candidates: readonly BestMatmul[]): BestMatmul {
  return candidates.reduce((best, one) => (one.gflops > best.gflops ? one : best));
}

// The stock gradients of tfjs's ops, which its users have from the package `@tensorflow/tfjs`.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { openBench } from './bench.ts';
import { loraRows, opRows } from './kernels.ts';
import { bestMatmul } from './matmul.ts';
import { memoryGrowth } from './memory-growth.ts';
import type { BenchHost, BenchOptions, BenchResult, KernelRow } from './results.ts';
import { stepRows } from './steps.ts';

/** The whole benchmark on one adapter. */
export async function runBench(
  adapterOf: GPU | undefined,
  host: BenchHost,
  options: BenchOptions,
): Promise<BenchResult> {
  const bench = await openBench(adapterOf, host, options);
  const { info } = bench.gpu;
  await host.say(`${info.description || info.vendor || 'adapter'}: ${info.features.join(', ')}`);
  const best = await bestMatmul(bench);
  await host.say(`best matrix product ${best.gflops.toFixed(2)} GFLOP/s: ${best.what}`);
  const kernels: KernelRow[] = [];
  if (options.only !== 'steps') kernels.push(...(await loraRows(bench)));
  if (options.only !== 'steps' && options.only !== 'peers' && (!options.quick || options.tiny))
    kernels.push(...(await opRows(bench)));
  for (const row of kernels) {
    if (row.gflops !== null && row.gflops > best.gflops) {
      best.gflops = row.gflops;
      best.what = `${row.name} ${row.dtype}, ${row.variant}`;
    }
  }
  for (const row of kernels) row.of_best = row.gflops === null ? null : row.gflops / best.gflops;
  const steps = options.only === 'kernels' ? [] : await stepRows(bench, adapterOf, best.gflops);
  const growth = options.only === 'kernels' ? null : await memoryGrowth(bench, adapterOf);
  return {
    date: new Date().toISOString(),
    gpu: info,
    best_matmul_gflops: best.gflops,
    best_matmul: best.what,
    kernels,
    steps,
    memory_growth: growth,
  };
}

import type { WeightType } from '../ops/types.ts';
import type { Bench } from './bench.ts';
import { jaxReady } from './jax.ts';
import {
  type LoraShape,
  loraData,
  loraFlops,
  loraJax,
  loraOurs,
  loraTfjs,
  RESULT_NAMES,
} from './lora-linear.ts';
import type { KernelRow } from './results.ts';
import { mustAgree, race } from './timing.ts';

/** The shapes that issue and table name: the linears of SmolLM2-135M at 256 tokens. */
const LORA_SHAPES: readonly LoraShape[] = [
  { rows: 256, in: 576, out: 576, rank: 16 },
  { rows: 256, in: 576, out: 192, rank: 16 },
  { rows: 256, in: 576, out: 1536, rank: 16 },
  { rows: 256, in: 1536, out: 576, rank: 16 },
];

export async function loraRows(bench: Bench): Promise<KernelRow[]> {
  const { options, host } = bench;
  const withJax = await jaxReady();
  const rows: KernelRow[] = [];
  for (const shape of LORA_SHAPES) {
    const data = loraData(shape);
    const types: WeightType[] = options.quick ? ['f32'] : ['f32', 'f16'];
    const ours: Awaited<ReturnType<typeof loraOurs>>[] = [];
    for (const type of types) ours.push(await loraOurs(bench, shape, data, type));
    const tfjs = loraTfjs(bench, shape, data);
    const jax = withJax ? loraJax(shape, data) : null;
    const name = `lora linear ${shape.in}→${shape.out}`;
    const all = [...ours, tfjs, ...(jax ? [jax] : [])];
    const expected = await ours[0].results();
    for (const [i, measured] of all.slice(1).entries()) {
      const results = await measured.results();
      results.forEach((values, j) => {
        mustAgree(
          `${name}, ${RESULT_NAMES[j]} of ${[...types.slice(1), 'tfjs', 'jax-js'][i]}`,
          expected[j],
          values,
        );
      });
    }
    const times = await race(
      all.map(({ contender }) => contender),
      {
        rounds: options.quick ? 2 : 6,
        turnMs: options.quick ? 100 : 200,
        longestMs: options.quick ? 1 : 10_000,
      },
    );
    const tfjsMs = times[ours.length];
    const jaxMs = jax ? times[ours.length + 1] : null;
    types.forEach((dtype, i) => {
      const ms = times[i];
      rows.push({
        name,
        shape: `${shape.rows} tokens, rank ${shape.rank}, forward + backward`,
        dtype,
        variant: ours[i].ours.variant,
        ms,
        gflops: loraFlops(shape) / ms / 1e6,
        gb_per_s: null,
        of_best: null,
        against_tfjs: tfjsMs / ms,
        against_jax: jaxMs === null ? null : jaxMs / ms,
      });
    });
    await host.say(
      `${name}: ours ${types.map((type, i) => `${type} ${times[i].toFixed(1)} ms`).join(', ')}; tfjs ${tfjsMs.toFixed(1)} ms; jax-js ${jaxMs?.toFixed(1) ?? '–'} ms`,
    );
    for (const one of all) one.dispose();
  }
  return rows;
}

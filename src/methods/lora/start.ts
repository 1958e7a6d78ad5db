import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { AdapterModule } from '../../model/modules.ts';
import { streamSeed } from '../stream-seed.ts';

/**
 * A as PEFT begins it, [rank, in]: U(−1/√in, 1/√in), which is kaiming_uniform with a = √5. B begins as 0, so that the
 * adapted model begins as the base. (peft/tuners/lora/layer.py, `reset_lora_parameters`.)
 * A pure function of seed and module path: the order of modules, and which others there are, change nothing.
 */
export function initialA(module: AdapterModule, rank: number, seed: number): Float32Array {
  const generator = xoroshiro128plus(streamSeed(seed, module.path));
  const bound = 1 / Math.sqrt(module.in);
  const values = new Float32Array(rank * module.in);
  for (let i = 0; i < values.length; i++) values[i] = (2 * uniformFloat64(generator) - 1) * bound;
  return values;
}

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { AdapterModule } from '../../model/modules.ts';

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

/** FNV-1a over the path's code units, started from the seed: one stream a module. */
function streamSeed(seed: number, path: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193) >>> 0;
  // A last mix, so that seeds next to each other give unrelated streams.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 0;
}

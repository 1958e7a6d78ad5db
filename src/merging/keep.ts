import { streamSeed } from '../methods/stream-seed.ts';
import { dropoutKey, dropoutMask } from '../ops/dropout-hash.ts';
import type { WayOptions } from './way.ts';

/**
 * Which values DARE keeps: each with the probability `density`, as a pure function of the seed, the place of the source,
 * the site and what is pruned there. The hash is that of dropout with the source for the step (ops/dropout-hash.ts), so
 * that whoever replays a run's dropout can replay this.
 */
export function keptAtRandom(seed: number, path: string, density: number): WayOptions['keep'] {
  return (index, part, rows, columns) =>
    dropoutMask(
      dropoutKey(seed, index, 0),
      streamSeed(0, `${path}.${part}`),
      Int32Array.from({ length: rows }, (_, row) => row),
      columns,
      1 - density,
    );
}

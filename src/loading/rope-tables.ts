import type { DecoderConfig } from '../model/config.ts';
import type { RopeTables } from '../model/decoder.ts';
import type { Rope } from '../model/traits.ts';
import type { Memory, View, WritableMemory } from '../ops/memory.ts';

/** Most positions beyond a run's rows: a longer table takes memory that hardly anybody uses. */
const MOST_POSITIONS = 16_384;

/** Positions that a table has: generation may go beyond the rows of a run. */
export function ropePositions(config: DecoderConfig, maxLength: number): number {
  return Math.max(maxLength, Math.min(config.maxPositions, MOST_POSITIONS));
}

export function allocateRopeTables<V extends View>(
  memory: Memory<V>,
  config: DecoderConfig,
  maxLength: number,
): RopeTables<V> | null {
  if (!config.rope) return null;
  const positions = ropePositions(config, maxLength);
  const take = (name: string, rope: Rope) => memory.allocate(name, 4 * positions * rope.dims, 'other');
  const global = take('rope', config.rope.global);
  const same = config.rope.local === config.rope.global || !config.layerAttention.includes('local');
  return { global, local: same ? global : take('local rope', config.rope.local) };
}

export function makeRopeTables<V extends View>(
  { memory }: { memory: WritableMemory<V> },
  config: DecoderConfig,
  maxLength: number,
): RopeTables<V> | null {
  const tables = allocateRopeTables(memory, config, maxLength);
  if (!tables || !config.rope) return null;
  const positions = ropePositions(config, maxLength);
  fill(memory, tables.global, config.rope.global, positions);
  if (tables.local !== tables.global) fill(memory, tables.local, config.rope.local, positions);
  return tables;
}

function fill<V extends View>(memory: WritableMemory<V>, view: V, rope: Rope, positions: number): void {
  const half = rope.dims / 2;
  const table = new Float32Array(positions * rope.dims);
  for (let position = 0; position < positions; position++)
    for (let j = 0; j < half; j++) {
      const angle = position * rope.inverseFrequencies[j];
      table[2 * (position * half + j)] = Math.cos(angle) * rope.scale;
      table[2 * (position * half + j) + 1] = Math.sin(angle) * rope.scale;
    }
  memory.write(view, table);
}

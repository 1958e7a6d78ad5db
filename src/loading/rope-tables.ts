import type { Gpu } from '../gpu/device.ts';
import type { GpuMemory, View } from '../gpu/memory.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { Rope } from '../model/traits.ts';

/** cos and sin of every position and pair of dimensions, on the GPU: vec2 [positions, dims / 2]. */
export interface RopeTables {
  global: View;
  local: View;
}

/** Most positions beyond a run's rows: a longer table takes memory that hardly anybody uses. */
const MOST_POSITIONS = 16_384;

/** Positions that a table has: generation may go beyond the rows of a run. */
export function ropePositions(config: DecoderConfig, maxLength: number): number {
  return Math.max(maxLength, Math.min(config.maxPositions, MOST_POSITIONS));
}

export function allocateRopeTables(
  memory: GpuMemory,
  config: DecoderConfig,
  maxLength: number,
): RopeTables | null {
  if (!config.rope) return null;
  const positions = ropePositions(config, maxLength);
  const take = (name: string, rope: Rope) => memory.allocate(name, 4 * positions * rope.dims, 'other');
  const global = take('rope', config.rope.global);
  const same = config.rope.local === config.rope.global || !config.layerAttention.includes('local');
  return { global, local: same ? global : take('local rope', config.rope.local) };
}

export function makeRopeTables(gpu: Gpu, config: DecoderConfig, maxLength: number): RopeTables | null {
  const tables = allocateRopeTables(gpu.memory, config, maxLength);
  if (!tables || !config.rope) return null;
  const positions = ropePositions(config, maxLength);
  fill(gpu, tables.global, config.rope.global, positions);
  if (tables.local !== tables.global) fill(gpu, tables.local, config.rope.local, positions);
  return tables;
}

function fill(gpu: Gpu, view: View, rope: Rope, positions: number): void {
  const half = rope.dims / 2;
  const table = new Float32Array(positions * rope.dims);
  for (let position = 0; position < positions; position++)
    for (let j = 0; j < half; j++) {
      const angle = position * rope.inverseFrequencies[j];
      table[2 * (position * half + j)] = Math.cos(angle) * rope.scale;
      table[2 * (position * half + j) + 1] = Math.sin(angle) * rope.scale;
    }
  gpu.device.queue.writeBuffer(view.buffer, view.offset, table);
}

import type { DecoderConfig } from '../model/config.ts';
import type { Rope } from '../model/traits.ts';
import type { Memory, View, WritableMemory } from '../ops/memory.ts';

/** cos and sin by kind of layer: vec2 [positions, rope.dims / 2]. */
export interface RopeTables<V extends View = View> {
  global: V;
  local: V;
}

/** Most positions that answers may reach beyond a run's rows: a longer table takes memory that hardly anybody uses. */
const MOST_POSITIONS = 16_384;

/** Positions that rows and answers may have. */
export function ropePositions(config: DecoderConfig, maxLength: number): number {
  return Math.max(maxLength, Math.min(config.maxPositions, MOST_POSITIONS));
}

/** The tables of a run, as long as its batches, and longer ones for answers that go further. */
export class RunRope<V extends View> {
  /** Null where the model has no rotary embedding. */
  readonly tables: RopeTables<V> | null;
  #filled = false;

  /** @param positions of the run's tables */
  constructor(
    readonly memory: WritableMemory<V>,
    readonly config: DecoderConfig,
    readonly positions: number,
  ) {
    this.tables = allocate(memory, config, positions);
  }

  /** Writes them, before anything is computed with them: not where memory is only planned. */
  fill(): void {
    if (this.tables && !this.#filled) fillTables(this.memory, this.config, this.tables, this.positions);
    this.#filled = true;
  }

  /** Tables of so many positions or more: the run's, or others in `memory`. */
  reaching(positions: number, memory: WritableMemory<V>): RopeTables<V> | null {
    return positions <= this.positions ? this.tables : makeRopeTables({ memory }, this.config, positions);
  }
}

export function makeRopeTables<V extends View>(
  { memory }: { memory: WritableMemory<V> },
  config: DecoderConfig,
  positions: number,
): RopeTables<V> | null {
  const tables = allocate(memory, config, positions);
  if (tables) fillTables(memory, config, tables, positions);
  return tables;
}

function allocate<V extends View>(
  memory: Memory<V>,
  config: DecoderConfig,
  positions: number,
): RopeTables<V> | null {
  if (!config.rope) return null;
  const take = (name: string, rope: Rope) => memory.allocate(name, 4 * positions * rope.dims, 'other');
  const global = take('rope', config.rope.global);
  const same = config.rope.local === config.rope.global || !config.layerAttention.includes('local');
  return { global, local: same ? global : take('local rope', config.rope.local) };
}

function fillTables<V extends View>(
  memory: WritableMemory<V>,
  { rope }: DecoderConfig,
  { global, local }: RopeTables<V>,
  positions: number,
): void {
  if (!rope) return;
  fill(memory, global, rope.global, positions);
  if (local !== global) fill(memory, local, rope.local, positions);
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

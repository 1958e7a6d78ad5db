import type { MemoryCategory } from '../ops/memory.ts';

/** Bytes by what they are for. */
export interface MemoryPlan extends Record<MemoryCategory, number> {
  total: number;
}

/** What a memory holds, as a plan. */
export function planOfMemory(memory: { of(category: MemoryCategory): number; bytes: number }): MemoryPlan {
  return {
    base: memory.of('base'),
    adapter: memory.of('adapter'),
    optimizer: memory.of('optimizer'),
    activation: memory.of('activation'),
    other: memory.of('other'),
    total: memory.bytes,
  };
}

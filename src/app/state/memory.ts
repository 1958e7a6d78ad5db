import type { PlannedMemory } from '../../worker/api/api.ts';
import type { AppState } from './store.ts';

export interface MemoryParts extends PlannedMemory {
  total: number;
  /** What a teacher gave to the rows, beside the rest. */
  teacher: number | null;
  /** Whose these parts are, where a second model reads the rows before the first is there: the larger of the two. */
  of: 'training' | 'teacher';
  /** What the other of the two takes. */
  other: number | null;
  /** What the device can hold, where it says so. */
  capacity: number | null;
  /** Measured in a run, or planned before it. */
  measured: boolean;
}

/** Memory by category: of the run once it has reported, else of the estimate. */
export function memoryParts(state: Pick<AppState, 'estimate' | 'run' | 'hardware'>): MemoryParts | null {
  const { run, estimate, hardware } = state;
  const capacity = hardware?.device === 'wasm' ? null : (hardware?.maxBufferBytes ?? null);
  const teacher = estimate?.teacherBytes ?? null;
  if (run.memory && run.state !== 'idle') {
    const { base_bytes, adapter_bytes, optimizer_bytes, activation_bytes } = run.memory;
    const memory = {
      base: base_bytes,
      adapter: adapter_bytes,
      optimizer: optimizer_bytes,
      activation: activation_bytes,
    };
    return {
      ...memory,
      total: bytesOf(memory),
      ...{ teacher, of: 'training', other: null, capacity, measured: true },
    };
  }
  if (!estimate) return null;
  const [own, read] = [estimate.memory, estimate.teacherMemory ?? null];
  const larger = read !== null && bytesOf(read) > bytesOf(own) ? read : own;
  return {
    ...partsOf(larger),
    total: bytesOf(larger),
    teacher,
    of: larger === read ? 'teacher' : 'training',
    other: read && bytesOf(larger === read ? own : read),
    ...{ capacity, measured: false },
  };
}

/** All of a plan that people are shown. */
export function bytesOf({ base, adapter, optimizer, activation }: PlannedMemory): number {
  return base + adapter + optimizer + activation;
}

function partsOf({ base, adapter, optimizer, activation }: PlannedMemory): PlannedMemory {
  return { base, adapter, optimizer, activation };
}

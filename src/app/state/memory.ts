import type { AppState } from './store.ts';

export interface MemoryParts {
  base: number;
  adapter: number;
  optimizer: number;
  activation: number;
  total: number;
  /** What a teacher gave to the rows, beside the rest. */
  teacher: number | null;
  /** What the device can hold, where it says so. */
  capacity: number | null;
  /** Measured in a run, or planned before it. */
  measured: boolean;
}

/** Memory by category: of the run once it has reported, else of the estimate. */
export function memoryParts(state: Pick<AppState, 'estimate' | 'run' | 'hardware'>): MemoryParts | null {
  const { run, estimate, hardware } = state;
  const capacity = hardware?.device === 'wasm' ? null : (hardware?.maxBufferBytes ?? null);
  if (run.memory && run.state !== 'idle') {
    const { base_bytes, adapter_bytes, optimizer_bytes, activation_bytes } = run.memory;
    const total = base_bytes + adapter_bytes + optimizer_bytes + activation_bytes;
    return {
      base: base_bytes,
      adapter: adapter_bytes,
      optimizer: optimizer_bytes,
      activation: activation_bytes,
      total,
      teacher: estimate?.teacherBytes ?? null,
      capacity,
      measured: true,
    };
  }
  if (!estimate) return null;
  const { base, adapter, optimizer, activation } = estimate.memory;
  return {
    ...estimate.memory,
    total: base + adapter + optimizer + activation,
    teacher: estimate.teacherBytes ?? null,
    ...{ capacity, measured: false },
  };
}

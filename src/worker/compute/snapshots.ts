import { joinValues, splitValues } from '../../methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../methods/types.ts';
import type { AdapterModule } from '../../model/modules.ts';

/** Most snapshots of a run, and most bytes that they take together. */
const MOST = 12;
const MOST_BYTES = 64e6;

interface Snapshot {
  step: number;
  values: Float32Array;
}

/**
 * The adapter as it was at some steps of a run, float32, in memory only: one can talk to the model as it was then.
 * However long the run, a handful spread evenly over it stays.
 */
export class Snapshots {
  #kept: Snapshot[] = [];
  #of: { modules: readonly AdapterModule[]; settings: AdapterSettings } | null = null;

  clear(): void {
    this.#kept = [];
    this.#of = null;
  }

  get steps(): number[] {
    return this.#kept.map(({ step }) => step);
  }

  at(step: number): AdapterWeights | null {
    const found = this.#kept.find((snapshot) => snapshot.step === step);
    return found && this.#of ? splitValues(found.values, this.#of.modules, this.#of.settings) : null;
  }

  take(step: number, weights: AdapterWeights): void {
    this.#of = { modules: weights.modules, settings: weights.settings };
    const values = joinValues(weights);
    const most = Math.max(2, Math.min(MOST, Math.floor(MOST_BYTES / values.byteLength)));
    // A run that went back to a checkpoint takes its later steps again.
    const before = this.#kept.filter((snapshot) => snapshot.step < step);
    this.#kept = [...before, { step, values }];
    const spare = this.#kept.length > most ? sparest(this.steps) : -1;
    if (spare >= 0) this.#kept.splice(spare, 1);
  }
}

/** Place of the step that is missed least: neither first nor last, and its neighbours stand closest together. */
export function sparest(steps: readonly number[]): number {
  let place = -1;
  for (let i = 1; i < steps.length - 1; i++)
    if (place < 0 || steps[i + 1] - steps[i - 1] < steps[place + 1] - steps[place - 1]) place = i;
  return place;
}

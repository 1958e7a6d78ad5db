import type { Engine } from '../engine/engine.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { ReferencePass } from './objective.ts';

/**
 * What a policy is compared with: the base without its adapter, or the adapter that the run began with. It does not
 * change, so that Σ log p of a row is computed once and kept.
 *
 * A row's sum may differ in its last bits with the rows beside it. A checkpoint therefore has those that were kept:
 * computed anew in another batch, they would lead to other bytes than a run that was not cut.
 */
export class Reference {
  readonly #kept: Map<number, number>;

  /** @param adapter null: the base */
  constructor(
    readonly adapter: AdapterWeights | null,
    kept: Iterable<readonly [number, number]> = [],
  ) {
    this.#kept = new Map(kept);
  }

  /** Sums by their keys, in the order in which they were computed. */
  get kept(): ReadonlyMap<number, number> {
    return this.#kept;
  }

  /** Σ log p over the supervised tokens of each example. */
  async sums(engine: Engine, { batch, keys }: ReferencePass): Promise<Float64Array> {
    if (!keys?.every((key) => this.#kept.has(key))) {
      const { adapter } = this;
      const { sum } = await (adapter
        ? engine.logProbabilities(batch, 1, adapter)
        : engine.logProbabilities(batch, 0));
      if (!keys) return sum;
      keys.forEach((key, i) => {
        if (!this.#kept.has(key)) this.#kept.set(key, sum[i]);
      });
    }
    return Float64Array.from(keys, (key) => this.#kept.get(key)!);
  }
}

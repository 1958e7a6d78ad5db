import { epochOrder, rowsOfStep, stepsPerEpoch } from '../data/batches.ts';
import type { Dataset } from '../data/types.ts';
import type { MicroBatch, Objective } from '../objectives/objective.ts';
import type { RunSettings } from './settings/list.ts';

/** The micro-batches of each optimizer step: they follow from the settings and the step's number alone. */
export class StepBatches {
  readonly stepsPerEpoch: number;
  #order: { epoch: number; rows: Uint32Array } | null = null;

  /** @param rows of `dataset` that are trained on */
  constructor(
    readonly dataset: Dataset,
    readonly rows: Uint32Array,
    readonly settings: RunSettings,
    readonly objective: Objective,
  ) {
    this.stepsPerEpoch = stepsPerEpoch(rows.length, settings.batch, settings.accumulate);
  }

  /** @param step from 1; @returns `epoch` from 1 */
  async of(step: number): Promise<{ epoch: number; micro: MicroBatch[] }> {
    const { dataset, settings, objective } = this;
    const epoch = Math.floor((step - 1) / this.stepsPerEpoch);
    const within = (step - 1) % this.stepsPerEpoch;
    const rows = rowsOfStep(this.#orderOf(epoch), within, settings.batch, settings.accumulate);
    const taken = await Promise.all(rows.map((some) => dataset.examples([...some])));
    // Rows of a large file may turn out unusable only now.
    const micro = taken
      .filter(({ length }) => length > 0)
      .map((examples) => objective.microBatch(examples, settings));
    return { epoch: epoch + 1, micro };
  }

  #orderOf(epoch: number): Uint32Array {
    if (this.#order?.epoch !== epoch)
      this.#order = { epoch, rows: epochOrder(this.rows, this.settings.seed, epoch) };
    return this.#order.rows;
  }
}

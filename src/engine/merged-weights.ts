/** Weights with the adapter in them, for a method that computes with those: merged once for each change. */
export class MergedWeights {
  /** That of the weights that there are; null where they are of other parameters. */
  #strength: number | null = null;

  /** @param needed where not, nothing is done */
  constructor(
    readonly needed: boolean,
    readonly merge: (strength: number) => Promise<void>,
  ) {}

  /** The parameters are others now. */
  outdate(): void {
    this.#strength = null;
  }

  /** Before anything is computed with them. */
  async prepare(strength: number): Promise<void> {
    if (!this.needed || this.#strength === strength) return;
    await this.merge(strength);
    this.#strength = strength;
  }
}

import type { View } from '../ops/memory.ts';
import type { RunPrograms } from './run-programs.ts';

/** Programs that compute norms of rows, where the method needs them. */
export const NORM_PROGRAMS = ['adaptedNorms', 'baseNorms'] as const;

type Norms = ReadonlyMap<string, Float32Array>;

/** Norms of the rows of each module, by path, for a method that computes with them; for others nothing is done. */
export class RowNorms<V extends View> {
  /** Whether the norms that there are follow from the parameters that there are. */
  #current = false;
  #base: Norms | null = null;

  constructor(
    readonly programs: RunPrograms<V>,
    readonly device: {
      run(program: (typeof NORM_PROGRAMS)[number]): Promise<void>;
      read(view: V): Promise<Float32Array>;
    },
  ) {}

  /** The parameters are others now. */
  outdate(): void {
    this.#current = false;
  }

  /** Before anything is computed with the adapter: the norms that follow from it, once for each change. */
  async prepare(): Promise<void> {
    if (!this.programs.norms || this.#current) return;
    await this.device.run('adaptedNorms');
    this.#current = true;
  }

  /** Those of the weights as adapted. */
  async adapted(): Promise<Norms> {
    await this.prepare();
    return this.#read();
  }

  /** Those of the base, which are computed once, in the place of the others. */
  async base(): Promise<Norms> {
    if (!this.#base) {
      await this.device.run('baseNorms');
      this.#current = false;
      this.#base = await this.#read();
    }
    return this.#base;
  }

  async #read(): Promise<Norms> {
    return this.programs.layout.norms!.unpack(await this.device.read(this.programs.norms!.view));
  }
}

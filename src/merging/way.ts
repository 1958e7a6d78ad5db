import type { AdapterModule } from '../model/modules.ts';
import type { Change } from './change.ts';
import type { Product } from './product.ts';

/** A way to make one adapter of several: one object in one file of ways/; list.ts has them all. */
export interface Way {
  /** As `--way` and reports name it. */
  id: string;
  label: string;
  /** What it does, in a sentence. */
  about: string;
  /** What is computed, in symbols: δ is ΔW of a source, w its weight. */
  formula: string;
  /** Where it comes from. */
  source: string;
  /** What is known to be wrong with it, a sentence each. */
  faults?: readonly string[];
  /** What of it can be told; anything else that is given is refused. */
  takes: { rank?: true; density?: true; seed?: true };
  /** How many adapters; 1 or more where nothing is said. */
  count?: { least: number; most?: number };
  /** Sources have to be LoRA, in matrices; `one rank`: of the same rank at each site, too. */
  needs?: 'products' | 'one rank';
  /** Whether the adapter has the rank that is asked for, by the nearest product, or one of its own. */
  rank: 'nearest' | 'sum of ranks' | 'that of the sources';
  merge(site: MergeSite, options: WayOptions): Merged;
}

export interface MergeSite {
  module: AdapterModule;
  /** Of the sources that adapt it, in order. */
  changes: readonly Change[];
  /** w of all sources, those included that leave this site as it is: their ΔW is 0. */
  weights: readonly number[];
}

export interface WayOptions {
  /** Share of values that are kept. */
  density: number;
  /**
   * Which values of a source are kept, drawn at random: not 0 where kept, [rows, columns].
   * @param part what is pruned of the site: ΔW, or a matrix of LoRA
   */
  keep(index: number, part: Part, rows: number, columns: number): ArrayLike<number>;
}

export type Part = 'delta' | 'lora_A' | 'lora_B';

/** What comes of a site: ΔW as a product or whole, of which the nearest of a rank is stored; or the very matrices. */
export type Merged =
  | { kind: 'product'; product: Product }
  | { kind: 'whole'; values: Float64Array }
  | {
      kind: 'matrices';
      product: Product;
      /** What they stand for, and are measured against. */
      meant: Product;
    };

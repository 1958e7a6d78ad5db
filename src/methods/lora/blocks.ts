import type { AdapterModule } from '../../model/modules.ts';

/**
 * Where A and B of every adapted linear lie in one flat float32 buffer. Gradients and both moments lie in buffers of
 * the same layout.
 *
 * Adapters of one fused linear (q, k, v; gate, up) form one block where all of its parts are adapted with one rank and
 * one scale: their A one after another [parts · rank, in], their B as the rows of the fused output [out, rank].
 * Otherwise each is a block of its own. The rank is padded to a multiple of 4 with zeros, which stay zero: their
 * gradients are products with zeros. Regions begin at multiples of 64 floats, since a bound offset must be a multiple
 * of 256 bytes.
 *
 * With one optimizer group the matrices of a block are neighbours; with LoRA+ all A come first, then all B, so that
 * each group is one range. What a start took off the base (moved.ts) lies after all groups, in blocks of the same
 * shapes, and has neither gradients nor moments.
 */
export interface LoraBlockLayout {
  modules: LoraModuleLayout[];
  rank: number;
  paddedRank: number;
  scale: number;
  /** First float of A [modules · paddedRank, in] and of B [out, paddedRank], and their lengths. */
  a: number;
  aLength: number;
  b: number;
  bLength: number;
}

export interface LoraModuleLayout {
  module: AdapterModule;
  /** First float of its own A and B. */
  a: number;
  b: number;
  /** Where the base keeps rows of a fused weight in another order: row i of our B is row `rowOrder[i]` of PEFT's. */
  rowOrder?: Uint32Array;
}

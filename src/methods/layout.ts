import type { AdapterModule } from '../model/modules.ts';
import type { AdapterWeights, LoraSettings } from './types.ts';

/**
 * Where each adapter's A and B stand in one flat float32 buffer, so that an optimizer step is one dispatch over all
 * of them. Gradients and both moments lie in buffers of the same layout.
 *
 * Adapters of one fused linear (q, k, v; gate, up) whose parts are all adapted form one block: their A one after
 * another [parts · rank, in], their B as the rows of the fused output [out, rank]. The rank is padded to a multiple of
 * 4 with zeros, which stay zero: their gradients are products with zeros. Regions begin at multiples of 64 floats,
 * since a bound offset must be a multiple of 256 bytes.
 */

export interface FlatModule {
  module: AdapterModule;
  /** First float of A [paddedRank, in] and of B [out, paddedRank]. */
  a: number;
  b: number;
  /** Where the base keeps rows of a fused weight in another order: row i of our B is row `rowOrder[i]` of PEFT's. */
  rowOrder?: Uint32Array;
}

export interface FlatBlock {
  modules: FlatModule[];
  a: number;
  aLength: number;
  b: number;
  bLength: number;
}

export interface FlatLayout {
  rank: number;
  paddedRank: number;
  length: number;
  blocks: FlatBlock[];
  /** In the order of the run's modules. */
  modules: FlatModule[];
}

const ALIGN = 64;
const align = (floats: number) => Math.ceil(floats / ALIGN) * ALIGN;

/** `groups`: modules that share a block. */
export function flatLayout(
  groups: readonly (readonly { module: AdapterModule; rowOrder?: Uint32Array }[])[],
  rank: number,
): FlatLayout {
  const paddedRank = Math.ceil(rank / 4) * 4;
  let length = 0;
  const take = (floats: number) => {
    const at = length;
    length = align(length + floats);
    return at;
  };
  const blocks = groups.map((group): FlatBlock => {
    const aLength = group.reduce((sum, { module }) => sum + paddedRank * module.in, 0);
    const bLength = group.reduce((sum, { module }) => sum + paddedRank * module.out, 0);
    const block: FlatBlock = { modules: [], a: take(aLength), aLength, b: take(bLength), bLength };
    let a = block.a;
    let b = block.b;
    for (const { module, rowOrder } of group) {
      block.modules.push({ module, a, b, rowOrder });
      a += paddedRank * module.in;
      b += paddedRank * module.out;
    }
    return block;
  });
  return { rank, paddedRank, length, blocks, modules: blocks.flatMap((block) => block.modules) };
}

/** Number of trained values: padding does not count. */
export function trainableParameters(modules: readonly AdapterModule[], rank: number): number {
  return modules.reduce((sum, module) => sum + rank * (module.in + module.out), 0);
}

/** Adapter weights → flat, zeros in the padding. */
export function packAdapter(layout: FlatLayout, weights: AdapterWeights): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.length);
  const { rank, paddedRank } = layout;
  for (const { module, a, b, rowOrder } of layout.modules) {
    const A = weights.a.get(module.path);
    const B = weights.b.get(module.path);
    if (!A || !B) throw new Error(`no adapter weights for ${module.path}`);
    flat.set(A.subarray(0, rank * module.in), a);
    for (let row = 0; row < module.out; row++) {
      const from = (rowOrder ? rowOrder[row] : row) * rank;
      flat.set(B.subarray(from, from + rank), b + row * paddedRank);
    }
  }
  return flat;
}

/** Flat → adapter weights. */
export function unpackAdapter(
  layout: FlatLayout,
  flat: Float32Array,
  settings: LoraSettings,
): AdapterWeights {
  const { rank, paddedRank } = layout;
  const a = new Map<string, Float32Array>();
  const b = new Map<string, Float32Array>();
  for (const { module, a: atA, b: atB, rowOrder } of layout.modules) {
    a.set(module.path, flat.slice(atA, atA + rank * module.in));
    const B = new Float32Array(module.out * rank);
    for (let row = 0; row < module.out; row++) {
      const to = (rowOrder ? rowOrder[row] : row) * rank;
      B.set(flat.subarray(atB + row * paddedRank, atB + row * paddedRank + rank), to);
    }
    b.set(module.path, B);
  }
  return { settings, modules: layout.modules.map((m) => m.module), a, b };
}

/** A then B of each module in turn, without padding: how moments are kept in checkpoints. */
export function joinModules(weights: AdapterWeights): Float32Array<ArrayBuffer> {
  const parts = weights.modules.flatMap(({ path }) => [weights.a.get(path)!, weights.b.get(path)!]);
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    joined.set(part, at);
    return at + part.length;
  }, 0);
  return joined;
}

/** The reverse of `joinModules`. */
export function splitModules(
  joined: Float32Array,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
): AdapterWeights {
  const a = new Map<string, Float32Array>();
  const b = new Map<string, Float32Array>();
  let at = 0;
  const take = (length: number) => {
    at += length;
    return joined.subarray(at - length, at);
  };
  for (const module of modules) {
    a.set(module.path, take(settings.rank * module.in));
    b.set(module.path, take(settings.rank * module.out));
  }
  if (at !== joined.length) throw new Error(`${joined.length} values for ${at}`);
  return { settings, modules: [...modules], a, b };
}

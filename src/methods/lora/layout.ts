import type { AdapterModule } from '../../model/modules.ts';
import { type DecoderWeights, linears } from '../../model/weights.ts';
import { parameterKey, valuesOf } from '../keys.ts';
import type { AdapterLayout, FlatGroup } from '../method.ts';
import type { AdapterWeights, LoraSettings, OptimizerGroup } from '../types.ts';
import { adaptWeights } from './adapt.ts';
import type { LoraBlockLayout } from './blocks.ts';
import { loraGroups } from './groups.ts';
import { loraScale, rankOf } from './scale.ts';

const ALIGN = 64;

interface Adapted {
  module: AdapterModule;
  rowOrder?: Uint32Array;
}

/** Modules that share a block, block by block. */
function blocksOf(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
): Adapted[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const alike = ({ module }: Adapted, { module: other }: Adapted) =>
    rankOf(settings, module) === rankOf(settings, other) &&
    loraScale(settings, module) === loraScale(settings, other);
  return base.layers.flatMap((layer) =>
    linears(layer).flatMap((linear) => {
      const adapted = linear.parts.flatMap((part): Adapted[] => {
        const module = byPath.get(part.path);
        return module ? [{ module, rowOrder: part.rowOrder }] : [];
      });
      if (adapted.length === 0) return [];
      const whole = adapted.length === linear.parts.length && adapted.every((one) => alike(one, adapted[0]));
      return whole ? [adapted] : adapted.map((one) => [one]);
    }),
  );
}

export function loraLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
): AdapterLayout {
  const blocks = blocksOf(base, modules, settings).map((adapted): LoraBlockLayout => {
    const rank = rankOf(settings, adapted[0].module);
    const paddedRank = Math.ceil(rank / 4) * 4;
    const scale = loraScale(settings, adapted[0].module);
    const floats = (size: (module: AdapterModule) => number) =>
      adapted.reduce((sum, { module }) => sum + paddedRank * size(module), 0);
    return {
      ...{ modules: adapted.map((one) => ({ ...one, a: 0, b: 0 })), rank, paddedRank, scale },
      ...{ a: 0, aLength: floats((module) => module.in), b: 0, bLength: floats((module) => module.out) },
    };
  });
  const { length, groups } = placed(blocks, loraGroups(settings));
  for (const block of blocks) {
    let { a, b } = block;
    for (const one of block.modules) {
      Object.assign(one, { a, b });
      a += block.paddedRank * one.module.in;
      b += block.paddedRank * one.module.out;
    }
  }
  const inOrder = blocks.flatMap((block) => block.modules.map(({ module }) => module));
  return {
    length,
    groups,
    modules: inOrder,
    pack: (weights) => pack(blocks, length, weights),
    unpack: (flat) => ({ settings, modules: inOrder, values: unpack(blocks, flat) }),
    adapt: (views) => adaptWeights(base, { blocks, settings, ...views }),
  };
}

/** Gives every region its place. */
function placed(
  blocks: LoraBlockLayout[],
  groups: readonly OptimizerGroup[],
): { length: number; groups: FlatGroup[] } {
  let length = 0;
  const take = (floats: number) => {
    const at = length;
    length = Math.ceil((length + floats) / ALIGN) * ALIGN;
    return at;
  };
  if (groups.length === 1) {
    for (const block of blocks) {
      block.a = take(block.aLength);
      block.b = take(block.bLength);
    }
    return { length, groups: [{ ...groups[0], begin: 0, length }] };
  }
  const [groupOfA, groupOfB] = groups;
  for (const block of blocks) block.a = take(block.aLength);
  const ofA = length;
  for (const block of blocks) block.b = take(block.bLength);
  return {
    length,
    groups: [
      { ...groupOfA, begin: 0, length: ofA },
      { ...groupOfB, begin: ofA, length: length - ofA },
    ],
  };
}

/** Adapter weights → flat, zeros in the padding. @throws UserError `adapter-mismatch` */
function pack(
  blocks: readonly LoraBlockLayout[],
  length: number,
  weights: AdapterWeights,
): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(length);
  for (const { rank, paddedRank, modules } of blocks)
    for (const { module, a, b, rowOrder } of modules) {
      flat.set(valuesOf(weights, module, { name: 'lora_A', shape: [rank, module.in] }), a);
      const B = valuesOf(weights, module, { name: 'lora_B', shape: [module.out, rank] });
      for (let row = 0; row < module.out; row++) {
        const from = (rowOrder ? rowOrder[row] : row) * rank;
        flat.set(B.subarray(from, from + rank), b + row * paddedRank);
      }
    }
  return flat;
}

function unpack(blocks: readonly LoraBlockLayout[], flat: Float32Array): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const { rank, paddedRank, modules } of blocks)
    for (const { module, a, b, rowOrder } of modules) {
      values.set(parameterKey(module.path, 'lora_A'), flat.slice(a, a + rank * module.in));
      const B = new Float32Array(module.out * rank);
      for (let row = 0; row < module.out; row++) {
        const to = (rowOrder ? rowOrder[row] : row) * rank;
        B.set(flat.subarray(b + row * paddedRank, b + row * paddedRank + rank), to);
      }
      values.set(parameterKey(module.path, 'lora_B'), B);
    }
  return values;
}

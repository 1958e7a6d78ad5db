import type { AdapterModule } from '../../model/modules.ts';
import { type DecoderWeights, linears } from '../../model/weights.ts';
import { parameterKey } from '../keys.ts';
import type { AdapterLayout, FlatGroup } from '../method.ts';
import { movesBase } from '../names.ts';
import { type AdapterWeights, asLora, type LoraSettings, type OptimizerGroup } from '../types.ts';
import { adaptWeights } from './adapt.ts';
import type { LoraBlockLayout } from './blocks.ts';
import { loraGroups } from './groups.ts';
import { heldMatrices, heldRank, withoutStart } from './moved.ts';
import { loraScale, rankOf } from './scale.ts';

const ALIGN = 64;

export interface Adapted {
  module: AdapterModule;
  rowOrder?: Uint32Array;
}

/** Modules that share a block, block by block; each has its own unless they are `fused`. */
export function blocksOf(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
  fused: boolean,
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
      const whole =
        fused && adapted.length === linear.parts.length && adapted.every((one) => alike(one, adapted[0]));
      return whole ? [adapted] : adapted.map((one) => [one]);
    }),
  );
}

export function loraLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
  fused = true,
): AdapterLayout {
  const blocks = blocksOf(base, modules, settings, fused).map((adapted): LoraBlockLayout => {
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
  const frozenBlocks = movesBase(settings) ? structuredClone(blocks) : [];
  const all = placed(frozenBlocks, ALL, length).length;
  placeModules(blocks);
  placeModules(frozenBlocks);
  const trained = withoutStart(settings);
  const inOrder = blocks.flatMap((block) => block.modules.map(({ module }) => module));
  return {
    length,
    frozen: all - length,
    trained,
    groups,
    modules: inOrder,
    pack(weights) {
      const moved = movesBase(asLora(weights.settings));
      const flat = new Float32Array(moved ? all : length);
      pack(blocks, flat, weights, 0);
      if (moved) pack(frozenBlocks, flat, weights, 1);
      return flat;
    },
    unpack(flat) {
      const own = all > length && flat.length === length ? trained : settings;
      const weights = { settings: own, modules: inOrder, values: new Map<string, Float32Array>() };
      unpack(blocks, flat, weights, 0);
      if (movesBase(own)) unpack(frozenBlocks, flat, weights, 1);
      return weights;
    },
    adapt: (views) => adaptWeights(base, { blocks, frozenBlocks, settings, ...views }),
  };
}

/** One range for what no optimizer changes. */
const ALL: readonly OptimizerGroup[] = [{ name: 'frozen', rate: 0 }];

/** Gives the modules of every block their places in it. */
function placeModules(blocks: readonly LoraBlockLayout[]): void {
  for (const block of blocks) {
    let { a, b } = block;
    for (const one of block.modules) {
      Object.assign(one, { a, b });
      a += block.paddedRank * one.module.in;
      b += block.paddedRank * one.module.out;
    }
  }
}

/** Gives every region its place, from `begin`. */
function placed(
  blocks: LoraBlockLayout[],
  groups: readonly OptimizerGroup[],
  begin = 0,
): { length: number; groups: FlatGroup[] } {
  let length = begin;
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
    return { length, groups: [{ ...groups[0], begin, length: length - begin }] };
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

/** Adapter weights → flat: of each module the ranks of one half. @throws UserError `adapter-mismatch` */
function pack(
  blocks: readonly LoraBlockLayout[],
  flat: Float32Array,
  weights: AdapterWeights,
  half: 0 | 1,
): void {
  for (const { rank, paddedRank, modules } of blocks)
    for (const { module, a, b, rowOrder } of modules) {
      const held = heldMatrices(weights, module);
      const first = half * rank;
      flat.set(held.a.subarray(first * module.in, (first + rank) * module.in), a);
      for (let row = 0; row < module.out; row++) {
        const from = (rowOrder ? rowOrder[row] : row) * held.rank + first;
        flat.set(held.b.subarray(from, from + rank), b + row * paddedRank);
      }
    }
}

/** The reverse: the half of every module is put into `weights`. */
function unpack(
  blocks: readonly LoraBlockLayout[],
  flat: Float32Array,
  { settings, values }: AdapterWeights,
  half: 0 | 1,
): void {
  for (const { rank, paddedRank, modules } of blocks)
    for (const { module, a, b, rowOrder } of modules) {
      const held = heldRank(asLora(settings), module);
      const first = half * rank;
      const into = (name: string, length: number) => {
        const key = parameterKey(module.path, name);
        const found = values.get(key) ?? new Float32Array(length);
        values.set(key, found);
        return found;
      };
      const A = into('lora_A', held * module.in);
      A.set(flat.subarray(a, a + rank * module.in), first * module.in);
      const B = into('lora_B', module.out * held);
      for (let row = 0; row < module.out; row++) {
        const to = (rowOrder ? rowOrder[row] : row) * held + first;
        B.set(flat.subarray(b + row * paddedRank, b + row * paddedRank + rank), to);
      }
    }
}

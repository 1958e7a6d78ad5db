import {
  type AdaptedLinear,
  type DecoderWeights,
  type Linear,
  type LinearCall,
  linears,
} from '../model/decoder/weights.ts';
import type { AdapterModule } from '../model/modules.ts';
import { slice, type View } from '../ops/memory.ts';
import { loraScale } from './init.ts';
import { type FlatLayout, flatLayout } from './layout.ts';
import type { LoraSettings } from './types.ts';

/** The adapters of a run as blocks of one flat layout: one block where all parts of a fused linear are adapted. */
export function adapterLayout(
  weights: DecoderWeights,
  modules: readonly AdapterModule[],
  rank: number,
): FlatLayout {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const groups = weights.layers.flatMap((layer) =>
    linears(layer).flatMap((linear) => {
      const adapted = linear.parts.flatMap((part) => {
        const module = byPath.get(part.path);
        return module ? [{ module, rowOrder: part.rowOrder }] : [];
      });
      if (adapted.length === 0) return [];
      return adapted.length === linear.parts.length ? [adapted] : adapted.map((one) => [one]);
    }),
  );
  return flatLayout(groups, rank);
}

/** With dropout each block has a dims slot of its own, of which `firstModule` is the number of its first module. */
export interface MaskSlots {
  /** The first of them; those of the other blocks follow. */
  first: number;
  /** First module of each block, in the order of the slots. */
  modules: readonly number[];
}

export interface AdaptedWeights {
  weights: DecoderWeights<AdaptedLinear>;
  masks: MaskSlots;
}

/**
 * The base with adapters beside it: a new object over the same frozen weights, in which each linear is split into
 * calls, adapted parts with views into the flat buffers and the rest without.
 */
export function adaptWeights(
  base: DecoderWeights,
  args: {
    layout: FlatLayout;
    settings: LoraSettings;
    flat: View;
    gradients: View;
    /** First dims slot that masks may take. */
    firstMask: number;
  },
): AdaptedWeights {
  const { layout, settings } = args;
  const masked: number[] = [];
  const number = new Map(layout.modules.map(({ module }, i) => [module.path, i]));
  const blocks = new Map(layout.blocks.map((block) => [block.modules[0].module.path, block]));
  const scale = loraScale(settings);
  const view = (of: View, at: number, length: number) => slice(of, 4 * at, 4 * length);

  const adapt = (linear: Linear): AdaptedLinear => {
    const calls: LinearCall[] = [];
    let sWidth = 0;
    for (let i = 0; i < linear.parts.length; ) {
      const block = blocks.get(linear.parts[i].path);
      // Neighbours without adapters are one call.
      let count = block?.modules.length ?? 1;
      while (
        !block &&
        !linear.bias &&
        i + count < linear.parts.length &&
        !blocks.has(linear.parts[i + count].path)
      )
        count++;
      const parts = linear.parts.slice(i, i + count);
      const row0 = parts[0].begin;
      const call: LinearCall = {
        row0,
        n: parts[count - 1].end - row0,
        bias: count === linear.parts.length ? linear.bias : parts[0].bias,
        sColumn: sWidth,
      };
      if (block) {
        const drops = settings.dropout > 0;
        const first = drops ? number.get(parts[0].path)! : 0;
        call.lora = {
          block: {
            rank: layout.paddedRank,
            scale,
            dropout: settings.dropout,
            maskDims: drops ? args.firstMask + masked.length : undefined,
            parts: parts.map((part) => ({
              begin: part.begin - row0,
              end: part.end - row0,
              module: number.get(part.path)! - first,
            })),
            a: view(args.flat, block.a, block.aLength),
            b: view(args.flat, block.b, block.bLength),
          },
          gradients: {
            a: view(args.gradients, block.a, block.aLength),
            b: view(args.gradients, block.b, block.bLength),
          },
        };
        if (drops) masked.push(first);
        sWidth += parts.length * layout.paddedRank;
      }
      calls.push(call);
      i += count;
    }
    return { ...linear, calls, sWidth };
  };

  const layers = base.layers.map((layer) => ({
    ...layer,
    qkv: adapt(layer.qkv),
    o: adapt(layer.o),
    gateUp: adapt(layer.gateUp),
    down: adapt(layer.down),
  }));
  return { weights: { ...base, layers }, masks: { first: args.firstMask, modules: masked } };
}

/** Widest S of all linears. */
export function widestS(weights: DecoderWeights<AdaptedLinear>): number {
  return Math.max(0, ...weights.layers.flatMap(linears).map((linear) => linear.sWidth));
}

/** Widest S of each kind of linear, for buffers that all layers share. */
export function widestSOfKinds({ layers }: DecoderWeights<AdaptedLinear>): {
  qkv: number;
  o: number;
  gateUp: number;
  down: number;
} {
  const widest = (kind: 'qkv' | 'o' | 'gateUp' | 'down') =>
    Math.max(0, ...layers.map((layer) => layer[kind].sWidth));
  return { qkv: widest('qkv'), o: widest('o'), gateUp: widest('gateUp'), down: widest('down') };
}

import { slice, type View } from '../gpu/memory.ts';
import { type DecoderWeights, type Linear, linears } from '../model/decoder/weights.ts';
import type { AdapterModule } from '../model/modules.ts';
import type { LoraBlock } from '../ops/types.ts';
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
  /** Filled by `attachAdapters`. */
  modules: number[];
}

/** Splits each linear into calls: adapted parts with views into the flat buffers, the rest without. */
export function attachAdapters(
  weights: DecoderWeights,
  layout: FlatLayout,
  settings: LoraSettings,
  flat: View,
  gradients: View,
  masks: MaskSlots,
): void {
  const number = new Map(layout.modules.map(({ module }, i) => [module.path, i]));
  const blocks = new Map(layout.blocks.map((block) => [block.modules[0].module.path, block]));
  const scale = loraScale(settings);
  const view = (of: View, at: number, length: number) => slice(of, 4 * at, 4 * length);
  for (const linear of weights.layers.flatMap(linears)) {
    linear.calls = [];
    linear.sWidth = 0;
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
      const n = parts[count - 1].end - row0;
      const first = settings.dropout > 0 ? (number.get(parts[0].path) ?? 0) : 0;
      const lora: LoraBlock | null = block
        ? {
            rank: layout.paddedRank,
            scale,
            dropout: settings.dropout,
            maskDims: settings.dropout > 0 ? masks.first + masks.modules.length : undefined,
            parts: parts.map((part) => ({
              begin: part.begin - row0,
              end: part.end - row0,
              module: number.get(part.path)! - first,
            })),
            a: view(flat, block.a, block.aLength),
            b: view(flat, block.b, block.bLength),
          }
        : null;
      linear.calls.push({
        row0,
        n,
        bias: count === linear.parts.length ? linear.bias : parts[0].bias,
        sColumn: linear.sWidth,
        lora:
          lora && block
            ? {
                block: lora,
                gradients: {
                  a: view(gradients, block.a, block.aLength),
                  b: view(gradients, block.b, block.bLength),
                },
              }
            : undefined,
      });
      if (lora && settings.dropout > 0) masks.modules.push(first);
      if (lora) linear.sWidth += lora.parts.length * lora.rank;
      i += count;
    }
  }
}

/** Widest S of all linears. */
export function widestS(weights: DecoderWeights): number {
  return Math.max(0, ...weights.layers.flatMap(linears).map((linear: Linear) => linear.sWidth));
}

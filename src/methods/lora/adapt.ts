import type { AdaptedLinear, Linear, LinearCall } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, withLinears } from '../../model/weights.ts';
import { slice, type View } from '../../ops/memory.ts';
import type { LoraBlock } from '../../ops/types.ts';
import type { AdaptedWeights, FlatViews } from '../method.ts';
import type { LoraSettings } from '../types.ts';
import type { LoraBlockLayout } from './blocks.ts';
import { besideFrozen, loraAdapter } from './linear.ts';

/**
 * The base with adapters beside it: a new object over the same frozen weights, in which each linear is split into
 * calls, adapted parts with views into the flat buffers and the rest without.
 */
export function adaptWeights(
  base: DecoderWeights,
  args: FlatViews & {
    blocks: readonly LoraBlockLayout[];
    /** The same blocks of what the start took off the base; none where it took nothing. */
    frozenBlocks: readonly LoraBlockLayout[];
    settings: LoraSettings;
  },
): AdaptedWeights {
  const { settings } = args;
  const masked: number[] = [];
  const modules = args.blocks.flatMap((block) => block.modules);
  const number = new Map(modules.map(({ module }, i) => [module.path, i]));
  const byPath = (blocks: readonly LoraBlockLayout[]) =>
    new Map(blocks.map((block) => [block.modules[0].module.path, block]));
  const blocks = byPath(args.blocks);
  const frozenBlocks = byPath(args.frozenBlocks);
  const view = (of: View, at: number, length: number) => slice(of, 4 * at, 4 * length);

  const adapt = (linear: Linear): AdaptedLinear => {
    const calls: LinearCall[] = [];
    let keptColumns = 0;
    let workColumns = 0;
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
        keptColumn: keptColumns,
      };
      if (block) {
        const drops = settings.dropout > 0;
        const first = drops ? number.get(parts[0].path)! : 0;
        const matrices = (of: View, { a, aLength, b, bLength }: LoraBlockLayout) => ({
          a: view(of, a, aLength),
          b: view(of, b, bLength),
        });
        const lora: LoraBlock = {
          rank: block.paddedRank,
          scale: block.scale,
          dropout: settings.dropout,
          maskDims: drops ? args.firstMask + masked.length : undefined,
          parts: parts.map((part) => ({
            begin: part.begin - row0,
            end: part.end - row0,
            module: number.get(part.path)! - first,
          })),
          ...matrices(args.weights, block),
        };
        call.adapter = loraAdapter(lora, matrices(args.gradients, block));
        const frozen = frozenBlocks.get(parts[0].path);
        if (frozen)
          call.adapter = besideFrozen(call.adapter, {
            ...lora,
            ...{ dropout: 0, maskDims: undefined },
            ...matrices(args.weights, frozen),
          });
        if (drops) masked.push(first);
        keptColumns += call.adapter.columns;
        workColumns += call.adapter.workColumns;
      }
      calls.push(call);
      i += count;
    }
    return { ...linear, calls, keptColumns, workColumns };
  };

  return { weights: withLinears(base, adapt), masks: { first: args.firstMask, modules: masked } };
}

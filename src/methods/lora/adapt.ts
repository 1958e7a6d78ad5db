import type { Linear, LinearAdapter } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, withLinears } from '../../model/weights.ts';
import { slice, type View } from '../../ops/memory.ts';
import type { LoraBlock } from '../../ops/types.ts';
import { inCalls } from '../calls.ts';
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

  const matrices = (of: View, { a, aLength, b, bLength }: LoraBlockLayout) => ({
    a: view(of, a, aLength),
    b: view(of, b, bLength),
  });

  const beside = (parts: Linear['parts']): LinearAdapter => {
    const [{ path, begin: row0 }] = parts;
    const block = blocks.get(path)!;
    const drops = settings.dropout > 0;
    const first = drops ? number.get(path)! : 0;
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
    if (drops) masked.push(first);
    const adapter = loraAdapter(lora, matrices(args.gradients, block));
    const moved = frozenBlocks.get(path);
    if (!moved) return adapter;
    return besideFrozen(adapter, {
      ...lora,
      ...{ dropout: 0, maskDims: undefined },
      ...matrices(args.weights, moved),
    });
  };
  const adapt = (linear: Linear) => inCalls(linear, (path) => blocks.get(path)?.modules.length, beside);

  return { weights: withLinears(base, adapt), masks: { first: args.firstMask, modules: masked } };
}

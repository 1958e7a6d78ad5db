import type { LoraSettings, OptimizerGroup } from '../types.ts';

/** One group for A and B; with LoRA+ (arXiv 2402.12354) B has one of its own, of a rate that is a multiple of A's. */
export function loraGroups({ loraPlusRatio = 1 }: LoraSettings): readonly OptimizerGroup[] {
  if (loraPlusRatio === 1) return [{ name: 'A and B', rate: 1 }];
  return [
    { name: 'A', rate: 1 },
    { name: 'B', rate: loraPlusRatio },
  ];
}

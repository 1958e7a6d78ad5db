import type { Method } from '../method.ts';
import type { LoraSettings, Parameter } from '../types.ts';
import { loraLayout } from './layout.ts';
import { loraDelta, squaredLoraDelta } from './matrices.ts';
import { rankOf } from './scale.ts';
import { initialA } from './start.ts';

/** y = Wx + s·B(Ax) with A [rank, in] and B [out, rank] trained (Hu et al., arXiv 2106.09685). */
export const lora: Method<LoraSettings> = {
  id: 'lora',
  parameters(site, settings) {
    const rank = rankOf(settings, site);
    const groupOfB = plus(settings) ? 1 : 0;
    return [
      { name: 'lora_A', shape: [rank, site.in], group: 0 },
      { name: 'lora_B', shape: [site.out, rank], group: groupOfB },
    ];
  },
  groups: (settings) =>
    plus(settings)
      ? [
          { name: 'A', rate: 1 },
          { name: 'B', rate: settings.loraPlusRatio! },
        ]
      : [{ name: 'A and B', rate: 1 }],
  start: (site, parameter, _settings, seed) =>
    parameter.name === 'lora_A'
      ? initialA(site, parameter.shape[0], seed)
      : new Float32Array(size(parameter)),
  delta: loraDelta,
  squaredDelta: squaredLoraDelta,
  heldBy: ({ merged }) => (merged ? 'merged only' : 'as is'),
  peft: {
    type: 'LORA',
    fields: ({ rank, alpha, dropout, rsLora, rankPattern, alphaPattern }) => ({
      init_lora_weights: true,
      lora_alpha: alpha,
      lora_dropout: dropout,
      r: rank,
      ...(rsLora ? { use_rslora: true } : {}),
      ...(hasEntries(rankPattern) ? { rank_pattern: rankPattern } : {}),
      ...(hasEntries(alphaPattern) ? { alpha_pattern: alphaPattern } : {}),
    }),
    suffix: ({ name }) => `.${name}.weight`,
  },
  layout: loraLayout,
};

/** LoRA+ (arXiv 2402.12354): B in an optimizer group of its own. */
function plus({ loraPlusRatio = 1 }: LoraSettings): boolean {
  return loraPlusRatio !== 1;
}

function size({ shape }: Parameter): number {
  return shape[0] * shape[1];
}

function hasEntries(pattern: Readonly<Record<string, number>> | undefined): boolean {
  return Object.keys(pattern ?? {}).length > 0;
}

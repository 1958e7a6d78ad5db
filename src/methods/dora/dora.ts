import { lora } from '../lora/lora.ts';
import type { Method } from '../method.ts';
import type { LoraSettings } from '../types.ts';
import { doraLayout } from './layout.ts';
import { doraDelta, MAGNITUDE, squaredDoraDelta } from './magnitude.ts';

/**
 * y = (m / ‖W + s·BA‖)∘(W + s·BA)x with A, B and m [out] trained, the norms of rows being no part of the gradient
 * (Liu et al., arXiv 2402.09353, section 4.3). m begins as those norms, so that the adapted model begins as the base.
 */
export const dora: Method<LoraSettings> = {
  ...lora,
  id: 'dora',
  parameters(site, settings) {
    const matrices = lora.parameters(site, settings);
    // PEFT's LoRA+ gives what has one dimension the rate of B.
    const { group } = matrices[matrices.length - 1];
    return [
      ...matrices,
      { name: MAGNITUDE, shape: [site.out, 1], stored: [site.out], group, begins: 'row norms' },
    ];
  },
  delta: doraDelta,
  squaredDelta: squaredDoraDelta,
  heldBy: ({ id, merged }) =>
    id === 'gguf'
      ? {
          refused:
            'A GGUF adapter has no place for DoRA’s magnitudes, and without them it would give other answers. Nothing was written. Export the merged model as GGUF instead.',
        }
      : merged
        ? 'merged only'
        : 'as is',
  words: (settings) => ({ ...lora.words(settings), title: 'DoRA adapter', tag: 'dora' }),
  peft: {
    ...lora.peft,
    fields: (...args) => ({ ...lora.peft.fields(...args), use_dora: true }),
    tensor: (site, parameter) =>
      // PEFT saves a layer of its own by the layer's name: there is no `.weight`.
      parameter.name === MAGNITUDE
        ? lora.peft.tensor(site, parameter).slice(0, -'.weight'.length)
        : lora.peft.tensor(site, parameter),
  },
  layout: doraLayout,
};

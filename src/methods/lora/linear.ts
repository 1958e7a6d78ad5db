import type { LinearAdapter } from '../../model/sublayers/linear.ts';
import type { LoraBlock, LoraGradients } from '../../ops/types.ts';

/**
 * LoRA beside a linear: S = X Aᵀ, and the linear's product adds s·S Bᵀ. Backward: dS = s·dY·B, dB += s·dYᵀS,
 * dA += dSᵀX, and the linear's product adds dS·A to dX.
 */
export function loraAdapter(block: LoraBlock, gradients: LoraGradients): LinearAdapter {
  return {
    columns: block.parts.length * block.rank,
    workColumns: block.parts.length * block.rank,
    forward({ ops, training, rowsHint }, { x, k, kept: s, product }) {
      ops.loraDown({ x, k, lora: block, s, training, rowsHint });
      product({ lora: { block, s } });
    },
    backward({ ops }, { dy, n, k, input, kept: s, work: ds, product }) {
      ops.loraUpBackward({ dy, s, lora: block, gradients, ds, n });
      ops.loraDownBackward({ ds, x: input(), k, lora: block, gradients });
      product({ lora: { block, ds } });
    },
  };
}

import type { BackwardCall, ForwardCall, LinearAdapter } from '../../model/sublayers/linear.ts';
import { matrix } from '../../model/sublayers/sublayer.ts';
import type { View } from '../../ops/memory.ts';
import type { LoraBlock } from '../../ops/types.ts';

/** m, its gradient, and c = ‖W + s·BA‖ of each row [n]. */
export interface Magnitude {
  m: View;
  gradient: View;
  norms: View;
}

/**
 * DoRA around LoRA's adapter of a call: z = x Wᵀ + s·x Aᵀ Bᵀ is kept, y = (m / c)∘z (+ bias) (+ residual). Backward:
 * dm += Σ dy∘z / c, dz = (m / c)∘dy in the place of z, and the rest from dz as for LoRA.
 *
 * With dropout z is of what dropout keeps of x, x̃, and the base of the rest is added as it is (PEFT: `DoraLinearVariant`):
 * y = (x − x̃) Wᵀ + (m / c)∘z. Then dx = dy·W + M∘((dz − dy)·W + dS·A) / (1 − p).
 *
 * @param size n [out] and k [in]
 */
export function doraAdapter(
  lora: LinearAdapter & { lora: LoraBlock },
  { n, k }: { n: number; k: number },
  { m, gradient, norms }: Magnitude,
): LinearAdapter {
  const block = lora.lora;
  const drops = block.dropout > 0;
  const columns = { scale: m, over: norms, width: n };

  return {
    lora: block,
    columns: lora.columns,
    outputs: n,
    workColumns: lora.workColumns,
    shared: drops ? (tokens) => ({ dropped: tokens * k }) : undefined,

    forward(pass, call) {
      const { ops } = pass;
      const { x, y, bias, residual } = call;
      const z = call.keptOutput;
      const into = (other: Parameters<ForwardCall['product']>[0]) =>
        call.product({ y: z, bias: undefined, residual: undefined, ...other });
      if (!drops || !pass.training) {
        lora.forward(pass, { ...call, product: into });
        ops.scaleColumns({ ...columns, x: z, out: y, bias, residual });
        return;
      }
      const dropped = matrix(pass.shared('dropped'), k);
      const mask = { x, out: dropped, width: k, lora: block };
      ops.maskRows({ ...mask, mode: 'kept' });
      lora.forward(pass, { ...call, product: (other) => into({ ...other, x: dropped }) });
      ops.maskRows({ ...mask, mode: 'left' });
      call.product({ x: dropped });
      ops.scaleColumns({ ...columns, x: z, out: y, residual: y });
    },

    backward(pass, call) {
      const { ops } = pass;
      const { dy, dx } = call;
      const z = call.keptOutput;
      ops.scaleColumnsBackward({ ...columns, dy, x: z, dx: z, gradient });
      const through = (other: Parameters<BackwardCall['product']>[0]) => {
        if (!drops) return call.product({ dy: z, ...other });
        if (!call.wantsInput) return;
        const dropped = matrix(pass.shared('dropped'), k);
        call.product();
        ops.addRows({ x: dy, out: z, width: n, factor: -1 });
        // The mask is of the whole sum, once.
        const added = other?.lora && { ...other.lora, block: { ...block, dropout: 0 } };
        call.product({ dy: z, dx: dropped, accumulate: false, lora: added });
        ops.maskRows({ x: dropped, out: dx, width: k, mode: 'added', lora: block });
      };
      lora.backward(pass, { ...call, dy: z, product: through });
    },
  };
}

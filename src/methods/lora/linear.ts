import type { LinearAdapter } from '../../model/sublayers/linear.ts';
import type { LoraBlock, LoraGradients, Matrix, Weight } from '../../ops/types.ts';

/**
 * LoRA beside a linear: S = X Aᵀ, and the linear's product adds s·S Bᵀ. Backward: dS = s·dY·B, dB += s·dYᵀS,
 * dA += dSᵀX, and the linear's product adds dS·A to dX.
 */
export function loraAdapter(block: LoraBlock, gradients: LoraGradients): LinearAdapter {
  return {
    lora: block,
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

/**
 * LoRA on a base that its start has moved (moved.ts): after what `adapter` gives, y += s·S₀B₀ᵀ with S₀ = X A₀ᵀ, and
 * dX += dS₀·A₀ with dS₀ = s·dY·B₀. The base sees the input as it is: no mask is drawn for its part. S₀ is not needed
 * again, so that dS₀ takes its place.
 */
export function besideFrozen(adapter: LinearAdapter, frozen: LoraBlock): LinearAdapter {
  const columns = frozen.parts.length * frozen.rank;
  const after = (kept: Matrix): Matrix => ({ ...kept, column: kept.column + adapter.columns });
  return {
    ...adapter,
    columns: adapter.columns + columns,
    forward(pass, call) {
      const { ops, rowsHint } = pass;
      const { x, k, y, kept } = call;
      const s = after(kept);
      adapter.forward(pass, call);
      ops.loraDown({ x, k, lora: frozen, s, training: false, rowsHint });
      ops.loraUp({ s, lora: frozen, y, rowsHint });
    },
    backward(pass, call) {
      const { ops } = pass;
      const { dy, n, k, dx, kept, wantsInput } = call;
      adapter.backward(pass, call);
      if (!wantsInput) return;
      const ds = after(kept);
      const a: Weight = { rows: columns, cols: k, type: 'f32', data: frozen.a };
      ops.loraUpBackward({ dy, s: ds, lora: frozen, ds, n });
      ops.linearBackward({ dy: ds, w: a, n: columns, k, dx, accumulate: true });
    },
  };
}

import type { View } from '../../ops/memory.ts';
import type { Operations } from '../../ops/operations.ts';
import type { Matrix } from '../../ops/types.ts';

export interface NormWeights {
  weight: View;
  /** Of a layer norm. */
  bias?: View;
}

export interface NormShape {
  kind: 'rms' | 'layer';
  width: number;
  eps: number;
  /** Gemma: the stored weight has 1 added when used. */
  addOne: boolean;
  /** Heads side by side, each normed on its own (RMS alone); 1. */
  heads?: number;
}

/** A norm over rows, or over each head of a row. It keeps its statistics: 1/rms, or mean and 1/σ, of each. */
export class Norm {
  constructor(
    readonly weights: NormWeights,
    readonly shape: NormShape,
  ) {}

  kept(tokens: number): number {
    const { kind, heads = 1 } = this.shape;
    return tokens * heads * (kind === 'rms' ? 1 : 2);
  }

  /** @param io.residual added to y; another buffer than that */
  forward(
    ops: Operations,
    stat: View,
    { residual, ...io }: { x: Matrix; y: Matrix; residual?: Matrix; dims?: number },
  ): void {
    const { kind, width, eps, addOne, heads } = this.shape;
    const { weight, bias } = this.weights;
    if (kind === 'rms') {
      ops.rmsNormForward({ ...io, weight, width, eps, addOne, heads, residual, rstd: stat });
      return;
    }
    ops.layerNormForward({ ...io, weight, bias: bias!, width, eps, stat });
    if (residual) ops.addRows({ x: residual, out: io.y, width, dims: io.dims });
  }

  /** dX (+)= the norm's backward; its own weight is frozen. */
  backward(
    ops: Operations,
    stat: View,
    io: { dy: Matrix; x: Matrix; dx: Matrix; accumulate: boolean; dims?: number },
  ): void {
    const { kind, width, addOne, heads } = this.shape;
    const { weight } = this.weights;
    if (kind === 'rms') ops.rmsNormBackward({ ...io, weight, width, addOne, heads, rstd: stat });
    else ops.layerNormBackward({ ...io, weight, width, stat });
  }
}

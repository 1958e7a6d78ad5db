import type { LinearAdapter } from '../../model/sublayers/linear.ts';
import { matrix } from '../../model/sublayers/sublayer.ts';
import type { View } from '../../ops/memory.ts';

/** Factors of the columns of a matrix, and their gradient. */
export interface Factors {
  l: View;
  gradient: View;
  width: number;
}

/** y = l∘z (+ residual) with z = x Wᵀ (+ bias), which is kept. Backward: dl += Σ dy∘z, dz = l∘dy in the place of z. */
export function scaledOutput({ l, gradient, width }: Factors): LinearAdapter {
  return {
    columns: width,
    workColumns: 0,
    forward({ ops }, { y, residual, kept: z, product }) {
      product({ y: z, residual: undefined });
      ops.scaleColumns({ x: z, scale: l, width, out: y, residual });
    },
    backward({ ops }, { dy, kept: z, product }) {
      ops.scaleColumnsBackward({ dy, x: z, scale: l, width, dx: z, gradient });
      product({ dy: z });
    },
  };
}

/** y = x̃ Wᵀ (+ bias) (+ residual) with x̃ = l∘x. Backward: dx̃ = dy·W, dl += Σ dx̃∘x, dx (+)= l∘dx̃. */
export function scaledInput({ l, gradient, width }: Factors): LinearAdapter {
  return {
    columns: 0,
    workColumns: width,
    shared: (tokens) => ({ scaled: tokens * width }),
    forward({ ops, shared }, { x, product }) {
      const scaled = matrix(shared('scaled'), width);
      ops.scaleColumns({ x, scale: l, width, out: scaled });
      product({ x: scaled });
    },
    backward({ ops }, { dx, accumulate, wantsInput, input, work, product }) {
      product({ dx: work, accumulate: false });
      const to = wantsInput && !accumulate ? dx : work;
      ops.scaleColumnsBackward({ dy: work, x: input(), scale: l, width, dx: to, gradient });
      if (wantsInput && accumulate) ops.addRows({ x: work, out: dx, width });
    },
  };
}

import type { AdaptedLinear, LinearAdapter } from '../../model/sublayers/linear.ts';
import { withLinears } from '../../model/weights.ts';
import type { View } from '../../ops/memory.ts';
import type { Operations } from '../../ops/operations.ts';
import { ROUNDED_BLOCK, type RoundedType, type Weight } from '../../ops/types.ts';
import type { AdapterLayout } from '../method.ts';
import type { AdapterSettings } from '../types.ts';

/** Whether a merged file rounds a linear with so many inputs: rows are whole blocks. It holds the others in F16. */
export function isRounded(inputs: number): boolean {
  return inputs % ROUNDED_BLOCK === 0;
}

/** The same adapter beside the base as it is. */
export function besideBase(settings: AdapterSettings): AdapterSettings {
  if (!('mergeTarget' in settings)) return settings;
  const { mergeTarget: _, ...plain } = settings;
  return plain;
}

/**
 * LoRA for a file that it will be merged into, in Q8_0 or Q4_0: every linear of the blocks, adapted or not, computes with
 * Ŵ = Q(W + s·BA), the weight that the file will have, merged anew whenever A and B have changed. The gradient goes
 * straight through the rounding, Q′ = 1 (arXiv 1308.3432): dX = dY·Ŵ, and with S = XAᵀ and dS = s·dY·B, as for LoRA,
 * dB = s·dYᵀS and dA = dSᵀX.
 */
export function roundedLayout(lora: AdapterLayout, type: RoundedType): AdapterLayout {
  return {
    ...lora,
    adapt(views) {
      const adapted = lora.adapt(views);
      const merges: ((ops: Operations) => void)[] = [];
      const round = (linear: AdaptedLinear): AdaptedLinear => {
        const { weight: w, in: k } = linear;
        if (!isRounded(k)) return linear;
        const out = roundedLike(w, type, views.allocate);
        const calls = linear.calls.map((call) => {
          const { row0, n, adapter } = call;
          merges.push((ops) => ops.mergeRounded({ w, row0, n, k, lora: adapter?.lora, out }));
          return { ...call, adapter: adapter && withinWeight(adapter) };
        });
        return { ...linear, weight: out, calls };
      };
      return {
        ...adapted,
        weights: withLinears(adapted.weights, round),
        merge(ops) {
          for (const merge of merges) merge(ops);
        },
      };
    },
  };
}

/** LoRA's adapter of a call whose weight has s·BA in it: the products are of that weight alone. */
function withinWeight(adapter: LinearAdapter): LinearAdapter {
  return {
    ...adapter,
    forward(pass, call) {
      const product = () => call.product();
      if (pass.training) adapter.forward(pass, { ...call, product });
      else product();
    },
    backward(pass, call) {
      adapter.backward(pass, { ...call, product: () => call.product() });
    },
  };
}

/** Room for a weight of this shape in blocks, in the same ranges of rows. */
function roundedLike(
  { rows, cols, parts }: Weight,
  type: RoundedType,
  allocate: (label: string, bytes: number) => View,
): Weight {
  const room = (count: number): Weight => ({
    ...{ rows: count, cols, type, quant: { block: ROUNDED_BLOCK, scaleType: 'f16' } },
    data: allocate('merged codes', (count * cols) / (type === 'q8' ? 1 : 2)),
    scales: allocate('merged scales', (4 * count * cols) / ROUNDED_BLOCK),
  });
  if (!parts) return room(rows);
  const own = parts.map(({ begin, end }) => ({ begin, end, weight: room(end - begin) }));
  return { ...own[0].weight, rows, parts: own };
}

import type { Activation } from '../arguments.ts';
import { type Dense, dense } from './linear.ts';

/** Activations of the feed-forward layer in float64. */

/**
 * erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·5 … (2n+1)): all terms have one sign, so nothing cancels
 * (Abramowitz and Stegun 7.1.6).
 */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const normalCdf = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
const normalDensity = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const bend = (x: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

/** Each activation and its derivative. */
export const ACTIVATIONS: Record<
  Activation,
  { value: (x: number) => number; derivative: (x: number) => number }
> = {
  /** x·σ(x). */
  silu: {
    value: (x) => x * sigmoid(x),
    derivative: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  },
  /** x·Φ(x). */
  gelu: {
    value: (x) => x * normalCdf(x),
    derivative: (x) => normalCdf(x) + x * normalDensity(x),
  },
  /** x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))). */
  gelu_tanh: {
    value: (x) => (x / 2) * (1 + bend(x)),
    derivative: (x) =>
      (1 + bend(x)) / 2 + (x / 2) * (1 - bend(x) ** 2) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x),
  },
};

/**
 * act = f(gate)·up, or f(x).
 *
 * @param gu [gate | up] [rows, 2 · width], or x [rows, width] where not gated
 */
export function gatedReference(gu: Dense, kind: Activation, gated: boolean): Dense {
  const { value } = ACTIVATIONS[kind];
  const width = gated ? gu.cols / 2 : gu.cols;
  return dense(gu.rows, width, (i, j) => {
    const up = gated ? gu.values[i * gu.cols + width + j] : 1;
    return value(gu.values[i * gu.cols + j]) * up;
  });
}

/** dgate = dact·up·f′(gate), dup = dact·f(gate), side by side as `gu`. */
export function gatedBackwardReference(gu: Dense, kind: Activation, gated: boolean, dact: Dense): Dense {
  const { value, derivative } = ACTIVATIONS[kind];
  const width = gated ? gu.cols / 2 : gu.cols;
  return dense(gu.rows, gu.cols, (i, j) => {
    const d = dact.values[i * width + (j % width)];
    const gate = gu.values[i * gu.cols + (j % width)];
    if (j >= width) return d * value(gate);
    const up = gated ? gu.values[i * gu.cols + width + j] : 1;
    return d * up * derivative(gate);
  });
}

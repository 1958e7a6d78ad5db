import { describe, expect, it } from 'vitest';
import { adamwHyper } from '../../../src/ops/adamw.ts';
import { type AdamWState, adamwReference, gradNormReference } from '../../../src/ops/reference/adamw.ts';
import { expectClose } from './finite-differences.ts';

const SETTINGS = { learningRate: 0.01, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };

const START: AdamWState = {
  weights: Float64Array.of(0.5, -1.25, 2, 0, -0.03),
  m: new Float64Array(5),
  v: new Float64Array(5),
};

/** Three steps of torch.optim.AdamW 2.13 with these settings in float64, clip_grad_norm_(…, 1) before each. */
const TORCH = [
  {
    gradients: [0.1, -0.2, 0.3, 0, 1e-5],
    norm: 0.3741657388110248,
    weights: [0.489500000999999, -1.2387500005, 1.9880000003333334, 0, -0.03996000999000999],
    m: [0.009999999999999998, -0.019999999999999997, 0.029999999999999992, 0, 1e-6],
    v: [0.0002, 0.0008, 0.0018, 0, 2e-12],
  },
  {
    gradients: [0.4, 0.1, -0.6, 2, -3e-5],
    norm: 2.1283796655907046,
    weights: [
      0.4793201516144105, -1.2326701614110471, 1.9862273086463056, -0.007405919509874008, -0.0377310445717165,
    ],
    m: [
      0.027793630597512737, -0.013301592350621814, -0.00119044589626911, 0.09396815298756368,
      -5.095222948134554e-7,
    ],
    v: [
      0.0009024011020715352, 0.0008281500688794716, 0.003353402479660955, 0.01766002755178837,
      5.933506199152386e-12,
    ],
  },
  {
    gradients: [-1.5, 0.02, 0.05, -0.7, 0.9],
    norm: 1.8849137911321037,
    weights: [
      0.48303544584426356, -1.2280151803456136, 1.983994782423709, -0.010395060666219168,
      -0.04402077820249573,
    ],
    m: [
      -0.05456492654872988, -0.010910377194406415, 0.0015812384962408462, 0.04743438044844469,
      0.04774705788182948,
    ],
    v: [
      0.01355004934294104, 0.0008138387468375108, 0.003300407425915415, 0.020065134186897652,
      0.004559650660462774,
    ],
  },
];

describe('AdamW', () => {
  it('takes the steps of PyTorch', () => {
    let state = START;
    TORCH.forEach((expected, i) => {
      const gradients = Float64Array.from(expected.gradients);
      expect(gradNormReference(gradients)).toBeCloseTo(expected.norm, 14);
      state = adamwReference(state, gradients, SETTINGS, i + 1);
      expectClose(state.weights, expected.weights, 1e-14);
      expectClose(state.m, expected.m, 1e-15);
      expectClose(state.v, expected.v, 1e-15);
    });
  });

  it('does nothing for a gradient that is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const gradients = Float64Array.of(1, 2, bad, 4, 5);
      expect(adamwReference(START, gradients, SETTINGS, 1)).toEqual(START);
    }
  });

  it('clips only what is above the bound, and not at all at 0', () => {
    const g = Float64Array.of(3, 4, 0, 0, 0);
    const m = (clip: number) => adamwReference(START, g, { ...SETTINGS, clip }, 1).m[1];
    expect(m(0)).toBeCloseTo(0.4, 12);
    expect(m(10)).toBe(m(0));
    expect(m(1)).toBeCloseTo(0.08, 6);
  });

  it('hands the kernel 1 − β and 1 − βᵗ with all their digits', () => {
    const settings = { ...SETTINGS, beta2: 0.999 };
    const hyper = adamwHyper(settings, 1);
    expect([...hyper]).toEqual([0.01, 0.1, 0.001, 1e-8, 0.1, 1, 0.1, 0.001].map(Math.fround));
    expect(adamwHyper(settings, 3)[7]).toBe(Math.fround(0.002997001));
  });
});

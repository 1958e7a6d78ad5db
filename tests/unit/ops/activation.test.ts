import { describe, it } from 'vitest';
import type { Activation } from '../../../src/ops/arguments.ts';
import { gatedBackwardReference, gatedReference } from '../../../src/ops/reference/activation.ts';
import { dense } from '../../../src/ops/reference/linear.ts';
import { along, differences, expectClose, scattered } from './finite-differences.ts';

const AT = [-6, -2.5, -0.3, 0, 0.7, 3.1];

/** torch.nn.functional.silu and .gelu in float64 at AT, and their derivatives. */
const TORCH: Record<Activation, { value: number[]; derivative: number[] }> = {
  silu: {
    value: [
      -0.014835738939808647, -0.18964545005310887, -0.1276672449565023, 0, 0.46773144051771626,
      2.966367509682633,
    ],
    derivative: [
      -0.012326432591525513, -0.09940111134152683, 0.3522199896811173, 0.5, 0.8233867834733425,
      1.084764705547758,
    ],
  },
  gelu: {
    value: [
      -5.919525869479969e-9, -0.015524163314440398, -0.1146265733433142, 0, 0.5306254434438489,
      3.097000430039023,
    ],
    derivative: [
      -3.546870945402639e-8, -0.03761108590814519, 0.26767223317289013, 0.5, 0.9766141011336599,
      1.0091595358610013,
    ],
  },
  gelu_tanh: {
    value: [
      -8.43964897967453e-11, -0.015084266089998577, -0.11462907645724074, 0, 0.5305701347051167,
      3.0973733897694506,
    ],
    derivative: [
      -7.709976012836329e-10, -0.03795157621266618, 0.26770454836119817, 0.5, 0.976357218656104,
      1.008739396051266,
    ],
  },
};

describe.each(Object.entries(TORCH))('%s', (name, { value, derivative }) => {
  const kind = name as Activation;

  it('is what PyTorch gives, and so is its derivative', () => {
    const x = dense(1, AT.length, (_, j) => AT[j]);
    const one = dense(1, AT.length, () => 1);
    expectClose(gatedReference(x, kind, false).values, value, 1e-13);
    expectClose(gatedBackwardReference(x, kind, false, one).values, derivative, 1e-13);
  });

  it.each([true, false])('has the gradient of its finite differences, gated %s', (gated) => {
    const gu = scattered(3, 10, 1);
    gu.values.forEach((x, i) => {
      gu.values[i] = 4 * x;
    });
    const dact = scattered(3, gated ? 5 : 10, 2);
    const expected = differences(gu.values, () => along(gatedReference(gu, kind, gated), dact));
    expectClose(gatedBackwardReference(gu, kind, gated, dact).values, expected);
  });
});

import { expect, test } from 'vitest';
import type { Activation } from '../../src/ops/arguments.ts';
import { gatedBackwardReference, gatedReference } from '../../src/ops/reference/activation.ts';
import { dense } from '../../src/ops/reference/linear.ts';
import { gatedBackward, gatedForward } from '../../src/ops/webgpu/activation.ts';
import {
  difference,
  dimsOf,
  gpuOnce,
  noise,
  onDevice,
  placed,
  randomDense,
  readPlaced,
  room,
} from './op-case.ts';

const KINDS: Activation[] = ['silu', 'gelu', 'gelu_tanh'];
const SHAPES = [
  { rows: 5, width: 24, margin: 4, gated: true },
  { rows: 3, width: 9, margin: 1, gated: true },
  { rows: 4, width: 12, margin: 0, gated: false },
  { rows: 1, width: 7, margin: 2, gated: false },
];

/** Between −8 and 8, and some so large that an exponential or a cube of them overflows. */
function inputs(rows: number, cols: number) {
  const next = noise(1);
  const far = [100, -100, 1e5, -1e5, 1e15, -1e15];
  return dense(rows, cols, (i, j) => (i === 0 && j < far.length ? far[j] : 16 * next()));
}

const CASES = KINDS.flatMap((kind) => SHAPES.map((shape) => ({ kind, ...shape })));

test.each(CASES)('$kind, $rows × $width, gated $gated', async ({ kind, rows, width, margin, gated }) => {
  const gpu = await gpuOnce();
  const cols = gated ? 2 * width : width;
  const gu = inputs(rows, cols);
  const dact = randomDense(rows, width, 2);
  const run = async () => {
    const m = {
      gu: placed(gpu, gu, margin),
      act: room(gpu, rows, width, margin),
      dact: placed(gpu, dact, margin),
    };
    await onDevice(gpu, dimsOf(rows), (e) => {
      gatedForward(e, { gu: m.gu, act: m.act, width, kind, gated });
      gatedBackward(e, { gu: m.gu, dact: m.dact, width, kind, gated });
    });
    return {
      act: await readPlaced(gpu, m.act, rows, width),
      dgu: await readPlaced(gpu, m.gu, rows, cols),
    };
  };
  const { act, dgu } = await run();
  const expected = {
    act: gatedReference(gu, kind, gated),
    dgu: gatedBackwardReference(gu, kind, gated, dact),
  };
  // The far values of the first row are compared by their ratio, so that they do not hide the others.
  for (const [ours, theirs] of [
    [act, expected.act],
    [dgu, expected.dgu],
  ])
    ours.values.forEach((value, i) => {
      const size = Math.max(1, Math.abs(theirs.values[i]));
      expect(Math.abs(value - theirs.values[i]) / size, `value ${i}`).toBeLessThan(3e-6);
    });
  expect(await run()).toEqual({ act, dgu });
});

test('difference sees what is not a number', () => {
  expect(
    difference(
      dense(1, 1, () => Number.NaN),
      dense(1, 1),
    ),
  ).toBe(Number.POSITIVE_INFINITY);
});

import { describe, expect, test } from 'vitest';
import { dense } from '../../src/ops/reference/linear.ts';
import {
  softCrossEntropyBackwardReference,
  softCrossEntropyReference,
} from '../../src/ops/reference/soft-targets.ts';
import { softCrossEntropy } from '../../src/ops/webgpu/cross-entropy.ts';
import {
  difference,
  dimsOf,
  FORMS,
  GUARD,
  gpuOnce,
  noise,
  onDevice,
  placed,
  readFloats,
  readPlaced,
  upload,
} from './op-case.ts';

/** Few and many columns; one likeliest token, more than a workgroup has threads, all but one, all. */
const SHAPES = [
  { vocab: 516, top: 64, margin: 4, weight: 0.5 },
  { vocab: 516, top: 200, margin: 0, weight: 1 },
  { vocab: 137, top: 1, margin: 1, weight: 0.25 },
  { vocab: 12, top: 11, margin: 0, weight: 0.5 },
  { vocab: 12, top: 12, margin: 3, weight: 0.5 },
];

/** Supervised rows before this chunk, the gradient's factor, and how far the parts of the loss stand apart. */
const [ROWS, OFFSET, SCALE, STRIDE] = [24, 3, 0.25, 64];

describe.each(FORMS)('$form', ({ software, choices }) => {
  test.each(SHAPES)('$top of $vocab logits, weight $weight', async ({ vocab, top, margin, weight }) => {
    const gpu = await gpuOnce();
    const next = noise(1);
    const z = dense(ROWS, vocab, (i) => Math.fround([8 * next(), 60 * next(), 8, -80][i % 4]));
    const targets = Array.from({ length: ROWS }, (_, i) => (5 * i + 2) % vocab);
    const weights = targets.map((_, i) => [1, -0.75, 0, 3][i % 4]);
    const ids = targets.flatMap((_, i) => Array.from({ length: top }, (_, k) => (7 * i + k) % vocab));
    const probabilities = targets.flatMap((_, i) => {
      const raw = Array.from({ length: top + 1 }, () => 1 + next());
      // Nothing for the rest, or nothing for one of the likeliest.
      if (i % 3 === 1 || top === vocab) raw[top] = 0;
      if (i % 3 === 2) raw[0] = 0;
      const sum = raw.reduce((a, b) => a + b);
      return raw.map((value) => value / sum);
    });
    const soft = { top, ids, probabilities };
    const behind = <T>(values: T[], each: number, fill: T) => [...Array(each * OFFSET).fill(fill), ...values];
    const run = async (gradient: boolean) => {
      const logits = placed(gpu, z, margin);
      const losses = upload(gpu, new Float64Array(3 * STRIDE).fill(GUARD));
      const args = {
        ...{ logits, losses, vocab, gradient, top, weight, stride: STRIDE },
        targets: upload(gpu, Uint32Array.from(behind(targets, 1, 0))),
        weights: upload(gpu, behind(weights, 1, GUARD)),
        ids: upload(gpu, Uint32Array.from(behind(ids, top, 0))),
        probabilities: upload(gpu, behind(probabilities, top + 1, GUARD)),
      };
      const dims = dimsOf(ROWS, { offset: OFFSET, scale: SCALE });
      await onDevice(gpu, dims, (e) => softCrossEntropy(e, args), { software, choices });
      return {
        losses: await readFloats(gpu, losses, 3 * STRIDE),
        logits: await readPlaced(gpu, logits, ROWS, vocab),
      };
    };
    const both = await run(true);
    expect((await run(false)).losses).toEqual(both.losses);
    const again = await run(true);
    expect(again).toEqual(both);
    const expected = softCrossEntropyReference(z, targets, weights, soft, weight);
    Object.entries(expected).forEach(([name, values], part) => {
      expect(both.losses[part * STRIDE + OFFSET - 1]).toBe(GUARD);
      expect(both.losses[part * STRIDE + OFFSET + ROWS]).toBe(GUARD);
      values.forEach((value: number, i: number) => {
        const error = Math.abs(both.losses[part * STRIDE + OFFSET + i] - value);
        expect(error, `${name} ${i}`).toBeLessThan(2e-6 * Math.max(20, Math.abs(value)));
      });
    });
    const gradient = softCrossEntropyBackwardReference(z, targets, weights, soft, { weight, scale: SCALE });
    expect(difference(both.logits, gradient)).toBeLessThan(5e-6);
  });
});

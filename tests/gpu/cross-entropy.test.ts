import { describe, expect, test } from 'vitest';
import {
  crossEntropyBackwardReference,
  crossEntropyReference,
} from '../../src/ops/reference/cross-entropy.ts';
import { dense } from '../../src/ops/reference/linear.ts';
import { crossEntropy, sumLosses } from '../../src/ops/webgpu/cross-entropy.ts';
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

/** One row a target, so that each lane of a workgroup has its turn; by fours and one by one, few and many columns. */
const SHAPES = [
  { vocab: 516, margin: 4 },
  { vocab: 137, margin: 1 },
  { vocab: 12, margin: 0 },
];

/** Supervised rows before this chunk, and the gradient's factor. */
const [OFFSET, SCALE] = [3, 0.25];

/** Rows with logits about 0, from −80 to 80, all at 80 and all at −80 in turn. */
function logitsOf(vocab: number) {
  const next = noise(1);
  return dense(vocab, vocab, (i) => Math.fround([8 * next(), 160 * next(), 80, -80][i % 4]));
}

describe.each(FORMS)('$form', ({ software, choices }) => {
  test.each(SHAPES)('$vocab logits a row', async ({ vocab, margin }) => {
    const gpu = await gpuOnce();
    const z = logitsOf(vocab);
    const targets = Uint32Array.from({ length: vocab }, (_, i) => (5 * i + 2) % vocab);
    const given = Uint32Array.of(...Array(OFFSET).fill(0), ...targets, 0);
    const ones = new Float64Array(vocab).fill(1);
    const weights = Float64Array.from({ length: vocab }, (_, i) => [1, -0.75, 0, 3][(i + (i >> 2)) % 4]);
    const dims = dimsOf(vocab, { offset: OFFSET, scale: SCALE });
    const run = async (gradient: boolean, weights: Float64Array) => {
      const logits = placed(gpu, z, margin);
      const losses = upload(gpu, new Float64Array(given.length).fill(GUARD));
      const around = Float64Array.of(...Array(OFFSET).fill(GUARD), ...weights, GUARD);
      const args = {
        logits,
        targets: upload(gpu, given),
        weights: upload(gpu, around),
        losses,
        vocab,
        gradient,
      };
      await onDevice(gpu, dims, (e) => crossEntropy(e, args), { software, choices });
      return {
        losses: await readFloats(gpu, losses, given.length),
        logits: await readPlaced(gpu, logits, vocab, vocab),
      };
    };
    for (const w of [ones, weights]) {
      const alone = await run(false, w);
      const both = await run(true, w);
      const again = await run(true, w);
      expect(same(alone.logits.values, z.values)).toBe(true);
      expect(same(both.losses, alone.losses)).toBe(true);
      expect(same(again.losses, both.losses) && same(again.logits.values, both.logits.values)).toBe(true);
      // The first and last values belong to other chunks.
      expect([...both.losses.subarray(0, OFFSET), both.losses[OFFSET + vocab]]).toEqual(Array(4).fill(GUARD));
      crossEntropyReference(z, targets, w).forEach((loss, i) => {
        const error = Math.abs(both.losses[OFFSET + i] - loss);
        expect(error, `loss ${i}`).toBeLessThan(1e-6 * Math.max(20, Math.abs(loss)));
      });
      const gradient = crossEntropyBackwardReference(z, targets, w, SCALE);
      expect(difference(both.logits, gradient)).toBeLessThan(5e-6);
    }
  });

  test('adds the losses of all rows to the result', async () => {
    const gpu = await gpuOnce();
    for (const rows of [0, 1, 1000]) {
      const next = noise(rows);
      const losses = Float64Array.from({ length: 1001 }, () => 4 + next());
      const result = upload(gpu, [5, GUARD]);
      const args = { losses: upload(gpu, losses), result };
      await onDevice(gpu, dimsOf(rows), (e) => sumLosses(e, args), { software, choices });
      const [sum, behind] = await readFloats(gpu, result, 2);
      const expected = losses.subarray(0, rows).reduce((a, b) => a + b, 5);
      expect(Math.abs(sum / expected - 1)).toBeLessThan(2e-6);
      expect(behind).toBe(GUARD);
    }
  });
});

/** Equality without the report on a hundred thousand numbers that a failing `toEqual` would write. */
function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));
}

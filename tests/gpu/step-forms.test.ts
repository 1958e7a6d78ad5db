import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import { packedBatch } from '../../src/data/batches.ts';
import type { Example } from '../../src/data/types.ts';
import { cosine, type Fixture, logitError, openFixture } from '../unit/model/fixture.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';

/** The same step in other forms: rows packed side by side, activations computed twice. Numbers must not change. */

const SHAPE = { maxRows: 3, maxLength: 48 };

/** Window and local layers with norms of heads; learned positions. */
const FAMILIES = ['gemma3', 'gpt2'] as const;

async function gradientOf(f: Fixture, batch: Batch, options: { checkpointing?: boolean; packing?: boolean }) {
  const engine = await fixtureEngine(f, SHAPE, options);
  await engine.setAdapter(f.initial);
  const { lossSum, tokens } = await engine.evaluate(batch, 1);
  // With β₁ = 0 and no decay, the first moment after a step is the gradient itself.
  const step = await engine.step([batch], 1, { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0 });
  const { m } = await engine.getOptimizer();
  engine.dispose();
  return { loss: lossSum / tokens, tokens, step, gradient: m };
}

function examplesOf({ rows, length, ids, labels, lengths }: Batch): Example[] {
  return Array.from({ length: rows }, (_, index) => {
    const cut = (values: Int32Array) => values.slice(index * length, index * length + lengths[index]);
    return { index, line: index + 1, ids: cut(ids), labels: cut(labels), truncated: 0 };
  });
}

describe.each(FAMILIES)('%s', (name) => {
  test('packed and checkpointed steps have the gradients of a plain one', async () => {
    const f = await openFixture((file) => readFixture(name, file));
    const [plain] = f.batches;
    const packed = packedBatch(examplesOf(plain), SHAPE.maxLength);
    expect(packed.rows * packed.length).toBeLessThanOrEqual(plain.rows * 32);
    expect(packed.documents!.some((document) => document > 0)).toBe(true);
    const expected = await gradientOf(f, plain, {});
    expect(expected.loss).toBeCloseTo(f.first.loss, 4);
    for (const [batch, options] of [
      [packed, { packing: true }],
      [plain, { packing: true }],
      [plain, { checkpointing: true }],
    ] as const) {
      const got = await gradientOf(f, batch, options);
      expect(got.tokens).toBe(expected.tokens);
      expect(Math.abs(got.loss / expected.loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(got.step.loss / expected.step.loss - 1)).toBeLessThan(1e-5);
      expect(logitError(got.gradient, expected.gradient)).toBeLessThan(1e-5);
      expect(cosine(got.gradient, expected.gradient)).toBeGreaterThan(0.99999);
    }
  });
});

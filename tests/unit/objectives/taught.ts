import { afterAll, beforeAll, expect, it } from 'vitest';
import { supervisedRows } from '../../../src/data/batch.ts';
import { batchOf } from '../../../src/data/batches.ts';
import type { Dataset, Example } from '../../../src/data/types.ts';
import type { Engine, OptimizerSettings } from '../../../src/engine/engine.ts';
import { initialAdapter, joinValues, splitValues } from '../../../src/methods/parameters.ts';
import type { SoftLoss } from '../../../src/model/sublayers/head.ts';
import { bake } from '../../../src/objectives/bake.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { heldOutLoss } from '../../../src/run/held-out.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { Trainer } from '../../../src/run/trainer.ts';
import type { Fixture } from '../model/fixture.ts';
import { datasetOf } from '../run/resume.ts';
import { taughtBy } from './taught-rows.ts';

/** What an engine gives to a student and takes of a teacher: soft targets, their gradient, and a run along it. */

export const SHAPE = { maxRows: 6, maxLength: 48 };
export const SOFT: SoftLoss = { top: 5, weight: 0.75 };

/** With β₁ = 0 and no decay, the first moment after a step is the gradient itself. */
const GRADIENT: OptimizerSettings = {
  ...{ learningRate: 0, beta1: 0, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 0 },
};

export function describeTaught(open: () => Promise<{ engine: Engine; f: Fixture }>): void {
  let engine: Engine;
  let f: Fixture;
  let dataset: Dataset;
  let examples: Example[];

  beforeAll(async () => {
    ({ engine, f } = await open());
    dataset = await taughtBy(
      engine,
      datasetOf(f),
      Array.from({ length: 16 }, (_, i) => i),
      SOFT.top,
    );
    examples = await dataset.examples([0, 1, 2]);
  });
  afterAll(() => engine.dispose());

  const layout = { packing: false, maxLength: SHAPE.maxLength };

  it('a teacher’s likeliest tokens are those of PyTorch’s logits, whatever stands beside a row', async () => {
    const [batch] = f.batches;
    const { vocab } = f.config;
    const { count, index } = supervisedRows(batch);
    const { ids, probabilities } = await engine.likeliest(batch, 0, { top: 4, vocab });
    for (let i = 0; i < count; i++) {
      const row = [...f.logits.subarray(index[i] * vocab, (index[i] + 1) * vocab)];
      const order = row.map((_, id) => id).sort((a, b) => row[b] - row[a]);
      expect([...ids.subarray(4 * i, 4 * i + 4)]).toEqual(order.slice(0, 4));
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
      const p = (some: number[]) => some.reduce((sum, id) => sum + Math.exp(row[id]) / total, 0);
      const expected = [...order.slice(0, 4).map((id) => p([id])), p(order.slice(4))];
      expected.forEach((value, k) => {
        expect(Math.abs(probabilities[5 * i + k] - value)).toBeLessThan(1e-5);
      });
    }
    // Tokens that the student does not have are never told of.
    const few = await engine.likeliest(batch, 0, { top: 4, vocab: 6 });
    expect(few.ids.every((id) => id < 6)).toBe(true);
    const sums = Array.from({ length: count }, (_, i) =>
      few.probabilities.subarray(5 * i, 5 * i + 5).reduce((a, b) => a + b, 0),
    );
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });

  it('the gradient is that of finite differences of the loss, which is its parts', async () => {
    const batch = batchOf(examples, layout);
    await engine.setAdapter(f.final);
    const zeros = new Float32Array(joinValues(f.initial).length);
    await engine.setOptimizer({ m: zeros, v: zeros });
    const { loss, parts, applied } = await engine.step([batch, batch], 1, GRADIENT, 7);
    expect(applied).toBe(true);
    const { crossEntropy, divergence } = parts!;
    expect(Math.min(crossEntropy, divergence)).toBeGreaterThan(0.05);
    expect(loss).toBeCloseTo((1 - SOFT.weight) * crossEntropy + SOFT.weight * divergence, 5);
    const { m } = await engine.getOptimizer();
    const begin = joinValues(f.final);
    const lossAt = async (direction: Float64Array, times: number) => {
      const moved = begin.map((value, i) => value + times * direction[i]);
      await engine.setAdapter(splitValues(moved, engine.modules, f.adapterSettings));
      return (2 * (await engine.evaluate(batch, 1)).lossSum) / 7;
    };
    for (const part of [() => true, (i: number) => i % 2 === 0, (i: number) => i % 3 === 0]) {
      const direction = Float64Array.from(m, (value, i) => (part(i) ? value : 0));
      const length = Math.hypot(...direction);
      const unit = direction.map((value) => value / length);
      const slope = async (by: number) => ((await lossAt(unit, by)) - (await lossAt(unit, -by))) / (2 * by);
      const expected = (4 * (await slope(5e-3)) - (await slope(1e-2))) / 3;
      expect(length).toBeGreaterThan(1e-3);
      expect(Math.abs(length / expected - 1)).toBeLessThan(2e-3);
    }
  });

  it('rows that are packed lose nothing, and labels can still be asked for alone', async () => {
    await engine.setAdapter(f.final);
    const apart = await engine.evaluate(batchOf(examples, layout), 1);
    const packed = batchOf(examples, { ...layout, packing: true });
    expect(packed.rows).toBeLessThan(examples.length);
    const together = await engine.evaluate(packed, 1);
    expect(together.lossSum / apart.lossSum).toBeCloseTo(1, 5);
    expect(together.parts!.divergence / apart.parts!.divergence).toBeCloseTo(1, 5);
    const labels = await engine.evaluate({ ...batchOf(examples, layout), soft: undefined }, 1);
    expect(labels.parts).toBeUndefined();
    expect(labels.lossSum).toBeCloseTo(apart.parts!.crossEntropy, 3);
  });

  it('trains: the model without the prompt comes near the one that sees it, on rows that it never saw', async () => {
    const events: RunEvent[] = [];
    const start = initialAdapter(engine.modules, f.adapterSettings, 1);
    await engine.setAdapter(start);
    const zeros = new Float32Array(joinValues(start).length);
    await engine.setOptimizer({ m: zeros, v: zeros });
    const objective = bake(defaultSettings({ distilTop: SOFT.top }));
    const rows = Uint32Array.from({ length: 12 }, (_, i) => i);
    const heldOut = { dataset, rows: Uint32Array.of(12, 13, 14, 15) };
    const settings = defaultSettings({
      steps: 30,
      batch: 3,
      accumulate: 2,
      learningRate: 1e-2,
      maxLength: 32,
    });
    await new Trainer({
      ...{ engine, dataset, rows, heldOut, settings, objective },
      ...{ trace: true, sampleEvery: null, sample: async () => {}, emit: (event) => events.push(event) },
    }).run();
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps[0].taught).toHaveLength(6);
    expect(steps.at(-1)!.figures.kl).toBeLessThan(0.8 * steps[0].figures.kl);
    const measure = { ...heldOut, settings, objective };
    const before = await heldOutLoss(engine, { ...measure, strength: 0 });
    const after = await heldOutLoss(engine, { ...measure, strength: 1 });
    expect(before.divergence).toBeGreaterThan(0.01);
    expect(after.divergence).toBeLessThan(before.divergence!);
  });
}

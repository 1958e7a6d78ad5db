import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Batch, supervisedRows } from '../../../src/data/batch.ts';
import { packedBatch } from '../../../src/data/batches.ts';
import type { Example } from '../../../src/data/types.ts';

import type { Engine, OptimizerSettings } from '../../../src/engine/engine.ts';
import { initialAdapter, joinValues, splitValues } from '../../../src/methods/parameters.ts';
import type { AdapterWeights } from '../../../src/methods/types.ts';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import type { Objective } from '../../../src/objectives/objective.ts';
import { weighed } from '../../../src/objectives/weigh.ts';
import { crossEntropyReference } from '../../../src/ops/reference/cross-entropy.ts';
import { dense } from '../../../src/ops/reference/linear.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { preferenceOf } from '../../../src/run/held-out.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { Trainer } from '../../../src/run/trainer.ts';
import { examplesOf } from '../model/examples-of.ts';
import { type Fixture, logitError } from '../model/fixture.ts';
import { datasetOf } from '../run/resume.ts';
import { changed, judgedOf, pairOf } from './pairs-of.ts';

/** What an engine gives to objectives: log-probabilities, weighted gradients, and a run of two passes a step. */

/** Rows of pairs; room for two packed side by side. */
export const SHAPE = { maxRows: 6, maxLength: 48 };

/** With β₁ = 0 and no decay, the first moment after a step is the gradient itself. */
const GRADIENT: OptimizerSettings = {
  learningRate: 0,
  beta1: 0,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clip: 0,
};

export function describeObjectives(open: () => Promise<{ engine: Engine; f: Fixture }>): void {
  let engine: Engine;
  let f: Fixture;
  let batch: Batch;

  beforeAll(async () => {
    ({ engine, f } = await open());
    [batch] = f.batches;
  });
  afterAll(() => engine.dispose());

  const gradient = async (of: Batch[], divisor?: number) => {
    // A moment that was there before would leave its rounding.
    const zeros = zerosLike(f.initial);
    await engine.setOptimizer({ m: zeros, v: zeros });
    const { loss, applied } = await engine.step(of, 1, GRADIENT, divisor);
    expect(applied).toBe(true);
    return { loss, values: (await engine.getOptimizer()).m };
  };

  /** The gradient at the final adapter beside finite differences of the loss. */
  const expectSlopes = async (values: Float32Array, lossHere: () => Promise<number>) => {
    const begin = joinValues(f.final);
    const at = async (direction: Float64Array, times: number) => {
      const moved = begin.map((value, i) => value + times * direction[i]);
      await engine.setAdapter(splitValues(moved, engine.modules, f.adapterSettings));
      return lossHere();
    };
    // Along the gradient as a whole, and along parts of it, so that an error in one cannot be made up by another.
    for (const part of [() => true, (i: number) => i % 2 === 0, (i: number) => i % 3 === 0]) {
      const direction = Float64Array.from(values, (value, i) => (part(i) ? value : 0));
      const length = Math.hypot(...direction);
      const unit = direction.map((value) => value / length);
      const slope = async (by: number) => ((await at(unit, by)) - (await at(unit, -by))) / (2 * by);
      // Of two central differences, the one without the error in the square of the step (Richardson).
      const expected = (4 * (await slope(5e-3)) - (await slope(1e-2))) / 3;
      expect(length).toBeGreaterThan(1e-3);
      expect(Math.abs(length / expected - 1)).toBeLessThan(2e-3);
    }
  };

  describe('log-probabilities', () => {
    it('are those of PyTorch’s logits, of the base and of the adapted model', async () => {
      await engine.setAdapter(f.final);
      const { vocab } = f.config;
      const { count, index, targets } = supervisedRows(batch);
      for (const [strength, logits] of [
        [0, f.logits],
        [1, f.tunedLogits],
      ] as const) {
        const z = dense(count, vocab, (i, j) => logits[index[i] * vocab + j]);
        const expected = crossEntropyReference(z, targets, new Float64Array(count).fill(1));
        const { each, sum, tokens } = await engine.logProbabilities(batch, strength);
        const sums = new Float64Array(batch.rows);
        const counts = new Int32Array(batch.rows);
        const seen = new Set<number>();
        expected.forEach((loss, i) => {
          const at = index[i] + 1;
          seen.add(at);
          sums[Math.floor(at / batch.length)] -= loss;
          counts[Math.floor(at / batch.length)]++;
          expect(Math.abs(each[at] + loss), `token ${at}`).toBeLessThan(1e-4);
        });
        expect([...tokens]).toEqual([...counts]);
        sums.forEach((value, row) => {
          expect(Math.abs(sum[row] / value - 1), `row ${row}`).toBeLessThan(1e-5);
        });
        expect(each.every((value, at) => seen.has(at) || value === 0)).toBe(true);
      }
    });

    it('count every token as one, whatever it weighs', async () => {
      const weighted = { ...batch, weights: new Float32Array(batch.labels.length).fill(-3) };
      expect(await engine.logProbabilities(weighted, 1)).toEqual(await engine.logProbabilities(batch, 1));
    });

    it('of packed rows come by example', async () => {
      const packed = packedBatch(examplesOf(batch), SHAPE.maxLength);
      expect(packed.rows).toBeLessThan(batch.rows);
      const [apart, together] = [
        await engine.logProbabilities(batch, 1),
        await engine.logProbabilities(packed, 1),
      ];
      expect(together.tokens).toEqual(apart.tokens);
      apart.sum.forEach((value, i) => {
        expect(Math.abs(together.sum[i] / value - 1), `example ${i}`).toBeLessThan(1e-5);
      });
    });
  });

  describe('weights', () => {
    it('weigh the gradient and the loss of each token, over the divisor that is asked for', async () => {
      await engine.setAdapter(f.initial);
      // Of every two tokens one, and the other, alone: their gradients without weights.
      const half = (odd: number) => ({
        ...batch,
        labels: batch.labels.map((label, i) => (i % 2 === odd ? label : -100)),
      });
      const parts = [await gradient([half(0)], 7), await gradient([half(1)], 7)];
      const weights = Float32Array.from(batch.labels, (_, i) => [2, -0.5][i % 2]);
      const both = await gradient([{ ...batch, weights }], 7);
      const wanted = parts[0].values.map((value, i) => 2 * value - 0.5 * parts[1].values[i]);
      expect(logitError(scaled(both.values, wanted), scaled(wanted, wanted))).toBeLessThan(1e-5);
      expect(both.loss).toBeCloseTo(2 * parts[0].loss - 0.5 * parts[1].loss, 5);
      const { lossSum } = await engine.evaluate({ ...batch, weights }, 1);
      expect(lossSum / 7).toBeCloseTo(both.loss, 5);
    });

    it('of all ones, or of a step before, change no bit', async () => {
      await engine.setAdapter(f.initial);
      const plain = await gradient([batch]);
      const ones = new Float32Array(batch.labels.length).fill(1);
      expect(await gradient([{ ...batch, weights: ones }])).toEqual(plain);
      const others = Float32Array.from(batch.labels, (_, i) => Math.sin(i));
      expect((await gradient([{ ...batch, weights: others }, batch])).loss).not.toBe(plain.loss);
      expect(await gradient([batch])).toEqual(plain);
    });
  });

  describe('an adapter in place of the engine’s own', () => {
    it('is asked as if it were set, and the own one is there again to the byte', async () => {
      await engine.setAdapter(f.final);
      const final = await engine.logProbabilities(batch, 1);
      await engine.setAdapter(f.initial);
      const own = joinValues(await engine.getAdapter());
      const [other, after] = await Promise.all([
        engine.logProbabilities(batch, 1, f.final),
        engine.logProbabilities(batch, 1),
      ]);
      expect(other).toEqual(final);
      expect(after).not.toEqual(final);
      expect(joinValues(await engine.getAdapter())).toEqual(own);
    });
  });

  describe('an objective that needs log-probabilities first', () => {
    const settings = defaultSettings({ beta: 0.5, nllTokens: 'row' });
    const layout = { packing: false, maxLength: SHAPE.maxLength };
    const change = { answers: (example: Example) => example, pairs: pairOf, verdicts: judgedOf };
    const microOf = (objective: Objective) =>
      f.batches.slice(0, 2).map((one, i) => {
        // Rows of a dataset have an index each.
        const rows = examplesOf(one).map((example) => ({ ...example, index: 10 * i + example.index }));
        return objective.microBatch(rows.map(change[objective.rows]), layout);
      });

    it.each(['dpo', 'ipo', 'orpo', 'simpo'] as const)(
      '%s has the gradient of its finite differences',
      async (name) => {
        const objective = OBJECTIVES[name](settings);
        await engine.setAdapter(f.final);
        const work = await weighed(engine, objective, microOf(objective));
        expect(work.divisor).toBe(6);
        const { values } = await gradient([...work.batches], work.divisor);
        await expectSlopes(values, async () => (await weighed(engine, objective, microOf(objective))).loss!);
      },
    );

    // No gradient goes through p, nor through KL: what is differentiated has the weights of before the step.
    it.each(['dft', 'kto'] as const)('%s has the gradient of its weights held', async (name) => {
      const objective = OBJECTIVES[name](settings);
      await engine.setAdapter(f.final);
      const { batches, divisor } = await weighed(engine, objective, microOf(objective));
      const { values } = await gradient([...batches], divisor);
      await expectSlopes(values, async () => {
        let sum = 0;
        for (const one of batches) sum += (await engine.evaluate(one, 1)).lossSum;
        return sum / divisor;
      });
    });

    it('is the same with its rows packed', async () => {
      await engine.setAdapter(f.final);
      for (const name of ['dpo', 'orpo', 'kto'] as const) {
        const objective = OBJECTIVES[name](settings);
        const examples = examplesOf(batch).map(change[objective.rows]);
        const [apart, together] = [
          await weighed(engine, objective, [objective.microBatch(examples, layout)]),
          await weighed(engine, objective, [objective.microBatch(examples, { ...layout, packing: true })]),
        ];
        expect(Math.abs(together.loss! / apart.loss! - 1), name).toBeLessThan(1e-5);
        for (const [key, value] of Object.entries(apart.figures))
          expect(together.figures[key], `${name} ${key}`).toBeCloseTo(value, 4);
      }
    });

    it('trains: the margin rises from nothing, the loss falls from log 2, on held-out rows too', async () => {
      const events: RunEvent[] = [];
      const objective = OBJECTIVES.dpo(settings);
      const dataset = changed(datasetOf(f), pairOf);
      const start = initialAdapter(engine.modules, f.adapterSettings, 1);
      await engine.setAdapter(start);
      await engine.setOptimizer({ m: zerosLike(start), v: zerosLike(start) });
      const trainer = new Trainer({
        engine,
        dataset,
        rows: Uint32Array.from({ length: 12 }, (_, i) => i),
        heldOut: { dataset, rows: Uint32Array.of(0, 1, 2, 3) },
        settings: defaultSettings({ steps: 12, batch: 3, accumulate: 2, learningRate: 1e-2, maxLength: 32 }),
        objective,
        trace: true,
        sampleEvery: null,
        sample: async () => {},
        emit: (event) => events.push(event),
      });
      const result = await trainer.run();
      const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
      expect(events.find(({ type }) => type === 'figures')).toEqual({
        type: 'figures',
        figures: objective.figures,
      });
      expect(steps[0]).toMatchObject({ loss: Math.log(2), figures: { margin: 0, accuracy: 0 } });
      expect(result.lossFirst).toBe(Math.log(2));
      // Every pair of both micro-batches, chosen then rejected.
      expect(steps[0].inputIds).toHaveLength(12);
      const last = steps.at(-1)!;
      expect(last.loss).toBeLessThan(0.5);
      expect(last.figures.margin).toBeGreaterThan(0.5);
      expect(last.figures.accuracy).toBe(1);
      expect(result.eval!.loss_before).toBe(Math.log(2));
      expect(result.eval!.loss_after).toBeLessThan(0.5);

      // As `evaluate` measures it: beside the base, by rewards at β 1.
      const measure = {
        dataset,
        rows: [0, 1, 2, 3, 4],
        settings: { batch: 3, packing: false, maxLength: 32 },
      };
      const tuned = await preferenceOf(engine, { ...measure, strength: 1 });
      expect(tuned.preference_accuracy).toBe(1);
      expect(tuned.margin).toBeGreaterThan(1);
      const half = await preferenceOf(engine, { ...measure, strength: 0.5 });
      expect(half.margin).toBeLessThan(tuned.margin);
      expect(await preferenceOf(engine, { ...measure, strength: 0 })).toEqual({
        preference_accuracy: 0,
        margin: 0,
      });
    });
  });
}

const zerosLike = (adapter: AdapterWeights) => new Float32Array(joinValues(adapter).length);

/** Over the largest of `by`, so that small gradients are compared as closely as large ones. */
function scaled(values: Float32Array, by: Float32Array): Float32Array {
  const most = by.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return values.map((value) => value / most);
}

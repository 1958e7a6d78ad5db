import { describe, expect, it, test } from 'vitest';
import { padBatch } from '../../../../src/data/batches.ts';
import { cosineOf, influenceOf, stepsToLookAt } from '../../../../src/lab/influence/influence.ts';
import { SKETCH_WIDTH, sketch } from '../../../../src/lab/influence/sketch.ts';
import { processorEngine } from '../../engine/processor/processor-engine.ts';
import { referenceEngine } from '../../engine/reference-engine.ts';
import { examplesOf } from '../../model/examples-of.ts';
import { openFixture } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { leaveEachOut, rankCorrelation } from './left-out.ts';

const open = () =>
  openFixture((file) => readFixture(new URL(`../../model/fixtures/llama/${file}`, import.meta.url)));

/** Numbers as if at random, of mean 0. */
const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
    return x - Math.floor(x) - 0.5;
  });
const plus = (x: Float32Array, y: Float32Array, by: number) => x.map((value, i) => value + by * y[i]);

describe('a sketch', () => {
  it('is linear, is the same for the same seed, and another for another', () => {
    const [x, y] = [noise(5000, 1), noise(5000, 2)];
    expect(sketch(x, 7)).toHaveLength(SKETCH_WIDTH);
    expect(sketch(x, 7)).toEqual(sketch(x, 7));
    expect(sketch(x, 8)).not.toEqual(sketch(x, 7));
    const [ofX, ofY, ofBoth] = [sketch(x, 7), sketch(y, 7), sketch(plus(x, y, 2), 7)];
    const wrong = ofBoth.map((value, i) => Math.abs(value - ofX[i] - 2 * ofY[i]));
    expect(Math.max(...wrong)).toBeLessThan(1e-4);
    expect(() => sketch(x, 7, 1000)).toThrow(RangeError);
  });

  it('keeps every number once, in a place and with a sign that are even-handed', () => {
    const one = new Float32Array(1024);
    const seen = new Float64Array(32);
    let signs = 0;
    for (let i = 0; i < one.length; i++) {
      one.fill(0);
      one[i] = 3;
      const of = sketch(one, 3, 32);
      const places = [...of.keys()].filter((k) => of[k] !== 0);
      if (places.length !== 1 || Math.abs(of[places[0]]) !== 3) throw new Error(`${i} stands in ${places}`);
      seen[places[0]]++;
      signs += Math.sign(of[places[0]]);
    }
    expect(Math.min(...seen)).toBeGreaterThan(12);
    expect(Math.max(...seen)).toBeLessThan(60);
    expect(Math.abs(signs)).toBeLessThan(110);
  });

  it('has the cosines of what it was made of, in float64, within a few times 1/√m', () => {
    const x = noise(50_000, 1);
    let bias = 0;
    for (let seed = 0; seed < 8; seed++) {
      const y = plus(noise(50_000, 10 + seed), x, seed / 4);
      const error =
        cosineOf(sketch(x, seed), sketch(y, seed)) - cosineOf(Float64Array.from(x), Float64Array.from(y));
      expect(Math.abs(error)).toBeLessThan(4 / Math.sqrt(SKETCH_WIDTH));
      bias += error / 8;
    }
    expect(Math.abs(bias)).toBeLessThan(2 / Math.sqrt(SKETCH_WIDTH));
  });
});

describe('influence', () => {
  it('is a cosine, and the mean over the adapters that are looked at', () => {
    expect(cosineOf([1, 0], [3, 4])).toBeCloseTo(0.6);
    expect(cosineOf([0, 0], [3, 4])).toBe(0);
    expect(
      influenceOf(
        [
          [1, 0],
          [0, 2],
        ],
        [
          [1, 0],
          [0, -5],
        ],
      ),
    ).toBe(0);
    expect(() => influenceOf([[1]], [])).toThrow(RangeError);
  });

  it('looks at steps that are spread over the run, the last among them', () => {
    expect(stepsToLookAt([10, 20, 30, 40], 2)).toEqual([20, 40]);
    expect(stepsToLookAt([10, 20, 30], 2)).toEqual([20, 30]);
    expect(stepsToLookAt([10], 2)).toEqual([10]);
    expect(stepsToLookAt([], 2)).toEqual([]);
  });

  test('sketches of an engine’s gradients have the cosines of exact ones in float64', async () => {
    const f = await open();
    const shape = { maxRows: 3, maxLength: 32 };
    const [engine, exact] = [await processorEngine(f, shape), await referenceEngine(f, shape)];
    const still = { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 };
    const rows = examplesOf(f.batches[0]).map(({ ids, labels, ...rest }) => ({
      ...{ ...rest, ids: ids.slice(0, 9), labels: labels.slice(0, 9).fill(ids[4], 4, 5) },
    }));
    const ours: Float32Array[] = [];
    const theirs: Float32Array[] = [];
    await engine.setAdapter(f.final);
    await exact.setAdapter(f.final);
    for (const row of rows) {
      const batch = padBatch([row]);
      ours.push(await engine.gradient(batch));
      await exact.step([batch], 1, still);
      theirs.push((await exact.getOptimizer()).m);
    }
    for (let i = 0; i < rows.length; i++)
      for (let j = 0; j < i; j++) {
        const wanted = cosineOf(theirs[i], theirs[j]);
        expect(cosineOf(ours[i], ours[j])).toBeCloseTo(wanted, 4);
        expect(Math.abs(cosineOf(sketch(ours[i], 1), sketch(ours[j], 1)) - wanted)).toBeLessThan(0.06);
      }
    await engine.dispose();
    await exact.dispose();
  });

  test('rows that pull like an answer are those whose absence costs it most', async () => {
    const f = await open();
    const engine = await processorEngine(f, { maxRows: 4, maxLength: 32 });
    // Three kinds of rows, each with an answer of its own to questions of its own.
    const row = (kind: number, i: number) => {
      const question = [1, 10 + 3 * kind, 20 + ((7 * i + kind) % 20), 10 + 3 * kind];
      const answer = [50 + kind, 60 + kind, 55 - kind, 70 + ((i + kind) % 4)];
      return {
        ids: Int32Array.from([...question, ...answer]),
        labels: Int32Array.from([...question.map(() => -100), ...answer]),
      };
    };
    const kinds = [0, 1, 2];
    const { influence, change, before, after } = await leaveEachOut(engine, {
      ...{ start: f.initial, batch: 3, epochs: 4, learningRate: 5e-3, seed: 1, looks: [4, 8, 12] },
      rows: kinds.flatMap((kind) => [0, 1, 2].map((i) => row(kind, i))),
      answers: kinds.map((kind) => row(kind, 9)),
    });
    for (const [i, loss] of after.entries()) expect(loss).toBeLessThan(before[i]);
    // The row that pulls most is of the answer’s kind.
    const first = influence.map((of) => Math.floor(of.indexOf(Math.max(...of)) / 3));
    expect(first).toEqual(kinds);
    const correlations = influence.map((of, i) => rankCorrelation(of, change[i]));
    expect(correlations.reduce((sum, one) => sum + one, 0) / 3).toBeGreaterThan(0.4);
    await engine.dispose();
  });
});

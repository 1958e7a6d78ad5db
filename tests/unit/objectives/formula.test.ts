import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/data/batch.ts';
import type { Example } from '../../../src/data/types.ts';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import type { Objective, ObjectiveSettings, SeenBatch } from '../../../src/objectives/objective.ts';
import {
  byRow,
  JUDGED,
  LAYOUT,
  madeUp,
  noise,
  PAIRS,
  seenOf,
  weightsByDifferences,
  weightsByRow,
} from './made-up.ts';

/**
 * Loss, figures and weights of each objective beside its formula, written here as its paper has it, in float64; weights
 * beside its differences. Log-probabilities are made up.
 */

const SETTINGS: ObjectiveSettings = {
  beta: 0.3,
  gamma: 0.5,
  nllWeight: null,
  nllTokens: 'answer',
  distilTop: 4,
  distilWeight: 0.5,
};

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const meanOf = (values: readonly number[]) => total(values) / values.length;
const logSigmoid = (x: number) => -Math.log(1 + Math.exp(-x));

interface Case {
  settings?: Partial<ObjectiveSettings>;
  /** L from log p of the answers by row (better, worse, …), the reference's sums, and all that is supervised by row. */
  formula(rows: number[][], reference: number[], whole: number[][]): number;
}

const each = (rows: readonly number[][], of: (chosen: number, rejected: number) => number) =>
  meanOf(Array.from({ length: rows.length / 2 }, (_, i) => of(2 * i, 2 * i + 1)));
const betterNll = (rows: readonly number[][]) => {
  const better = rows.filter((_, i) => i % 2 === 0).flat();
  return -total(better) / better.length;
};
const odds = (row: readonly number[]) => {
  const p = Math.exp(meanOf(row));
  return p / (1 - p);
};
const orpo = (rows: number[][]) =>
  -SETTINGS.beta * each(rows, (c, r) => logSigmoid(Math.log(odds(rows[c]) / odds(rows[r]))));
const simpo = (rows: number[][]) =>
  -each(rows, (c, r) => logSigmoid(SETTINGS.beta * (meanOf(rows[c]) - meanOf(rows[r])) - SETTINGS.gamma));

const PAIRWISE: Record<string, Case> = {
  dpo: {
    formula: (rows, ref) =>
      -each(rows, (c, r) =>
        logSigmoid(SETTINGS.beta * (total(rows[c]) - ref[c] - (total(rows[r]) - ref[r]))),
      ),
  },
  ipo: {
    formula: (rows, ref) =>
      each(rows, (c, r) => {
        const h = (i: number) => (total(rows[i]) - ref[i]) / rows[i].length;
        return (h(c) - h(r) - 1 / (2 * SETTINGS.beta)) ** 2;
      }),
  },
  orpo: { formula: (rows) => betterNll(rows) + orpo(rows) },
  'orpo, whole rows': {
    settings: { nllTokens: 'row', nllWeight: 0.7 },
    formula: (rows, _, whole) => 0.7 * betterNll(whole) + orpo(rows),
  },
  'orpo without cross-entropy': { settings: { nllWeight: 0 }, formula: orpo },
  simpo: { formula: simpo },
  'simpo with cross-entropy': {
    settings: { nllWeight: 0.2 },
    formula: (rows) => 0.2 * betterNll(rows) + simpo(rows),
  },
};

/** The tokens of `whole` that are supervised in `answers`, by row. */
function within(answers: Batch, whole: number[][], batch: Batch): number[][] {
  const rows = byRow(answers, { each: positions(answers.labels), ...NOTHING });
  const all = byRow(batch, { each: positions(batch.labels), ...NOTHING });
  return rows.map((at, row) => at.map((position) => whole[row][all[row].indexOf(position)]));
}
const NOTHING = { sum: new Float64Array(0), tokens: new Int32Array(0) };
const positions = (labels: Int32Array) => Float32Array.from(labels, (_, at) => at);

describe.each(Object.entries(PAIRWISE))('%s', (name, { settings = {}, formula }) => {
  const objective = OBJECTIVES[name.split(/[ ,]/)[0] as 'dpo']({ ...SETTINGS, ...settings });
  const micro = PAIRS.map((examples) => objective.microBatch(examples, LAYOUT));
  const seen = seenOf(micro);
  const whole = seen.flatMap(({ batch, policy }) => byRow(batch, policy[0]));
  const reference = seen.flatMap((one) => [...(one.reference[0] ?? [])]);
  const answersOf = (rows: number[][]): number[][] => {
    let at = 0;
    return seen.flatMap(({ batch, answers }) => {
      const part = rows.slice(at, at + batch.rows);
      at += batch.rows;
      return answers ? within(answers, part, batch) : part;
    });
  };
  const loss = (rows: number[][]) => formula(answersOf(rows), reference, rows);

  test('has the loss of its formula, over the pairs of all micro-batches', () => {
    expect(objective.count(micro.map(({ batch }) => batch))).toBe(3);
    const { loss: ours } = objective.weigh!(seen);
    expect(Math.abs(ours / loss(whole) - 1)).toBeLessThan(1e-9);
  });

  test('weighs each token by its slope', () => {
    const { weights } = objective.weigh!(seen);
    expectSlopes(seen, weights, weightsByDifferences(whole, loss, 3));
  });

  test('tells rewards, margin and accuracy', () => {
    const rows = answersOf(whole);
    const reward = (i: number) =>
      SETTINGS.beta *
      (objective.hasReference ? total(rows[i]) - reference[i] : total(rows[i]) / rows[i].length);
    const { figures } = objective.weigh!(seen);
    expect(figures.rewards_chosen).toBeCloseTo(each(rows, reward), 9);
    expect(figures.rewards_rejected).toBeCloseTo(
      each(rows, (_, r) => reward(r)),
      9,
    );
    expect(figures.margin).toBeCloseTo(figures.rewards_chosen - figures.rewards_rejected, 9);
    expect(figures.accuracy).toBe(each(rows, (c, r) => Number(reward(c) > reward(r))));
    expect(Object.keys(figures)).toEqual(objective.figures.map(({ key }) => key));
  });
});

function expectSlopes(
  seen: readonly SeenBatch[],
  weights: readonly Float32Array[],
  wanted: number[][],
): void {
  const ours = seen.flatMap(({ batch }, i) => weightsByRow(batch, weights[i])).flat();
  expect(ours).toHaveLength(wanted.flat().length);
  const most = Math.max(...wanted.flat().map(Math.abs));
  expect(most).toBeGreaterThan(1e-3);
  ours.forEach((weight, i) => {
    expect(Math.abs(weight - wanted.flat()[i]) / most, `token ${i}`).toBeLessThan(1e-6);
  });
}

test('a pair that is lost or won by far has a finite loss and finite weights', () => {
  for (const name of ['dpo', 'ipo', 'orpo', 'simpo'] as const) {
    const objective = OBJECTIVES[name]({ ...SETTINGS, beta: 20 });
    const micro = [objective.microBatch(PAIRS[1], LAYOUT)];
    for (const [chosen, rejected] of [
      [1e-9, 200],
      [200, 1e-9],
      [0, 0],
    ]) {
      const seen = seenOf(micro).map((one) => {
        const { each, ...rest } = one.policy[0];
        const sum = Float64Array.of(-chosen, -rejected);
        return { ...one, policy: [{ ...rest, each, sum }] };
      });
      const { loss, weights } = objective.weigh!(seen);
      expect([loss, ...weights[0]].every(Number.isFinite), name).toBe(true);
    }
  }
});

describe('kto', () => {
  const objective: Objective = OBJECTIVES.kto(SETTINGS);
  const micro = JUDGED.map((examples) => objective.microBatch(examples, LAYOUT));
  const good = JUDGED.flat().map((example) => example.good);
  const counts = JUDGED.map((examples) => examples.length);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  /** KL of each micro-batch, as a number: no gradient goes through it. */
  const klOf = (seen: readonly SeenBatch[]) =>
    seen.map(({ policy, reference }) =>
      Math.max(0, meanOf([...policy[1].sum].map((sum, i) => sum - reference[1][i]))),
    );
  const lossOf = (seen: readonly SeenBatch[]) => {
    const kl = klOf(seen).flatMap((value, i) => Array<number>(counts[i]).fill(value));
    const reference = seen.flatMap((one) => [...one.reference[0]]);
    return (rows: number[][]) =>
      meanOf(
        rows.map((row, i) => {
          const ratio = total(row) - reference[i];
          return 1 - sigmoid(SETTINGS.beta * (good[i] ? ratio - kl[i] : kl[i] - ratio));
        }),
      );
  };
  /** The policy moved so far from the reference that KL is above zero, or below, where it is clamped. */
  const moved = (by: number) =>
    seenOf(micro).map((one) => ({
      ...one,
      reference: [one.reference[0], one.policy[1].sum.map((sum, i) => sum - by + noise(i) / 10)],
    }));

  test.each([
    ['above zero', 1.5],
    ['clamped', -2],
  ])('has the loss and slopes of its formula, KL %s', (_, by) => {
    const seen = moved(by);
    const rows = seen.flatMap(({ batch, policy }) => byRow(batch, policy[0]));
    const { loss, weights, figures } = objective.weigh!(seen);
    expect(Math.abs(loss / lossOf(seen)(rows) - 1)).toBeLessThan(1e-9);
    expectSlopes(seen, weights, weightsByDifferences(rows, lossOf(seen), 5));
    expect(figures.kl).toBeCloseTo(meanOf(klOf(seen)), 9);
    if (by < 0) expect(figures.kl).toBe(0);
    else expect(figures.kl).toBeGreaterThan(1);
  });

  test('puts each answer after the prompt of the next row, and the last after the first’s', () => {
    const [first] = micro;
    const [one, two, three] = JUDGED[0];
    const rowOf = ({ ids, length, lengths }: Batch, row: number) => [
      ...ids.subarray(row * length, row * length + lengths[row]),
    ];
    const parts = (example: Example) => {
      const begin = example.labels.findIndex((label) => label >= 0);
      return [[...example.ids.subarray(0, begin)], [...example.ids.subarray(begin)]];
    };
    const mismatched = first.policy![1];
    for (const [row, prompt, answer] of [
      [0, one, three],
      [1, two, one],
      [2, three, two],
    ] as const)
      expect(rowOf(mismatched, row)).toEqual([...parts(prompt)[0], ...parts(answer)[1]]);
    expect([...madeUp(mismatched, 1).tokens]).toEqual([3, 5, 4]);
    expect(first.reference!.map(({ keys }) => keys)).toEqual([[0, 1, 2], undefined]);
  });

  test('cuts such rows at the max length', () => {
    const short = objective.microBatch(JUDGED[0], { packing: false, maxLength: 10 });
    expect([...short.policy![1].lengths]).toEqual([7, 10, 8]);
  });

  test('tells no reward of answers that a step has none of', () => {
    const only = [objective.microBatch([JUDGED[0][0], JUDGED[0][2]], LAYOUT)];
    const { figures } = objective.weigh!(seenOf(only));
    expect(figures.rewards_chosen).not.toBeNaN();
    expect([figures.rewards_rejected, figures.margin]).toEqual([Number.NaN, Number.NaN]);
  });
});

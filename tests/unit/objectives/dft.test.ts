import { expect, test } from 'vitest';
import { dft } from '../../../src/objectives/dft.ts';
import { sft } from '../../../src/objectives/sft.ts';
import { byRow, exampleOf, madeUp, weightsByDifferences, weightsByRow } from './made-up.ts';

const LAYOUT = { packing: false, maxLength: 32 };

/** Two micro-batches, so that n is the tokens of both; one row asks for half the loss of its answer. */
function seen() {
  const half = exampleOf(2, 9, 4);
  half.weights = new Float32Array(9).fill(0.5);
  return [[exampleOf(0, 8, 5), exampleOf(1, 12, 3)], [half]].map((examples, seed) => {
    const { batch, policy } = dft.microBatch(examples, LAYOUT);
    expect(policy).toEqual([batch]);
    return { batch, policy: [madeUp(batch, seed)], reference: [] };
  });
}

test('the loss is −Σ sg(p) log p / n, the cross-entropy stands beside it', () => {
  const given = seen();
  const { loss, figures, weights } = dft.weigh!(given);
  const n = 5 + 3 + 4;
  expect(dft.count(given.map(({ batch }) => batch))).toBe(n);
  const asked = [1, 1, 0.5];
  const rows = given.flatMap(({ batch, policy }) => byRow(batch, policy[0]));
  const sum = (of: (logP: number) => number) =>
    rows.reduce((all, row, r) => all + asked[r] * row.reduce((part, logP) => part + of(logP), 0), 0) / n;
  expect(loss).toBeCloseTo(
    sum((logP) => -Math.exp(logP) * logP),
    12,
  );
  expect(figures.cross_entropy).toBeCloseTo(
    sum((logP) => -logP),
    12,
  );
  // The gradient takes p as a number: what is differentiated is Σ p₀ · (−log p) / n.
  const held = rows.map((row) => row.map((logP) => Math.exp(logP)));
  const wanted = weightsByDifferences(
    rows,
    (of) =>
      of.reduce(
        (all, row, r) => all - asked[r] * row.reduce((part, logP, t) => part + held[r][t] * logP, 0),
        0,
      ) / n,
    n,
  );
  const ours = given.flatMap(({ batch }, i) => weightsByRow(batch, weights[i]));
  expect(ours.flat()).toHaveLength(n);
  ours.flat().forEach((weight, i) => {
    expect(Math.abs(weight - wanted.flat()[i])).toBeLessThan(1e-6);
  });
});

test('held-out rows are measured by cross-entropy, since p log p also falls where p goes to zero', () => {
  expect(dft.heldOut).toBe(sft);
});

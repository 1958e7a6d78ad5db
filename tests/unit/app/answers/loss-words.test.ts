import { describe, expect, it } from 'vitest';
import {
  changeLevelOf,
  drawnLevel,
  levelOf,
  lossWords,
  meanLoss,
} from '../../../../src/app/answers/loss-words.ts';

describe('the loss of a token', () => {
  it('is drawn by its chance: over 1 in 2, and to 1 in 10, 100, 1,000', () => {
    const oneIn = [1, 1.9, 2.1, 9.9, 10.1, 99, 101, 999, 1001, 1e9];
    expect(oneIn.map((n) => levelOf(Math.log(n)))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it('that fell is drawn by how many times likelier the token is, one that rose as worse', () => {
    expect([-Math.log(1.5), -Math.log(3), -Math.log(5000), Math.log(20)].map(changeLevelOf)).toEqual([
      0, 1, 4, -2,
    ]);
    expect(drawnLevel('change', { before: Math.log(300), now: Math.log(3) })).toBe(2);
    expect(drawnLevel('before', { before: Math.log(300), now: null })).toBe(3);
    expect(drawnLevel('now', { before: Math.log(300), now: null })).toBeNull();
    expect(drawnLevel('change', { before: 1, now: null })).toBeNull();
  });

  it('is said in nats and as a chance, one beside the other where both are asked for', () => {
    const loss = { before: Math.log(10), now: 0.1054 };
    expect(lossWords('before', loss)).toBe('2.30 nats, chance 1 in 10');
    expect(lossWords('now', loss)).toBe('0.11 nats, chance 90 %');
    expect(lossWords('change', loss)).toBe('2.30 → 0.11 nats, chance 1 in 10 → 90 %');
    expect(lossWords('now', { before: 1, now: null })).toBe('');
  });

  it('of a row is the mean over the tokens that have one', () => {
    expect(meanLoss(Float32Array.of(Number.NaN, 1, Number.NaN, 3))).toBe(2);
    expect(meanLoss(Float32Array.of(Number.NaN))).toBeNull();
  });
});

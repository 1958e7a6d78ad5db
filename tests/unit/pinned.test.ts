import { describe, expect, test } from 'vitest';
import { expectPinned, hashOf, type Pin } from './pinned.ts';

const pin = (loss: number, gradNorm = 2): Pin => ({
  sha256: { curve: hashOf(Float64Array.of(loss, gradNorm)) },
  figures: { losses: [5, loss], gradNorms: [gradNorm] },
});

describe('a pinned value', () => {
  test('is held to the byte in the environment of its recording', () => {
    expectPinned(pin(4), pin(4), true);
    expect(() => expectPinned(pin(4 + 2 ** -50), pin(4), true)).toThrow();
    expect(() => expectPinned({ ...pin(4), sha256: { curve: hashOf('other') } }, pin(4), true)).toThrow();
  });

  test('is held to its figures elsewhere', () => {
    expectPinned(pin(4 * (1 + 9e-7)), pin(4), false);
    expect(() => expectPinned(pin(4 * (1 + 1.1e-6)), pin(4), false)).toThrow(/losses 1/);
    expectPinned(pin(4, 2 * (1 + 9e-6)), pin(4), false);
    expect(() => expectPinned(pin(4, 2 * (1 - 1.1e-5)), pin(4), false)).toThrow(/gradNorms 0/);
    expect(() => expectPinned(pin(Number.NaN), pin(4), false)).toThrow(/losses 1/);
    expect(() => expectPinned({ ...pin(4), figures: { losses: [5, 4] } }, pin(4), false)).toThrow();
  });

  test('without figures is held to the byte everywhere', () => {
    const file = (text: string): Pin => ({ sha256: { file: hashOf(text) } });
    expectPinned(file('a'), file('a'), false);
    expect(() => expectPinned(file('b'), file('a'), false)).toThrow();
  });
});

import { expect, test } from 'vitest';

/** What ../equal-bytes.ts changes: how long a comparison takes, not what it says. */

test('typed arrays are equal where their values are, wherever they lie', () => {
  const values = Float32Array.of(1, Number.NaN, 3);
  const within = Float32Array.of(9, 1, Number.NaN, 3, 9).subarray(1, 4);
  expect(within).toEqual(values);
  expect(new Map([['a', { m: [within] }]])).toEqual(new Map([['a', { m: [values] }]]));
});

test.each([
  ['a value', Float32Array.of(1, 2), Float32Array.of(1, 3)],
  ['the sign of zero', Float32Array.of(0), Float32Array.of(-0)],
  ['the length', Float32Array.of(1), Float32Array.of(1, 0)],
  ['the type', Float32Array.of(1), Uint32Array.from(new Uint32Array(Float32Array.of(1).buffer))],
])('they are not where %s differs', (_, a, b) => {
  expect(a).not.toEqual(b);
  expect(() => expect({ inside: a }).toEqual({ inside: b })).toThrow();
});

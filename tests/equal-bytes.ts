import { expect } from 'vitest';

/**
 * Typed arrays of the same bytes are equal. `toEqual` finds that as well, element by element, which for the values of
 * a model takes a hundred times as long; where a byte differs it compares as ever, and shows what.
 */
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    isTyped(a) && isTyped(b) && a.constructor === b.constructor && sameBytes(a, b) ? true : undefined,
]);

function isTyped(value: unknown): value is ArrayBufferView {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [ours, theirs] = [a, b].map((one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
  return ours.every((byte, i) => byte === theirs[i]);
}

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { afterAll, expect, inject, test } from 'vitest';

/**
 * Pinned values: what the code computed when they were recorded, kept beside the test as JSON. They hold a refactor to
 * the bytes of the commit before it; whether the numbers are right is for the comparisons with PyTorch and float64.
 *
 * A change that is meant to move them records them anew, and says in its commit which moved and why:
 *
 *     LOWRANK_RECORD_PINS=1 npx vitest run --project gpu tests/gpu/pinned.test.ts
 *     LOWRANK_RECORD_PINS=1 npx vitest run --project unit pinned
 *
 * Without that variable nothing is ever written. Floating-point bytes belong to an environment. To have bytes compared
 * on a machine other than the recorded one, record there at the commit before, and run at the commit after.
 */

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether pinned values are written down anew instead of compared. */
    recordPins: boolean;
  }
}

/**
 * Relative difference allowed in an environment other than the recorded one: another order of sums moves losses and
 * norms by up to 2e-7, gradients and moments by up to 1.2e-6 (measured between our two engines).
 */
const TOLERANCE = 1e-6;
const TOLERANCES: Readonly<Record<string, number>> = { gradNorms: 1e-5, momentNorms: 1e-5 };

export interface Pin {
  /** SHA-256 of bytes. */
  sha256: Readonly<Record<string, string>>;
  /** Figures in full digits. */
  figures?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Pins {
  /** What may change the bytes of a floating-point result. */
  environment: Readonly<Record<string, string>>;
  cases: Readonly<Record<string, Pin>>;
}

export interface PinnedCases {
  pins: Pins;
  environment: () => Promise<Record<string, string>>;
  cases: Readonly<Record<string, () => Promise<Pin>>>;
  /** Writes the JSON that `pins` was read from. */
  write: (json: string) => Promise<void>;
}

/** A test for each case, and one that no case is missing. */
export function testPins({ pins, environment, cases, write }: PinnedCases): void {
  const recording = inject('recordPins');
  const recorded: Record<string, Pin> = {};

  test('every case is recorded, and nothing else', () => {
    if (!recording) expect(Object.keys(pins.cases).sort()).toEqual(Object.keys(cases).sort());
  });

  test.each(Object.entries(cases))('%s', async (name, compute) => {
    const pin = await compute();
    expectFinite(pin);
    recorded[name] = pin;
    if (!recording) expectPinned(pin, pins.cases[name], same(await environment(), pins.environment));
  });

  afterAll(async () => {
    if (!recording) return;
    const all: Pins = { environment: await environment(), cases: { ...pins.cases, ...recorded } };
    // Cases that are no longer there go; those left out of this run stay.
    for (const name of Object.keys(all.cases))
      if (!cases[name]) delete (all.cases as Record<string, Pin>)[name];
    await write(`${JSON.stringify(all, null, 1)}\n`);
  });
}

/** @param exact the environment is the recorded one, so that bytes must be equal */
export function expectPinned(pin: Pin, expected: Pin, exact: boolean): void {
  if (exact || !expected.figures) {
    // Figures first: they say how far off a changed byte is.
    expect(pin.figures).toEqual(expected.figures);
    expect(pin.sha256).toEqual(expected.sha256);
    return;
  }
  expect(Object.keys(pin.figures ?? {})).toEqual(Object.keys(expected.figures));
  for (const [key, theirs] of Object.entries(expected.figures)) {
    const [ours, wanted] = [[pin.figures![key]].flat(), [theirs].flat()];
    expect(ours.length, key).toBe(wanted.length);
    wanted.forEach((value, i) => {
      expect(Math.abs(ours[i] - value), `${key} ${i}: ${ours[i]} for ${value}`).toBeLessThanOrEqual(
        (TOLERANCES[key] ?? TOLERANCE) * Math.abs(value),
      );
    });
  }
}

/** JSON keeps no NaN: it would be recorded as null. */
function expectFinite({ figures = {} }: Pin): void {
  for (const [key, values] of Object.entries(figures))
    for (const value of [values].flat()) expect(value, key).toSatisfy(Number.isFinite);
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const sorted = (values: Readonly<Record<string, string>>) => Object.entries(values).sort().join('\n');
  return sorted(a) === sorted(b);
}

export function hashOf(...parts: (ArrayBufferView | string)[]): string {
  const hash = sha256.create();
  for (const part of parts)
    hash.update(
      typeof part === 'string'
        ? new TextEncoder().encode(part)
        : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    );
  return bytesToHex(hash.digest());
}

/** Euclidean norm, summed in float64. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
}

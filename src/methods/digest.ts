import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { AdapterWeights } from './types.ts';

/** SHA-256 over what an adapter adds: method, scale and every value; the same whatever its files are called. */
export function adapterDigest({ settings, values }: AdapterWeights): string {
  const { method = 'lora', rank, alpha, rsLora = false, alphaPattern } = settings;
  const whole = sha256.create();
  const text = (value: unknown) => whole.update(new TextEncoder().encode(JSON.stringify(value)));
  // Ranks by module show in the values' lengths.
  text([method, rank, alpha, rsLora, ...(alphaPattern ? [alphaPattern] : [])]);
  for (const [key, floats] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
    text([key, floats.length]);
    whole.update(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  }
  return bytesToHex(whole.digest());
}

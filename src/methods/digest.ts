import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { AdapterSettings, AdapterWeights } from './types.ts';

/** SHA-256 over what an adapter adds: method, scale and every value; the same whatever its files are called. */
export function adapterDigest({ settings, values }: AdapterWeights): string {
  const whole = sha256.create();
  const text = (value: unknown) => whole.update(new TextEncoder().encode(JSON.stringify(value)));
  text(computed(settings));
  for (const [key, floats] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
    text([key, floats.length]);
    whole.update(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  }
  return bytesToHex(whole.digest());
}

/** What values alone do not say; ranks by module show in their lengths. */
function computed(settings: AdapterSettings): unknown[] {
  if (settings.method === 'prompt' || settings.method === 'prefix') return [settings.method];
  if (settings.method === 'ia3') return [settings.method, ...settings.feedForward];
  const { method = 'lora', rank, alpha, rsLora = false, alphaPattern } = settings;
  return [method, rank, alpha, rsLora, ...(alphaPattern ? [alphaPattern] : [])];
}

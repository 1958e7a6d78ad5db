import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ModelSource } from './source.ts';

const PIECE_BYTES = 8 << 20;
const known = new WeakMap<ModelSource, Promise<string>>();

/**
 * SHA-256 over names, types, shapes and values of all tensors, piece by piece: tells a model from another that lies
 * at the same place. A model from the hub has its commit for that, and the bundled one is part of the build: null.
 */
export function fingerprint(source: ModelSource): Promise<string> | null {
  if (source.kind !== 'folder' && source.kind !== 'gguf') return null;
  let found = known.get(source);
  if (!found) {
    found = hashed(source);
    known.set(source, found);
    // What could not be read is read again.
    found.catch(() => known.delete(source));
  }
  return found;
}

async function hashed(source: ModelSource): Promise<string> {
  const whole = sha256.create();
  const text = (value: unknown) => whole.update(new TextEncoder().encode(JSON.stringify(value)));
  text(source.config);
  for (const { name, stored, shape, bytes } of source.tensors.values()) {
    text([name, stored, shape]);
    for (let begin = 0; begin < bytes; begin += PIECE_BYTES) {
      const piece = await source.read(name, begin, Math.min(bytes, begin + PIECE_BYTES));
      // The browser's own is several times as fast, and takes no stream.
      whole.update(new Uint8Array(await crypto.subtle.digest('SHA-256', piece as Uint8Array<ArrayBuffer>)));
    }
  }
  return bytesToHex(whole.digest());
}

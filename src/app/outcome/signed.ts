import { keepSigningKey, keptSigningKey } from '../state/signing-key.ts';

/**
 * A signature over a value of JSON: it shows that nothing in it was changed since the browser that has the key wrote it,
 * and nothing else. That its figures are true shows only who computes them again.
 *
 *     text      = JSON with the keys of every object sorted and no white space (RFC 8785)
 *     sha256    = SHA-256(text), in hexadecimal
 *     signature = ECDSA over the curve P-256 with SHA-256, of text, as r and s of 32 bytes each, in base64
 */
export interface Signed<T> {
  card: T;
  sha256: string;
  signature: { algorithm: typeof ALGORITHM; public_key: PublicKey; value: string };
}

/** A point of the curve as a JSON Web Key. */
interface PublicKey {
  kty: string;
  crv: string;
  x: string;
  y: string;
}

const ALGORITHM = 'ECDSA P-256, SHA-256';
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SCHEME = { name: 'ECDSA', hash: 'SHA-256' };

/** RFC 8785: keys sorted by their UTF-16 units, numbers and texts as JavaScript writes them. What JSON has not is refused. */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
      .join(',')}}`;
  throw new TypeError(`no value of JSON: ${String(value)}`);
}

/** Signs a value with the browser's own key, which is made where there is none. */
export async function signed<T>(card: T): Promise<Signed<T>> {
  const jwk = await ownKey();
  const key = await crypto.subtle.importKey('jwk', jwk, CURVE, false, ['sign']);
  const bytes = bytesOf(card);
  const value = base64(await crypto.subtle.sign(SCHEME, key, bytes));
  return {
    card,
    sha256: await sha256(bytes),
    signature: { algorithm: ALGORITHM, public_key: publicOf(jwk), value },
  };
}

/** What is wrong with a signed file; null: nothing was changed since it was signed with the key that it names. */
export async function fault({ card, sha256: sum, signature }: Signed<unknown>): Promise<string | null> {
  const bytes = bytesOf(card);
  if ((await sha256(bytes)) !== sum)
    return 'The card is not the one that was signed: its SHA-256 is another.';
  if (signature?.algorithm !== ALGORITHM) return `The signature is of another kind than ${ALGORITHM}.`;
  try {
    const key = await crypto.subtle.importKey('jwk', { ...signature.public_key }, CURVE, false, ['verify']);
    const value = Uint8Array.from(atob(signature.value), (letter) => letter.charCodeAt(0));
    if (await crypto.subtle.verify(SCHEME, key, value, bytes)) return null;
  } catch {
    // Neither a key nor a signature.
  }
  return 'The signature does not fit the card and the key.';
}

/** A key, or any value of JSON, in short, to tell one from another: the first sixteen digits of its SHA-256. */
export async function fingerprint(value: unknown): Promise<string> {
  return (await sha256(bytesOf(value))).slice(0, 16);
}

async function ownKey(): Promise<JsonWebKey> {
  const kept = keptSigningKey();
  if (kept) return kept;
  const { privateKey } = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const jwk = await crypto.subtle.exportKey('jwk', privateKey);
  keepSigningKey(jwk);
  return jwk;
}

export function publicOf({ kty = '', crv = '', x = '', y = '' }: JsonWebKey): PublicKey {
  return { kty, crv, x, y };
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonical(value));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

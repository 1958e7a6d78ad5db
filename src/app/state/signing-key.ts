import { keepsNothing } from './keeping.ts';

/** The key that score cards are signed with is kept, so that cards of one browser are known as such, until it is erased. */
const KEY = 'lowrank-signing-key';

/** Null where there is none yet, or storage is forbidden. */
export function keptSigningKey(): JsonWebKey | null {
  try {
    const key: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return typeof key === 'object' && key !== null && 'd' in key ? (key as JsonWebKey) : null;
  } catch {
    return null;
  }
}

export function keepSigningKey(key: JsonWebKey): void {
  try {
    if (!keepsNothing()) localStorage.setItem(KEY, JSON.stringify(key));
  } catch {
    // Storage is forbidden: the next card has another key.
  }
}

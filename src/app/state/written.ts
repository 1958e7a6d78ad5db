import { keepsNothing } from './keeping.ts';
import type { Pair } from './pairs.ts';
import { setApp, useApp } from './store.ts';

/** Examples that a person writes are kept over a reload, under their own key, until they clear or erase them. */
const KEY = 'lowrank-examples';

/** Those of an earlier visit; what is no list of pairs is none. */
export function keptPairs(): Pair[] {
  try {
    const pairs: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(pairs) ? pairs.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(value: unknown): value is Pair {
  const { prompt, completion } = (value ?? {}) as Partial<Pair>;
  return typeof prompt === 'string' && typeof completion === 'string';
}

function keep(pairs: readonly Pair[]): void {
  try {
    const some = pairs.filter(({ prompt, completion }) => prompt !== '' || completion !== '');
    if (some.length === 0) localStorage.removeItem(KEY);
    else if (!keepsNothing()) localStorage.setItem(KEY, JSON.stringify(some));
  } catch {
    // Storage is forbidden here, or full.
  }
}

/** Puts what was kept back, and from then on keeps what is written: at once, so that nothing is kept after it was erased. */
export function keepWritten(): void {
  const pairs = keptPairs();
  if (pairs.length > 0) setApp({ pairs });
  useApp.subscribe(({ pairs }, before) => {
    if (pairs !== before.pairs) keep(pairs);
  });
}

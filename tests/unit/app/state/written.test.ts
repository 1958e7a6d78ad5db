import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseToKeep } from '../../../../src/app/state/keeping.ts';
import { isWritten, WRITTEN } from '../../../../src/app/state/pairs.ts';
import { getApp, setApp, useApp } from '../../../../src/app/state/store.ts';
import { keepWritten, keptPairs } from '../../../../src/app/state/written.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

/** As a browser's, for the tests that run outside one. */
const kept = new Map<string, string>();
const KEY = 'lowrank-examples';
const pair = (prompt: string) => ({ prompt, completion: 'Ha!' });

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  setApp({ pairs: [] });
});

test('what is typed is kept at once; an empty table leaves nothing', () => {
  keepWritten();
  setApp({ pairs: [pair('one'), { prompt: '', completion: '' }] });
  expect(keptPairs()).toEqual([pair('one')]);
  setApp({ pairs: [] });
  expect(kept.has(KEY)).toBe(false);
});

test('it is in the table again after a reload', () => {
  kept.set(KEY, JSON.stringify([pair('one'), pair('two')]));
  keepWritten();
  expect(getApp().pairs).toEqual([pair('one'), pair('two')]);
});

test('nothing is kept where nothing may be', () => {
  chooseToKeep(true);
  keepWritten();
  setApp({ pairs: [pair('one')] });
  expect(kept.has(KEY)).toBe(false);
});

test.each(['', 'nonsense', '{"prompt":1}', '[{"prompt":"a"},null,7]'])(
  'what is no list of pairs is none: %s',
  (text) => {
    kept.set(KEY, text);
    expect(keptPairs()).toEqual([]);
  },
);

test('rows that were typed are known by their file', () => {
  expect(isWritten({ kind: 'text', name: WRITTEN, text: '' })).toBe(true);
  expect(isWritten({ kind: 'text', name: 'Pasted.jsonl', text: '' })).toBe(false);
  expect(isWritten({ kind: 'sample', file: 'pirate.jsonl' })).toBe(false);
  expect(isWritten(null)).toBe(false);
});

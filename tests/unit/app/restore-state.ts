import { afterAll } from 'vitest';
import type { StoreApi } from 'zustand';

/**
 * For tests that set these stores of the page: files of tests share a page, and the next one is to find them as they were.
 * The initial state is what React renders to text, so that some tests write to that.
 */
export function restoreState(...stores: Pick<StoreApi<object>, 'getInitialState' | 'setState'>[]): void {
  for (const store of stores) {
    const initial = { ...store.getInitialState() };
    afterAll(() => {
      Object.assign(store.getInitialState(), initial);
      store.setState(initial, true);
    });
  }
}

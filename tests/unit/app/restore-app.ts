import { afterAll } from 'vitest';
import { useApp } from '../../../src/app/state/store.ts';

/**
 * For tests that set the state of the page: files of tests share a page, and the next one is to find it as it was. The
 * initial state is what React renders to text, so that some tests write to that.
 */
export function restoreApp(): void {
  const initial = { ...useApp.getInitialState() };
  afterAll(() => {
    Object.assign(useApp.getInitialState(), initial);
    useApp.setState(initial, true);
  });
}

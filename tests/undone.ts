import { afterAll, vi } from 'vitest';

/** Files of tests share a page, in Node too: what one has put in place of a global or spied on is gone when it ends. */
afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

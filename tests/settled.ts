import { afterAll, vi } from 'vitest';

/** A module that a test still loads when its file ends would be loaded among the tests of the next one. */
afterAll(() => vi.dynamicImportSettled());

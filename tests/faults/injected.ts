import type { TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Faults that the test has injected so far, by row; one where it does not say. */
    faults?: Record<string, number>;
  }
  interface ProvidedContext {
    /** Whether what takes long is wanted too. */
    all: boolean;
    /** What continuous integration adds, too. */
    more: boolean;
  }
}

/** Counts faults as a test injects them, for the table of `npm run faults`; a test of several rows names the row. */
export function injected({ task }: TestContext, count = 1, row = 'all'): void {
  task.meta.faults = { ...task.meta.faults, [row]: (task.meta.faults?.[row] ?? 0) + count };
}

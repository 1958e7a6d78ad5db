import type { TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Faults that the test has injected so far; one where it does not say. */
    faults?: number;
  }
  interface ProvidedContext {
    /** Whether what takes long is wanted too. */
    all: boolean;
  }
}

/** Counts faults as a test injects them, for the table of `npm run faults`. */
export function injected({ task }: TestContext, count = 1): void {
  task.meta.faults = (task.meta.faults ?? 0) + count;
}

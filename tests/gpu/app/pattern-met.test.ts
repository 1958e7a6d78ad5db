import { afterEach, expect, test, vi } from 'vitest';
import { patternMet } from '../../../src/worker/patterns/pattern-met.ts';

/** In a browser, whose workers can be ended in mid-work. */

afterEach(() => vi.unstubAllGlobals());

test('a pattern is found or not, and one that backtracks without end is given up by name', async () => {
  expect(await patternMet({ pattern: 'Arr|Ahoy', answer: 'Ahoy, matey!' })).toBe(true);
  expect(await patternMet({ pattern: '^\\p{Lu}+$', answer: 'Ahoy' })).toBe(false);
  const endless = patternMet({ pattern: '^(a+)+$', answer: `${'a'.repeat(40)}!` });
  await expect(endless).rejects.toThrow(/The pattern \^\(a\+\)\+\$ did not come to an end/);
});

test('a worker whose file did not come is told', async () => {
  const Started = Worker;
  vi.stubGlobal(
    'Worker',
    class extends Started {
      constructor(_: URL, options: WorkerOptions) {
        super(new URL('./no-such-file.js', import.meta.url), options);
      }
    },
  );
  await expect(patternMet({ pattern: 'a', answer: 'a' })).rejects.toThrow(/could not start/);
});

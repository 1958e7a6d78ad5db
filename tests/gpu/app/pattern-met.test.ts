import { expect, test } from 'vitest';
import { patternMet } from '../../../src/worker/patterns/pattern-met.ts';

/** In a browser, whose workers can be ended in mid-work. */

test('a pattern is found or not, and one that backtracks without end is given up by name', async () => {
  expect(await patternMet({ pattern: 'Arr|Ahoy', answer: 'Ahoy, matey!' })).toBe(true);
  expect(await patternMet({ pattern: '^\\p{Lu}+$', answer: 'Ahoy' })).toBe(false);
  const endless = patternMet({ pattern: '^(a+)+$', answer: `${'a'.repeat(40)}!` });
  await expect(endless).rejects.toThrow(/The pattern \^\(a\+\)\+\$ did not come to an end/);
});

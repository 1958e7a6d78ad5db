import { expect, test } from 'vitest';
import { openModelIn } from '../../../scripts/headless/open.mjs';

test('what was ignored in a model is said, except where the run says it', async () => {
  const info = { notes: ['One thing was ignored.', 'Another was.'] };
  const headless = {
    page: { setInputFiles: async () => {} },
    bridge: { evaluate: async () => info },
  };
  const said: string[] = [];
  const open = (options?: object) =>
    openModelIn(headless as never, { files: [], choice: { kind: 'bundled' } } as never, options);
  expect(await open()).toBe(info);
  expect(said).toEqual([]);
  await open({ say: (line: string) => void said.push(line) });
  expect(said).toEqual(['Warning: One thing was ignored.', 'Warning: Another was.']);
});

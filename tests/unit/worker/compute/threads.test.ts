import { afterEach, expect, test, vi } from 'vitest';
import { askThreads, whyOneThread } from '../../../../src/worker/compute/threads.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  askThreads(null);
});

test.each([
  ['isolated, with memory to share', true, class {}, /^$/],
  ['isolated, in a browser that shares none', true, undefined, /lets no workers share memory\.$/],
  ['not isolated', false, undefined, /has to send the headers/],
])('why only one core computes: %s', (_, isolated, shared, wanted) => {
  vi.stubGlobal('crossOriginIsolated', isolated);
  vi.stubGlobal('SharedArrayBuffer', shared);
  vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
  expect(whyOneThread().join(' ')).toMatch(wanted);
  askThreads(1);
  expect(whyOneThread()).toEqual([]);
});

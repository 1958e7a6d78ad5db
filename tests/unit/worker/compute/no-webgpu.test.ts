import { afterEach, expect, test, vi } from 'vitest';
import { howToEnable, noWebGpu } from '../../../../src/worker/compute/no-webgpu.ts';

/** Nobody is sent to a page that their browser does not have. */

afterEach(() => vi.unstubAllGlobals());

const AGENTS = {
  chrome:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  phone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
};

test.each([
  ['chrome', /chrome:\/\/gpu/, /chrome:\/\/flags/],
  ['edge', /chrome:\/\/gpu/, /chrome:\/\/flags/],
  ['firefox', /about:support/, /about:config/],
  ['safari', /update of the system/, /Safari 26/],
  ['phone', /update of the system/, /Safari 26/],
] as const)('%s is told what to do in it', (name, hidden, absent) => {
  const others = name === 'chrome' || name === 'edge' ? /about:/ : /chrome:/;
  vi.stubGlobal('isSecureContext', true);
  expect(howToEnable(AGENTS[name])).toMatch(hidden);
  vi.stubGlobal('navigator', { gpu: {} });
  expect(noWebGpu(AGENTS[name])).toMatch(hidden);
  expect(noWebGpu(AGENTS[name])).not.toMatch(others);
  vi.stubGlobal('navigator', {});
  expect(noWebGpu(AGENTS[name])).toMatch(absent);
  expect(noWebGpu(AGENTS[name])).not.toMatch(others);
});

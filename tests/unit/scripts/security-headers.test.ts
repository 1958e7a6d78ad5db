import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { headersFor } from '../../../scripts/security-headers.mjs';

const policyOf = (path: string, mirror?: string) =>
  Object.fromEntries(
    headersFor(path, mirror)
      ['Content-Security-Policy'].split('; ')
      .map((part) => [part.split(' ')[0], part.split(' ').slice(1)]),
  );
const RUN = '/assets/run-worker-6cR96Gaw.js';
const DATA = '/assets/data-worker-DJ9hYjUh.js';
const THREAD = '/assets/thread-worker-C3hYjU1x.js';
const OTHERS = ['/index.html', '/headless.html', '/service-worker.js', '/assets/index-BINuBNSB.js'];

describe('the policy', () => {
  test.each([RUN, DATA, THREAD, ...OTHERS])(
    'of %s allows no code from text and nothing that is not listed',
    (path) => {
      const policy = policyOf(path);
      expect(policy).toMatchObject({
        'default-src': ["'none'"],
        'script-src': ["'self'", "'wasm-unsafe-eval'"],
        'worker-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      });
      const elsewhere = Object.entries(policy).filter(([, sources]) =>
        sources.some((source) => !source.startsWith("'")),
      );
      expect(elsewhere.map(([name]) => name)).toEqual(path === RUN ? ['connect-src'] : []);
    },
  );

  test('lets the run worker alone reach the hub, the data worker and threads nothing', () => {
    expect(policyOf(RUN)['connect-src']).toContain('https://huggingface.co');
    for (const path of [DATA, THREAD]) expect(policyOf(path)['connect-src'], path).toEqual(["'none'"]);
    for (const path of OTHERS) expect(policyOf(path)['connect-src'], path).toEqual(["'self'"]);
  });

  test('adds a mirror’s one origin, to the run worker alone', () => {
    const mirror = 'https://mirror.example';
    const added = policyOf(RUN, mirror)['connect-src'].filter(
      (host) => !policyOf(RUN)['connect-src'].includes(host),
    );
    expect(added).toEqual([mirror]);
    for (const path of [DATA, THREAD, ...OTHERS])
      expect(policyOf(path, mirror), path).toEqual(policyOf(path));
  });

  test('names the same hosts in the list that Chromium holds every connection to', () => {
    const list = headersFor(RUN, 'https://mirror.example')['Connection-Allowlist'];
    expect(list).toBe(
      '(response-origin "https://huggingface.co" "https://*.huggingface.co" "https://*.hf.co" "https://mirror.example");redirects=allow',
    );
    // Links to a model's page open from the page; nothing is fetched from there.
    expect(headersFor('/index.html')['Connection-Allowlist']).toBe(
      '(response-origin "https://huggingface.co")',
    );
    for (const path of [DATA, THREAD, ...OTHERS.filter((other) => other !== '/index.html')])
      expect(headersFor(path)['Connection-Allowlist'], path).toBe('(response-origin)');
  });
});

test('docs/hosting.md says what is sent', () => {
  const text = readFileSync(new URL('../../../docs/hosting.md', import.meta.url), 'utf8');
  expect(text).toContain(headersFor('/index.html')['Content-Security-Policy']);
  for (const path of [RUN, DATA, THREAD, ...OTHERS]) {
    const { 'Content-Type': _, ...headers } = headersFor(path);
    const connect = `connect-src ${policyOf(path)['connect-src'].join(' ')}`;
    for (const one of [connect, ...Object.keys(headers), headers['Connection-Allowlist']])
      expect(text, path).toContain(one);
    for (const name of ['Permissions-Policy', 'X-DNS-Prefetch-Control', 'Referrer-Policy'])
      expect(text).toContain(`${name}: ${headersFor(path)[name]}`);
  }
});

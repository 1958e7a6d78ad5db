import { expect, test } from 'vitest';
import { type BuildFile, cacheName, fileAt, isPageCache } from '../../../src/service-worker/build-files.ts';

const file = (path: string): BuildFile => ({ path, integrity: 'sha256-', type: 'text/plain', headers: 0 });
const files = new Map(['index.html', 'assets/a.js'].map((path) => [path, file(path)]));
const SCOPE = 'https://someone.github.io/lowrank/';

test.each([
  [SCOPE, 'index.html'],
  [`${SCOPE}?install#steps=3`, 'index.html'],
  [`${SCOPE}assets/a.js`, 'assets/a.js'],
  [`${SCOPE}assets/absent.js`, undefined],
  ['https://someone.github.io/other/index.html', undefined],
  ['https://huggingface.co/lowrank/index.html', undefined],
])('%s is %s of the build', (url, path) => {
  expect(fileAt(files, SCOPE, url)?.path).toBe(path);
});

test('pages in other folders of a host keep their caches', () => {
  expect(isPageCache(cacheName(SCOPE, 'a'), SCOPE)).toBe(true);
  expect(isPageCache(cacheName('https://someone.github.io/', 'a'), SCOPE)).toBe(false);
  expect(isPageCache('another page’s cache', SCOPE)).toBe(false);
});

import { test } from 'vitest';
import { visit, walk } from '../walk.ts';
import { openWebKit } from '../webkit.ts';

/** The page in a stock WebKit, which has no WebGPU outside of Apple's systems. */

test('drop a file, train on wasm, download the adapter', () =>
  visit(openWebKit(), (tab, url) => walk(tab, url, 'wasm')));

import { describe, expect, test } from 'vitest';
import { kernels } from '../../../scripts/build/kernels.mjs';
import { forbiddenIn } from '../../../scripts/build/no-onnx.mjs';
import { sourceFiles } from '../../../scripts/build.mjs';
import { staleDependency } from '../../../scripts/dependencies.mjs';

describe('what a build must not hold', () => {
  test.each([
    { name: 'assets/ort-wasm-simd-threaded-x.wasm', text: '' },
    { name: 'assets/worker.js', text: 'fetch("https://cdn.jsdelivr.net/npm/x")' },
    { name: 'assets/worker.js', text: 'new URL("ort.webgpu.bundle.min.mjs", import.meta.url)' },
  ])('$name with “$text” is found', (file) => {
    expect(forbiddenIn([file])).toHaveLength(1);
  });

  test('ordinary files pass', () => {
    expect(forbiddenIn([{ name: 'assets/short-1.js', text: 'const port = 1; import.meta.url' }])).toEqual([]);
  });
});

describe('packages against package-lock.json', () => {
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/only-on-mac': { version: '2.0.0', optional: true },
  };

  test('as locked: nothing to do, absent optional packages aside', () => {
    expect(staleDependency(lock, { 'node_modules/a': { version: '1.0.0' } })).toBeNull();
  });

  test('nothing installed, a package missing, or another version', () => {
    expect(staleDependency(lock, null)).toBe('node_modules');
    expect(staleDependency(lock, {})).toBe('a');
    expect(staleDependency(lock, { 'node_modules/a': { version: '1.0.1' } })).toBe('a');
  });
});

test('a build is made again when a file changes that a kernel of the processor is compiled from', async () => {
  const { load } = kernels() as unknown as { load: { handler(this: unknown, id: string): Promise<string> } };
  const read: string[] = [];
  await load.handler.call({ addWatchFile: (file: string) => read.push(file) }, '\0virtual:kernels/plain');
  expect(read.length).toBeGreaterThan(10);
  expect(read.filter((file) => !sourceFiles().includes(file))).toEqual([]);
});

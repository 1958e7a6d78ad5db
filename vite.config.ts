import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { BrowserConfigOptions, BrowserProviderOption } from 'vitest/node';
import { commitOf } from './scripts/build/commit.mjs';
import { guide } from './scripts/build/guide.mjs';
import { kernels } from './scripts/build/kernels.mjs';
import { noOnnx, withoutOnnx } from './scripts/build/no-onnx.mjs';
import { policyInPage } from './scripts/build/policy-in-page.mjs';
import { installedChrome, QUIET, SOFTWARE_GPU } from './scripts/chrome.mjs';
import { stock } from './scripts/test/browser-provider.mjs';
import { nodeTests } from './scripts/test/needs-node.mjs';
import { PATIENCE } from './tests/patience.ts';

/** The page, and the bare page that headless commands open. */
const pages = ['index.html', 'headless.html'].filter((page) => existsSync(page));

/** What `npm test` leaves to `npm run test:all`, so that a person can wait for it. */
const LONG_TESTS = [
  'tests/e2e/by-hand.test.ts',
  'tests/e2e/chat-template.test.ts',
  'tests/e2e/distil-page.test.ts',
  'tests/e2e/distil.test.ts',
  'tests/e2e/large-file.test.ts',
  'tests/e2e/large-model.test.ts',
  'tests/e2e/every-screen.test.ts',
  'tests/e2e/expectations.test.ts',
  'tests/e2e/exports.test.ts',
  'tests/e2e/first-visit.test.ts',
  'tests/e2e/frontier-page.test.ts',
  'tests/e2e/frontier.test.ts',
  'tests/e2e/hub.test.ts',
  'tests/e2e/in-class.test.ts',
  'tests/e2e/lab-page.test.ts',
  'tests/e2e/ladder.test.ts',
  'tests/e2e/left-out.test.ts',
  'tests/e2e/long-table.test.ts',
  'tests/e2e/merge.test.ts',
  'tests/e2e/merging-page.test.ts',
  'tests/e2e/methods.test.ts',
  'tests/e2e/newcomer.test.ts',
  'tests/e2e/score-card.test.ts',
  'tests/e2e/scrub.test.ts',
  'tests/e2e/sweep.test.ts',
  'tests/e2e/tasks-page.test.ts',
  'tests/e2e/tasks.test.ts',
  'tests/e2e/teach-rows.test.ts',
  'tests/e2e/time-saved.test.ts',
  'tests/faults/large-data.test.ts',
];

/** Kernels that hardware gets, against float64: they run in Firefox too, by another compiler and another Vulkan. */
const HARDWARE_KERNELS = ['tests/gpu/every-tile.test.ts'];

/** What continuous integration adds to `npm test`, since nobody waits for it; `npm run test:all` has it, too. */
const SLOW_TESTS = [
  'tests/e2e/explained.test.ts',
  'tests/e2e/pairs.test.ts',
  'tests/e2e/set-up.test.ts',
  'tests/e2e/workbench.test.ts',
];

/** Unit tests of the same kind: they ask and train a real model again and again, or start Vitest itself. */
const SLOW_UNIT_TESTS = [
  'tests/unit/lab/ladder/rungs.test.ts',
  'tests/unit/lab/tasks/rows.test.ts',
  'tests/unit/scripts/test/run-vitest.test.ts',
];

const all = Boolean(process.env.LOWRANK_TEST_ALL);
const more = all || Boolean(process.env.LOWRANK_CI);
const slowUnitTests = more ? [] : SLOW_UNIT_TESTS;
/** What every test of values has. */
const EQUAL_BYTES = 'tests/equal-bytes.ts';
/** What every test has whose file shares a page with others. */
const SHARED = [EQUAL_BYTES, 'tests/undone.ts'];
/** Write down anew what the pinned tests hold; see `tests/unit/pinned.ts`. */
const recordPins = Boolean(process.env.LOWRANK_RECORD_PINS);

/**
 * What ends a test that hangs, with its name; scripts/test.mjs ends one that cannot even be told so a little later.
 * Machines are slow and busy: a test that passes alone in a minute has a quarter of an hour.
 */
const timeouts = {
  testTimeout: (all ? 45 : 12) * 60_000,
  hookTimeout: (all ? 45 : 12) * 60_000,
  expect: { poll: { timeout: PATIENCE } },
};

const chrome = installedChrome();
const inBrowser = (browser: string, provider: BrowserProviderOption): BrowserConfigOptions => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  ui: false,
  provider,
  instances: [{ browser: browser as 'chromium' }],
});
const inChromium = (args: string[]) =>
  inBrowser(
    'chromium',
    playwright({ launchOptions: { ...(chrome ? { executablePath: chrome } : {}), args } }),
  );

/** The unit tests of what the page loads, in a browser. */
const unitIn = (name: string, browser: BrowserConfigOptions): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: ['tests/unit/*/**/*.test.{ts,tsx}'],
    exclude: [...nodeTests(), ...slowUnitTests],
    setupFiles: SHARED,
    ...timeouts,
    isolate: false,
    fileParallelism: false,
    browser,
  },
});

export default defineConfig({
  base: './',
  plugins: [react(), noOnnx(), kernels(), policyInPage(), guide()],
  define: { COMMIT: JSON.stringify(commitOf()) },
  resolve: { alias: withoutOnnx },
  worker: {
    format: 'es',
    plugins: () => [noOnnx(), kernels()],
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  build: {
    target: 'es2023',
    outDir: process.env.LOWRANK_OUT_DIR ?? 'dist',
    emptyOutDir: true,
    // The policy allows no font or picture inside a style sheet.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    // How long plugins take says nothing to whoever starts the page.
    rolldownOptions: { input: pages, checks: { bundlerTimings: false } },
  },
  optimizeDeps: {
    // A dependency that is found late reloads the page of the browser tests in mid-run, which then hang.
    include: [
      '@mantine/core',
      '@mantine/hooks',
      '@tanstack/react-virtual',
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      '@xenova/transformers',
      '@huggingface/tokenizers',
      '@noble/hashes/legacy.js',
      '@noble/hashes/sha2.js',
      '@noble/hashes/utils.js',
      'comlink',
      'fast-check',
      'fflate',
      'hyparquet',
      'hyparquet-compressors',
      'hyparquet-writer',
      'idb',
      'minisearch',
      'pure-rand/distribution/uniformFloat64',
      'pure-rand/distribution/uniformInt',
      'pure-rand/generator/xoroshiro128plus',
      'react',
      'react-dom',
      'react-dom/client',
      'react-dom/server',
      'uplot',
      'zod',
      'zustand',
      'zustand/react/shallow',
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/unit/*/**/*.test.{ts,tsx}'],
          exclude: [...nodeTests(), ...slowUnitTests],
          setupFiles: [...SHARED, 'tests/settled.ts'],
          ...timeouts,
          // In browsers they share a page, too; modules that are loaded once save half of the time.
          isolate: false,
          maxWorkers: availableParallelism(),
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-node',
          environment: 'node',
          include: nodeTests(),
          // They need Python, the latter transformers too, which `npm run parity` brings.
          exclude: [
            ...slowUnitTests,
            ...(all ? [] : ['tests/unit/run/continue/rows-python.test.ts']),
            ...(process.env.LOWRANK_TEST_PARITY
              ? []
              : ['tests/unit/data/text/templates-transformers.test.ts']),
          ],
          provide: { recordPins },
          setupFiles: [EQUAL_BYTES],
          ...timeouts,
          // Vitest would leave one core to itself, which of two is half.
          maxWorkers: availableParallelism(),
        },
      },
      unitIn('browser-unit', inChromium(QUIET)),
      unitIn('firefox-unit', inBrowser('firefox', stock('firefox'))),
      unitIn('webkit-unit', inBrowser('webkit', stock('webkit'))),
      {
        extends: true,
        test: {
          name: 'gpu',
          include: ['tests/gpu/**/*.test.{ts,tsx}'],
          exclude: all ? [] : ['tests/gpu/**/every-*.test.ts', 'tests/gpu/faults/long-run.test.ts'],
          // A browser has no environment variables.
          provide: { all, more, recordPins },
          setupFiles: [...SHARED, 'tests/gpu/setup.ts'],
          ...timeouts,
          isolate: false,
          fileParallelism: false,
          browser: inChromium([...SOFTWARE_GPU, ...QUIET]),
        },
      },
      {
        extends: true,
        test: {
          name: 'firefox-gpu',
          include: HARDWARE_KERNELS,
          setupFiles: [...SHARED, 'tests/gpu/setup.ts'],
          ...timeouts,
          isolate: false,
          fileParallelism: false,
          browser: inBrowser('firefox', stock('firefox', { webgpu: true })),
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts', 'tests/faults/**/*.test.ts'],
          exclude: [...(all ? [] : LONG_TESTS), ...(more ? [] : SLOW_TESTS)],
          globalSetup: ['tests/e2e/global-setup.ts'],
          ...timeouts,
          // Half of the time one core compiles shaders and the other waits.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'bench',
          environment: 'node',
          include: ['tests/bench/**/*.test.ts'],
          globalSetup: ['tests/e2e/global-setup.ts'],
          ...timeouts,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'engines',
          environment: 'node',
          include: ['tests/engines/**/*.test.ts'],
          exclude: all ? [] : ['tests/engines/**/every-*.test.ts'],
          globalSetup: ['tests/e2e/global-setup.ts'],
          ...timeouts,
          fileParallelism: false,
        },
      },
    ],
  },
});

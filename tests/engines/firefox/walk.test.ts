import { test } from 'vitest';
import { openFirefox } from '../firefox.ts';
import { visit, walk } from '../walk.ts';

/** The page in a stock Firefox: its own JavaScript and WebAssembly, and WebGPU by way of naga, wgpu and Vulkan. */

test.each(['wasm', 'webgpu'] as const)('drop a file, train on %s, download the adapter', (device) =>
  visit(openFirefox({ webgpu: device === 'webgpu' }), (tab, url) => walk(tab, url, device)),
);

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../paths.mjs';

/** The package's native file for a platform. */
export function addonOf(platform = process.platform, arch = process.arch) {
  const folder = platform === 'darwin' ? 'darwin-universal' : `${platform}-${arch}`;
  return join(ROOT, 'node_modules/webgpu/dist', folder, 'dawn.node');
}

/** Debian's Chromium brings a Vulkan loader and a software driver for it. */
const CHROMIUM = '/usr/lib/chromium';
const SWIFTSHADER = `${CHROMIUM}/vk_swiftshader_icd.json`;

/**
 * Environment for Dawn: where the machine has no GPU, the Vulkan loader is told of the software driver.
 * @param {boolean} hasGpu
 */
function dawnEnvironment(hasGpu) {
  const given = process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES;
  if (hasGpu || given || !existsSync(SWIFTSHADER)) return process.env;
  const libraries = [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':');
  return { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER, LD_LIBRARY_PATH: libraries };
}

/**
 * Runs the built benchmark in a process of its own.
 * @param {string} bundle
 * @param {{ only: string, quick: boolean }} options
 * @param {{ hasGpu: boolean, say: (line: string) => void, signal: AbortSignal }} io
 * @returns {Promise<{ status: number, output: string, lastLine: string }>}
 */
export function runDawn(bundle, options, { hasGpu, say, signal }) {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('./main.mjs', import.meta.url)),
      ...['--bundle', bundle, '--addon', addonOf(), '--json'],
      ...(options.quick ? ['--quick'] : []),
      ...['--only', options.only],
    ],
    { env: dawnEnvironment(hasGpu), stdio: ['ignore', 'pipe', 'pipe'], signal },
  );
  let output = '';
  let lastLine = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  let rest = '';
  child.stderr.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      lastLine = line;
      say(line);
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output, lastLine: rest || lastLine }));
  });
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Kernels through Chromium's compiler (Dawn) and one of Mesa's Vulkan drivers, without a GPU: compile-only-vulkan.c stands
 * between the two.
 */

const FOLDERS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu`);

/**
 * @param {readonly { label: string, code: string }[]} texts
 * @param {{ library: string, name: string, folder: string, environment: Record<string, string>, preload?: string }} how
 *   Mesa's library; a name for files in `folder`; C source of what is loaded before all else
 * @returns {{ parts: (string | null)[] } | string} What the driver prints of each kernel, null where it does not compile;
 *   a sentence where there is no such driver.
 */
export function compileWithMesa(texts, { library, name, folder, environment, preload }) {
  const driver = FOLDERS.map((one) => join(one, library)).find(existsSync);
  if (!driver) return `Mesa’s ${library} is not here (on Debian: apt-get install mesa-vulkan-drivers).`;
  const libraries = join(folder, 'compile-only');
  mkdirSync(libraries, { recursive: true });
  const sources = {
    'libvulkan.so.1': 'compile-only-vulkan.c',
    ...(preload ? { [`${preload}.so`]: preload } : {}),
  };
  for (const [built, source] of Object.entries(sources)) {
    const from = join(import.meta.dirname, source);
    const flags = ['-shared', '-fPIC', '-O1', '-I/usr/include/libdrm', '-o', join(libraries, built)];
    const { status, stderr, error } = spawnSync('gcc', [...flags, from, '-ldl'], { encoding: 'utf8' });
    if (status !== 0)
      return `gcc did not build ${source}: ${(stderr ?? String(error)).trim().split('\n')[0]}`;
  }
  const kernels = join(folder, `${name}.json`);
  writeFileSync(kernels, JSON.stringify(texts));
  const script = join(import.meta.dirname, 'dawn-compile.mjs');
  const { stderr, status } = spawnSync(process.execPath, [script, kernels], {
    env: {
      ...process.env,
      ...{ LD_LIBRARY_PATH: libraries, VULKAN_DRIVER: driver, MESA_SHADER_CACHE_DISABLE: '1' },
      ...(preload ? { LD_PRELOAD: join(libraries, `${preload}.so`) } : {}),
      ...environment,
    },
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  writeFileSync(join(folder, `${name}.txt`), stderr);
  if (status !== 0 || !stderr.includes('\n=== end'))
    return `${library} as ${name} failed: ${stderr.trim().split('\n').at(-1)}`;
  return { parts: partsOf(stderr, texts.length) };
}

/** @returns {(string | null)[]} What is printed after `=== 0`, `=== 1` …; null where there is nothing, or a failure. */
export function partsOf(/** @type {string} */ printed, /** @type {number} */ count) {
  const parts = printed.split(/^=== (?=\d+$)/m).slice(1);
  return Array.from({ length: count }, (_, i) => {
    const part = parts.find((one) => one.startsWith(`${i}\n`));
    return part === undefined || part.includes('\n=== failed') ? null : part;
  });
}

/**
 * Instructions of a listing in which labels stand on lines of their own.
 *
 * @param {string} listing
 * @param {RegExp} label its first group is the name
 * @param {(line: string) => { name: string, label: string | undefined } | null} read
 * @returns {import('./loop.mjs').Instruction[]}
 */
export function labelled(listing, label, read) {
  /** @type {Map<string, number>} */
  const labels = new Map();
  /** @type {{ address: number, name: string, label: string | undefined }[]} */
  const found = [];
  for (const line of listing.split('\n')) {
    const name = label.exec(line)?.[1];
    // A label without instructions belongs to the next one that comes.
    if (name) labels.set(name, found.length);
    const instruction = read(line);
    if (instruction) found.push({ address: found.length, ...instruction });
  }
  return found.map(({ address, name, label = '' }) => ({ address, name, target: labels.get(label) ?? null }));
}

// Every kernel, in every variant that tests/unit/ops/shaders.test.ts meets, through naga: the WGSL compiler of Firefox,
// by the Python package wgpu. Nothing runs, so any Vulkan driver will do; the browser's own SwiftShader is offered.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';
import { ROOT } from './paths.mjs';

ensureDependencies();
const { findChrome } = await import('./chrome.mjs');
const { ensurePython } = await import('./python.mjs');

/** The description of the browser's software driver, or null. */
async function softwareDriver() {
  const chrome = await findChrome();
  const folders = [
    ...(chrome ? [dirname(realpathSync(chrome))] : []),
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
  ];
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find(existsSync) ?? null;
}

const folder = mkdtempSync(join(tmpdir(), 'lowrank-naga-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const kernels = join(folder, 'kernels.json');

const python = ensurePython(join(ROOT, 'scripts/naga/requirements.txt'), console.error, 'wgpu');
const collected = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=unit',
    '--project=unit-node',
    'tests/unit/ops/shaders.test.ts',
  ],
  { cwd: ROOT, env: { ...process.env, LOWRANK_KERNELS: kernels }, encoding: 'utf8' },
);
if (collected.status !== 0 || !existsSync(kernels)) {
  console.error(collected.stdout, collected.stderr);
  await end(1);
}

const driver = await softwareDriver();
const run = spawnSync(python, [join(ROOT, 'scripts/naga/compile.py'), kernels], {
  env: { ...process.env, ...(driver ? { VK_ADD_DRIVER_FILES: driver } : {}) },
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
if (run.status !== 0) {
  console.error(run.stderr);
  await end(1);
}
/** @type {{ adapter: string, compiled: number, float16_as_float32: number, failed: { label: string, message: string }[] }} */
const result = JSON.parse(run.stdout);
for (const { label, message } of result.failed.slice(0, 20)) console.error(`${label}\n${message}\n`);
const partly = result.float16_as_float32
  ? `, ${result.float16_as_float32} of them with float32 for float16, which ${result.adapter} has not`
  : '';
console.log(`naga: ${result.compiled} kernels compiled${partly}; ${result.failed.length} failed`);
await end(result.failed.length === 0 && result.compiled > 0 ? 0 : 1);

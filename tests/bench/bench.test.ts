import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from '../e2e/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command as people run it, at sizes that take no time. */
const tiny = { env: { LOWRANK_BENCH_TINY: '1' } };

const KEYS = {
  result: ['date', 'gpu', 'best_matmul_gflops', 'kernels', 'steps', 'memory_growth'],
  kernel: [
    'name',
    'shape',
    'dtype',
    'variant',
    'ms',
    'gflops',
    'gb_per_s',
    'of_best',
    'against_tfjs',
    'against_jax',
  ],
  step: [
    'model',
    'layers',
    'vocab',
    'batch',
    'length',
    'rank',
    'dtype',
    'ms',
    'tokens_per_second',
    'utilisation',
    'dispatches',
    'submits',
    'host_ms',
    'main_thread_ms',
    'peak_bytes',
    'plan_bytes',
    'loss',
    'against_tfjs',
    'against_jax',
    'loss_tfjs',
    'loss_jax',
  ],
};

describe('bench', () => {
  test('measures kernels and steps beside the other libraries', async () => {
    const run = await lowrank(['bench', '--json'], tiny);
    expect(run.status, run.lastLine).toBe(0);
    const result = JSON.parse(run.stdout);
    expect(Object.keys(result)).toEqual(expect.arrayContaining(KEYS.result));
    expect(result.best_matmul_gflops).toBeGreaterThan(0);
    expect(result.gpu.vendor).not.toBe('');

    for (const row of result.kernels) {
      expect(Object.keys(row)).toEqual(expect.arrayContaining(KEYS.kernel));
      expect(row.ms).toBeGreaterThan(0);
      expect(row.against_tfjs).toBeGreaterThan(0);
    }
    const lora = result.kernels.filter(({ name }: { name: string }) => name.includes('lora'));
    expect(lora.length).toBeGreaterThan(0);
    for (const row of lora) expect(row.against_jax).toBeGreaterThan(0);

    const [step] = result.steps;
    expect(Object.keys(step)).toEqual(expect.arrayContaining(KEYS.step));
    // Three libraries, three steps from the same adapter on the same batch.
    for (const peer of ['loss_tfjs', 'loss_jax', 'loss_wasm'])
      expect(Math.abs(step[peer] - step.loss)).toBeLessThan(1e-3 * step.loss);
    expect(step.dispatches).toBeLessThanOrEqual(120);
    expect(step.submits).toBeLessThanOrEqual(2);
    // Beside what is planned there is only what the check of the kernels takes for a moment.
    expect(step.peak_bytes - step.plan_bytes).toBeLessThan(0.05 * step.plan_bytes + 100_000);

    expect(result.memory_growth).toMatchObject({ steps: 200, gpu_bytes: 0 });
    expect(Math.abs(result.memory_growth.heap_bytes)).toBeLessThan(5e6);
  });

  test.each(['chrome', 'firefox'])('times and checks the variants of hardware in %s', async (runtime) => {
    const run = await lowrank(['bench', '--runtime', runtime, '--only', 'tiles', '--json'], tiny);
    expect(run.status, run.lastLine).toBe(0);
    const { kernels, steps } = JSON.parse(run.stdout);
    expect(steps).toEqual([]);
    for (const row of kernels) expect(row.ms).toBeGreaterThan(0);
    const variants = (name: string): string[] =>
      kernels
        .filter((row: { name: string }) => row.name.startsWith(name))
        .map(({ variant }: { variant: string }) => variant);
    // What is taken here, and behind it what hardware chooses among.
    expect(variants('linear up')[0]).not.toContain('tiled');
    for (const [name, least] of [
      ['linear up', 6],
      ['linear to the rank', 4],
      ['linear from the rank', 4],
      ['gradient of A', 4],
      ['attention', 3],
    ] as const)
      expect(variants(name).length, name).toBeGreaterThanOrEqual(least);
    expect(new Set(kernels.map(({ variant }: { variant: string }) => variant)).size).toBeGreaterThan(12);
  });

  test('refuses what it does not know', async () => {
    const run = await lowrank(['bench', '--only', 'everything']);
    expect(run.status).toBe(2);
    expect(run.lastLine).toContain('--only');
  });

  test('its bundle needs Node alone, and says where no adapter is', async () => {
    const out = join(folder, 'bundle');
    const bundled = await lowrank(['bench:bundle', out]);
    expect(bundled.status, bundled.lastLine).toBe(0);
    expect(existsSync(join(out, 'bench.mjs'))).toBe(true);
    // No Vulkan driver is at this path, so Dawn has nothing to offer.
    const env = { ...process.env, VK_ICD_FILENAMES: projectFile('none.json'), LD_LIBRARY_PATH: '' };
    const run = promisify(execFile)(process.execPath, ['main.mjs', '--quick', '--json'], { cwd: out, env });
    await expect(run).rejects.toMatchObject({ code: 3 });
  });
});

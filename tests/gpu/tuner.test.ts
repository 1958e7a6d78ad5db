import { expect, test } from 'vitest';
import { KernelChoice } from '../../src/engine/gpu/kernel-choice.ts';
import { Pipelines, Scratch } from '../../src/gpu/launcher.ts';
import type { Emitter } from '../../src/gpu/program.ts';
import { tune } from '../../src/gpu/tuner.ts';
import type { Weight } from '../../src/ops/types.ts';
import { linearForward } from '../../src/ops/webgpu/linear.ts';
import { variantsFor } from '../../src/ops/webgpu/linear-variants.ts';
import { wrongVariants } from '../../src/ops/webgpu/self-check.ts';
import { builder, dimsOf, gpuOnce } from './op-case.ts';

const OPS = ['linear-forward', 'linear-backward', 'lora-gradient'] as const;

async function everyVariant() {
  const gpu = await gpuOnce();
  const e = { software: true, features: gpu.device.features, limits: gpu.device.limits };
  const names = (op: (typeof OPS)[number]) =>
    variantsFor(e, { op, n: 128, k: 64, weight: 'f32', alignment: 64 }).map(({ name }) => name);
  return Object.fromEntries(OPS.map((op) => [op, names(op)])) as Record<(typeof OPS)[number], string[]>;
}

test('every variant computes the right numbers on this adapter', async () => {
  const gpu = await gpuOnce();
  const wrong = await wrongVariants(gpu, new Pipelines(gpu.device), await everyVariant());
  for (const op of OPS) expect([...wrong[op]], op).toEqual([]);
});

test('G5: a kernel that computes wrong numbers is found, by its operation, and not chosen', async () => {
  const gpu = await gpuOnce();
  const variants = await everyVariant();
  expect(variants['linear-backward'].length).toBeGreaterThan(1);
  const broken = variants['linear-backward'][0];
  const refused = variants['linear-forward'][1];
  // As drivers' bugs would: the products of one variant of one operation come out a little too large, and one variant
  // of another does not compile.
  const pipelines = new Pipelines(gpu.device);
  const get = pipelines.get.bind(pipelines);
  pipelines.get = (kernel) => {
    if (kernel.shader.startsWith('linear_forward') && kernel.label.endsWith(refused))
      return Promise.reject(new Error('the driver gave up'));
    return kernel.shader.startsWith('linear_backward') && kernel.label.endsWith(broken)
      ? get({ ...kernel, constants: { ...kernel.constants, SCALE: 1.01 } })
      : get(kernel);
  };
  const wrong = await wrongVariants(gpu, pipelines, variants);
  expect([...wrong['linear-backward']]).toEqual([broken]);
  expect([...wrong['linear-forward']]).toEqual([refused]);
  expect([...wrong['lora-gradient']]).toEqual([]);
});

test('what was chosen is kept and not timed again; what no longer exists is chosen anew', async () => {
  const gpu = await gpuOnce();
  const { 'linear-forward': variants } = await everyVariant();
  const [kept, gone] = ['linear-forward 64x8 f32 many', 'linear-forward 64x16 f32 many'];
  const last = variants[variants.length - 1];
  const choice = new KernelChoice(gpu, new Pipelines(gpu.device), { [kept]: last, [gone]: 'direct-99x1' });
  const timed: string[] = [];
  const site = (key: string, k: number) => ({
    op: 'linear-forward',
    key,
    variants,
    dims: 0,
    emit: (e: Emitter) => {
      timed.push(key);
      const at = (cols: number) => ({ view: e.scratch(`${cols}`, 4 * 8 * cols), stride: cols, column: 0 });
      const w: Weight = { rows: 64, cols: k, type: 'f32', data: e.scratch('w', 4 * 64 * k) };
      linearForward(e, { x: at(k), w, n: 64, k, y: at(64) });
    },
  });
  await choice.choose([site(kept, 8), site(gone, 16)], {
    scratch: new Scratch(gpu),
    rows: () => 8,
    slots: 1,
  });
  expect(choice.choices[kept]).toBe(last);
  expect(variants).toContain(choice.choices[gone]);
  expect([...new Set(timed)]).toEqual([gone]);
});

test('the variants of hardware are timed, under a key with how many rows there are', async () => {
  const gpu = await gpuOnce();
  const hardware = { ...gpu, software: false };
  const e = builder(gpu, dimsOf(128), { software: false });
  const [n, k] = [64, 32];
  const room = (cols: number) => ({
    ...{ view: e.scratch(`${cols} columns`, 4 * 128 * cols), stride: cols, column: 0 },
  });
  const w: Weight = { rows: n, cols: k, type: 'f32', data: e.scratch('w', 4 * n * k) };
  linearForward(e, { x: room(k), w, n, k, y: room(n) });
  const [site] = e.sites.values();
  expect(site.key).toBe('linear-forward 64x32 f32 to-384');
  expect(site.variants.length).toBeGreaterThan(3);
  // Two, since compiling takes long here.
  const variants = site.variants.slice(-2);
  const found = await tune([{ ...site, variants }], {
    ...{ gpu: hardware, pipelines: e.pipelines, scratch: e.scratchSpace, choices: {} },
    ...{ rows: () => 128, slots: 1, trusted: () => true },
  });
  expect(Object.keys(found)).toEqual([site.key]);
  expect(variants).toContain(found[site.key]);
});

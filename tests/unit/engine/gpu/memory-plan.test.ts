import { readFileSync } from 'node:fs';
import { beforeAll, expect, it, vi } from 'vitest';
import { smolLM2, tinyModel } from '../../../../src/bench/random-model.ts';
import { GpuEngine } from '../../../../src/engine/gpu/engine.ts';
import { planMemory } from '../../../../src/engine/gpu/memory-plan.ts';
import type { MemoryPlan } from '../../../../src/engine/memory-plan.ts';
import type { Gpu } from '../../../../src/gpu/device.ts';
import { Pipelines } from '../../../../src/gpu/launcher.ts';
import { GpuMemory } from '../../../../src/gpu/memory.ts';
import { loadWeights } from '../../../../src/loading/load-weights.ts';
import type { ModelSource } from '../../../../src/weights/source.ts';
import { openFixture, sourceOf } from '../../model/fixture.ts';
import { openNullGpu } from '../../ops/compiled-kernels.ts';

/** Plans at the real shapes of SmolLM2-135M: the code that allocates, on memory that only counts. */

const MB = 1e6;

let gpu: Gpu;

beforeAll(async () => {
  gpu = await openNullGpu();
});

function plan(options: { software: boolean; length: number; checkpointing: boolean }): Promise<MemoryPlan> {
  const { config, source, lora, modules } = smolLM2();
  return planMemory({ ...gpu, software: options.software }, { source, config, dtype: 'f16' }, lora, modules, {
    shape: { maxRows: 1, maxLength: options.length },
    seed: 1,
    checkpointing: options.checkpointing,
    packing: false,
    kernels: {},
  });
}

it.each([true, false])('1 × 1,024 tokens with checkpointing fit in 450 MB; software %s', async (software) => {
  const { base, total } = await plan({ software, length: 1024, checkpointing: true });
  // The parameters alone in float16.
  expect(base).toBeGreaterThan(2 * 134.5e6);
  expect(total).toBeLessThanOrEqual(450 * MB);
});

it('hardware sums the adapters’ gradients in little more memory than software', async () => {
  const options = { length: 1024, checkpointing: true };
  const [hardware, software] = [
    await plan({ ...options, software: false }),
    await plan({ ...options, software: true }),
  ];
  expect(hardware.total - software.total).toBeGreaterThan(0);
  expect(hardware.total - software.total).toBeLessThanOrEqual(9 << 20);
});

it.each([
  { software: true, method: 'lora' },
  { software: false, method: 'lora' },
  { software: true, method: 'dora', dropout: 0.1 },
  { software: false, method: 'dora' },
] as const)('is what an engine allocates: %j', async ({ software, ...change }) => {
  const { config, source, modules, ...model } = tinyModel();
  const lora = { ...model.lora, ...change };
  const options = {
    ...{ shape: { maxRows: 2, maxLength: 64 }, seed: 1, checkpointing: true, packing: true, kernels: {} },
  };
  const device = { ...gpu, software, memory: new GpuMemory(gpu.device) };
  const planned = await planMemory(device, { source, config, dtype: 'q8' }, lora, modules, options);
  const { weights } = await loadWeights(device, source, config, 'q8');
  const pipelines = new Pipelines(gpu.device);
  const all = { ...options, planBytes: planned.total };
  const engine = await GpuEngine.create({ gpu: device, pipelines, config, weights }, lora, modules, all);
  expect(device.memory.peak).toBe(planned.total);
  engine.dispose();
});

it.each([
  ['that all fit in half precision', (i: number) => 1 + (i % 7) / 8, 'f16'],
  ['of which some do not', (i: number) => (i % 7 === 3 ? 1e-6 : 1), 'f32'],
] as const)('bfloat16 values %s are planned as they are held', async (_, value, type) => {
  const { config, lora, modules } = tinyModel();
  const source = bfloatModel(value);
  const device = { ...gpu, memory: new GpuMemory(gpu.device) };
  const planned = await planMemory(device, { source, config, dtype: 'auto' }, lora, modules, {
    ...{ shape: { maxRows: 1, maxLength: 16 }, seed: 1, checkpointing: false, packing: false, kernels: {} },
  });
  const { weights } = await loadWeights(device, source, config, 'auto');
  expect(weights.layers[0].down.weight.type).toBe(type);
  expect(planned.base).toBe(weights.bytes);
});

/** The tiny model with every tensor in bfloat16. */
function bfloatModel(value: (i: number) => number): ModelSource {
  const { source } = tinyModel();
  const tensors = new Map(
    [...source.tensors].map(([name, { shape }]) => {
      const bytes = 2 * shape.reduce((product, size) => product * size, 1);
      return [name, { name, stored: 'BF16' as const, shape, bytes }];
    }),
  );
  const read: ModelSource['read'] = async (_, begin, end) => {
    const words = Uint16Array.from({ length: (end - begin) / 2 }, (__, i) => {
      const bits = new Uint32Array(Float32Array.of(value(begin / 2 + i)).buffer)[0];
      return bits >>> 16;
    });
    return new Uint8Array(words.buffer);
  };
  return { ...source, tensors, read };
}

const FAMILIES = ['llama', 'llama3', 'mistral', 'qwen2', 'qwen3', 'gemma3', 'gpt2', 'gpt_neox'];

it.each(FAMILIES)(
  'the base of every family is planned as it is loaded, and nothing is made: %s',
  async (name) => {
    const folder = new URL(`../../model/fixtures/${name}/`, import.meta.url);
    const f = await openFixture(async (file) => new Uint8Array(readFileSync(new URL(file, folder))));
    const made = vi.spyOn(gpu.device, 'createBuffer');
    const written = vi.spyOn(gpu.device.queue, 'writeBuffer');
    const { base } = await planMemory(
      gpu,
      { source: sourceOf(f), config: f.config, dtype: 'f32' },
      f.adapterSettings,
      f.modules,
      {
        ...{
          shape: { maxRows: 1, maxLength: 16 },
          seed: 1,
          checkpointing: false,
          packing: false,
          kernels: {},
        },
      },
    );
    expect([made.mock.calls, written.mock.calls]).toEqual([[], []]);
    vi.restoreAllMocks();
    const device = { ...gpu, memory: new GpuMemory(gpu.device) };
    const { weights } = await loadWeights(device, sourceOf(f), f.config, 'f32');
    expect(base).toBe(weights.bytes);
    // Every parameter of the file is in it, biases too.
    const parameters = [...f.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(base).toBeGreaterThanOrEqual(4 * parameters);
  },
);

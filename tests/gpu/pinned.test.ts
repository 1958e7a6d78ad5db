import { commands } from 'vitest/browser';
import { FIXTURES, openFixture } from '../unit/model/fixture.ts';
import { hashOf, type Pin, type Pins, testPins } from '../unit/pinned.ts';
import { type PinnedRun, pinnedRun } from '../unit/run/pinned-run.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';
import pins from './fixtures/pinned.json';
import { wideFixture } from './wide-fixture.ts';

/**
 * Holds the engine on WebGPU to the bytes that it gave when `fixtures/pinned.json` was recorded, so that a refactor
 * which changes a number, however little, is seen: every family in float32, and on one of them what a run can be
 * besides. Kernels are the fixed ones of `fixtureEngine`, never a tuner's; those of hardware take minutes to compile in software,
 * and their text is held by the snapshots of the generated WGSL. How to record anew: `../unit/pinned.ts`.
 *
 * Bytes depend on how the software adapter computes. In the environment of the recording they must be equal;
 * elsewhere losses and norms must agree to 1e-6, gradients and moments to 1e-5.
 */

const SHAPE = { maxRows: 3, maxLength: 32 };

type EngineOptions = NonNullable<Parameters<typeof fixtureEngine>[2]>;

async function llama(
  engine: EngineOptions = {},
  options: PinnedRun & { dropout?: number } = {},
): Promise<Pin> {
  const f = await openFixture((file) => readFixture('llama', file));
  f.adapterSettings = { ...f.adapterSettings, dropout: options.dropout ?? 0 };
  return pinnedRun(() => fixtureEngine(f, SHAPE, engine), f, options);
}

async function family(name: string): Promise<Pin> {
  const f = await openFixture((file) => readFixture(name, file));
  return pinnedRun(() => fixtureEngine(f, SHAPE), f);
}

async function nf4(): Promise<Pin> {
  const narrow = await openFixture((file) => readFixture('llama', file));
  const raw = new TextDecoder().decode(await readFixture('llama', 'config.json'));
  const f = wideFixture(narrow, JSON.parse(raw));
  return pinnedRun(() => fixtureEngine(f, SHAPE, { dtype: 'nf4' }), f);
}

const long = { dropout: 0.2, settings: { accumulate: 2 } };

testPins({
  pins: pins as Pins,
  environment,
  cases: {
    ...Object.fromEntries(FIXTURES.map((name) => [`${name} in f32`, () => family(name)])),
    f16: () => llama({ dtype: 'f16' }),
    q8: () => llama({ dtype: 'q8' }),
    q4: () => llama({ dtype: 'q4' }),
    nf4,
    dropout: () => llama({}, { dropout: 0.2 }),
    packing: () => llama({ packing: true }, { settings: { packing: true } }),
    'activation checkpointing': () => llama({ checkpointing: true }),
    accumulation: () => llama({}, { settings: { accumulate: 2 } }),
    'dropout and accumulation': () => llama({}, long),
    'dropout and accumulation, resumed from a checkpoint file': () => llama({}, { ...long, resumed: true }),
  },
  write: (json) => commands.writeFile('tests/gpu/fixtures/pinned.json', json),
});

/** Browser, adapter, and the bytes of the arithmetic itself, which differ where a processor's instructions do. */
async function environment(): Promise<Record<string, string>> {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const { vendor, architecture, description } = adapter.info;
  return {
    chromium: /Chrome\/(\d+)/.exec(navigator.userAgent)?.[1] ?? navigator.userAgent,
    adapter: [vendor, architecture, description].join(' ').trim(),
    subgroups: `${adapter.info.subgroupMinSize} to ${adapter.info.subgroupMaxSize}`,
    arithmetic: hashOf(await arithmetic(adapter)),
  };
}

/** Sums of products (fused or not) and the functions that kernels call, over 4096 values. No code of ours. */
async function arithmetic(adapter: GPUAdapter): Promise<Float32Array> {
  const count = 4096;
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({
    code: `
      @group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        let x = f32(id.x + 1) * 0.00137;
        var sum = 0.0;
        for (var i = 1; i < 20; i++) { sum += x * (1.1 / f32(i)) - sum * 0.37; }
        out[2 * id.x] = vec4f(sum, exp(-x), tanh(x), inverseSqrt(x));
        out[2 * id.x + 1] = vec4f(log(x), pow(x, 1.7), sin(x), sqrt(x) / (1 + x));
      }`,
  });
  const bytes = 32 * count;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const out = device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC });
  const read = device.createBuffer({ size: bytes, usage: COPY_DST | MAP_READ });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: out } }],
    }),
  );
  pass.dispatchWorkgroups(count / 64);
  pass.end();
  encoder.copyBufferToBuffer(out, 0, read, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(read.getMappedRange().slice(0));
  device.destroy();
  return values;
}

import { describe, expect, inject, test } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { GpuEngine } from '../../src/engine/gpu/engine.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { Pipelines } from '../../src/gpu/launcher.ts';
import type { BaseDtype } from '../../src/loading/base-dtype.ts';
import { heldTensor } from '../../src/loading/held-tensor.ts';
import { loadWeights } from '../../src/loading/load-weights.ts';
import { initialAdapter } from '../../src/methods/parameters.ts';
import type { LoraSettings } from '../../src/methods/types.ts';
import { adapterModules, expectedTensors } from '../../src/model/families/names.ts';
import { parseConfig } from '../../src/model/families/parse.ts';
import { rowNormsReference } from '../../src/ops/reference/columns.ts';
import type { Dense } from '../../src/ops/reference/linear.ts';
import { rowNorms } from '../../src/ops/webgpu/row-norms.ts';
import { storedBytes } from '../../src/weights/convert.ts';
import { BLOCK_TYPES, type BlockType, isBlockType } from '../../src/weights/gguf/blocks.ts';
import { toHalf } from '../../src/weights/half.ts';
import type { ModelSource, StoredType, TensorEntry } from '../../src/weights/source.ts';
import { cosine, logitError } from '../unit/model/fixture.ts';
import { SMALL_TILES } from './fixture-engine.ts';
import { runCase } from './linear-case.ts';
import { dimsOf, FORMS, gpuOnce, noise, onDevice, randomDense, readFloats, upload } from './op-case.ts';
import { LAYOUTS, PACKED_SHAPES, randomPacked } from './packed-case.ts';

/** Bases in 8 and 4 bits: decoded inside the products, forward and backward. */

describe.each(LAYOUTS)('a linear in $codes, blocks of $block, scales in $scaleType', (layout) => {
  const weight = (gpu: Gpu, w: Dense) => randomPacked(gpu, w.rows, w.cols, layout);
  test.each(PACKED_SHAPES)('agrees with float64: $rows rows, $k columns', async (shape) => {
    // Tiles compile long in software: `npm test` has one layout of each code in the least of them, with dropout in
    // continuous integration, `npm run test:all` every layout, and in every-layout.test.ts those that hardware takes first.
    const one = layout === LAYOUTS.find(({ codes }) => codes === layout.codes);
    const tiled = inject('all') || (one && (inject('more') || !shape.dropout));
    for (const kernels of [
      { software: true },
      ...(tiled ? [{ software: false, variant: 'tiled-32x32x32-64' }] : []),
    ]) {
      const { errors, chosen } = await runCase(await gpuOnce(), { ...shape, weight, ...kernels });
      for (const [result, error] of Object.entries(errors))
        expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(3e-6);
    }
  });

  test('of many rows is decoded once in software, and the same', async () => {
    const shape = { rows: 67, k: 192, ends: [96, 128, 160], rank: 8, margin: 4 };
    const { errors, chosen } = await runCase(await gpuOnce(), { ...shape, weight, software: true });
    for (const [result, error] of Object.entries(errors)) expect(error, result).toBeLessThan(3e-6);
    const products = Object.keys(chosen).filter((key) => /^linear-(forward|backward) /.test(key));
    expect(products.filter((key) => key.includes('x192 ')).join()).toMatch(/ f32 /);
    expect(products.filter((key) => key.includes(` ${layout.codes} `))).toEqual([]);
  });
});

describe.each(LAYOUTS)('norms of rows in $codes, blocks of $block, scales in $scaleType', (layout) => {
  test.each(FORMS)('agree with float64: $form', async ({ software, choices }) => {
    const gpu = await gpuOnce();
    const [n, k, rank] = [13, 640, 8];
    const { weight: w, values } = randomPacked(gpu, n, k, layout);
    const [a, b] = [randomDense(rank, k, 2), randomDense(n, rank, 3)];
    const parts = [{ begin: 0, end: n, module: 0 }];
    const lora = {
      ...{ rank, parts, scale: 0.5, dropout: 0 },
      a: upload(gpu, a.values),
      b: upload(gpu, b.values),
    };
    const out = upload(gpu, new Float32Array(n));
    await onDevice(gpu, dimsOf(1), (e) => rowNorms(e, { w, n, k, out, lora }), { software, choices });
    const expected = rowNormsReference(values, { rank, parts, scale: 0.5, a, b });
    const ours = await readFloats(gpu, out, n);
    for (const [j, norm] of expected.entries()) expect(Math.abs(ours[j] / norm - 1)).toBeLessThan(3e-6);
  });
});

const CONFIG = parseConfig({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 193,
  hidden_size: 256,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  eos_token_id: 2,
});

const LORA: LoraSettings = { rank: 4, alpha: 8, dropout: 0, targets: ['all'] };

/** Types as a mixed GGUF file has them: of q, k and v no two are alike, gate and up share one. */
function mixed(name: string): StoredType {
  const types: [RegExp, StoredType][] = [
    [/embed_tokens/, 'Q6_K'],
    [/q_proj/, 'Q4_K'],
    [/k_proj/, 'Q5_0'],
    [/v_proj/, 'Q4_1'],
    [/o_proj/, 'Q5_K'],
    [/gate_proj|up_proj/, 'Q8_0'],
    [/0\.mlp\.down_proj/, 'Q4_0'],
    [/1\.mlp\.down_proj/, 'Q5_1'],
  ];
  return types.find(([pattern]) => pattern.test(name))?.[1] ?? 'F32';
}

describe('a whole model', () => {
  test('holds a mixed GGUF file without changing a value', () => compare(randomModel(mixed), 'auto', 2e-5));
  for (const dtype of ['f16', 'q8', 'q4', 'nf4'] as const)
    test(`held as ${dtype}`, () =>
      compare(
        randomModel(() => 'F32'),
        dtype,
        2e-5,
      ));
  test('rounds blocks of another width', () => compare(randomModel(mixed), 'q4', 2e-5));
  test('G1: cut into bindings of 32 KiB', () => compare(randomModel(mixed), 'auto', 2e-5, 32 * 1024));
  test('takes the memory that its layout says', async () => {
    const { gpu, bytes } = await load(
      randomModel(() => 'F32'),
      'q4',
    );
    const values = expectedTensors(CONFIG).map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    const matrices = expectedTensors(CONFIG).map(({ shape }) => shape.length > 1);
    const expected = values.reduce((sum, count, i) => sum + count * (matrices[i] ? 5 / 8 : 4), 0);
    expect(bytes).toBe(expected);
    expect(gpu.memory.of('base')).toBeGreaterThanOrEqual(bytes);
  });
});

/** Logits, loss, gradients: of the kernels that decode, and of float32 kernels over the decoded values. */
async function compare(
  source: ModelSource,
  dtype: BaseDtype,
  tolerance: number,
  largestBinding?: number,
): Promise<void> {
  const ours = await engineOf(source, dtype, largestBinding);
  const theirs = await engineOf(await decoded(source, dtype), 'f32');
  const ids = Array.from({ length: 13 }, (_, i) => (i * 37 + 11) % CONFIG.vocab);
  const logits = await theirs.logits(ids, 1);
  expect(Math.max(...logits)).toBeGreaterThan(0.5);
  expect(logitError(await ours.logits(ids, 1), logits)).toBeLessThan(tolerance);
  const session = await ours.decode(13, 1);
  await session.feed(ids.slice(0, 9));
  let last = new Float32Array(0);
  for (const id of ids.slice(9)) last = (await session.feed([id])) as Float32Array<ArrayBuffer>;
  session.close();
  expect(logitError(last, logits.subarray(-CONFIG.vocab))).toBeLessThan(tolerance);
  const step = { learningRate: 0, beta1: 0, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 0 };
  const [a, b] = [await ours.step([BATCH], 1, step), await theirs.step([BATCH], 1, step)];
  expect(Math.abs(a.loss / b.loss - 1)).toBeLessThan(1e-5);
  expect(Math.abs(a.gradNorm / b.gradNorm - 1)).toBeLessThan(1e-4);
  const [m, n] = [(await ours.getOptimizer()).m, (await theirs.getOptimizer()).m];
  expect(cosine(m, n)).toBeGreaterThan(0.99999);
  const [moved, expected] = [(await ours.movement())!, (await theirs.movement())!];
  moved.forEach((value, i) => {
    expect(value / expected[i]).toBeCloseTo(1, 4);
  });
  ours.dispose();
  theirs.dispose();
}

const BATCH: Batch = {
  rows: 2,
  length: 16,
  ids: Int32Array.from({ length: 32 }, (_, i) => (i * 29 + 5) % 97),
  labels: Int32Array.from({ length: 32 }, (_, i) => (i % 16 === 0 ? -100 : (i * 29 + 5) % 97)),
  lengths: Int32Array.of(16, 16),
};

async function load(source: ModelSource, dtype: BaseDtype, largestBinding?: number) {
  const gpu = await gpuOnce();
  const { weights } = await loadWeights(gpu, source, CONFIG, dtype, { largestBinding });
  return { gpu, weights, bytes: weights.bytes };
}

/** Compiled once: the kernels over float32 are the same in every comparison. */
let pipelines: Pipelines | undefined;

async function engineOf(source: ModelSource, dtype: BaseDtype, largestBinding?: number): Promise<Engine> {
  const { gpu, weights } = await load(source, dtype, largestBinding);
  pipelines ??= new Pipelines(gpu.device);
  const engine = await GpuEngine.create(
    { gpu, pipelines, config: CONFIG, weights },
    LORA,
    adapterModules(CONFIG, LORA.targets),
    {
      shape: { maxRows: 2, maxLength: 16 },
      seed: 1,
      checkpointing: false,
      packing: false,
      kernels: SMALL_TILES,
      planBytes: 0,
    },
  );
  const adapter = initialAdapter(engine.modules, LORA, 1);
  const next = noise(9);
  for (const [key, b] of adapter.values)
    if (key.endsWith('lora_B')) for (let i = 0; i < b.length; i++) b[i] = 0.2 * next();
  await engine.setAdapter(adapter);
  return engine;
}

/** Random tensors of the config, stored as `type` says. */
function randomModel(type: (name: string) => StoredType): ModelSource {
  const tensors = new Map<string, TensorEntry>();
  const bytes = new Map<string, Uint8Array>();
  for (const { name, shape } of expectedTensors(CONFIG)) {
    const count = shape.reduce((a, b) => a * b, 1);
    const stored = shape.length > 1 ? type(name) : 'F32';
    const data = isBlockType(stored)
      ? randomBlocks(stored, count)
      : randomFloats(count, shape.length > 1 ? 0.2 : 1);
    tensors.set(name, {
      name,
      stored,
      shape,
      bytes: data.length,
      ...(isBlockType(stored) && /[qk]_proj/.test(name)
        ? { permutedHeads: /q_proj/.test(name) ? 4 : 2 }
        : {}),
    });
    bytes.set(name, data);
  }
  return sourceOf(tensors, bytes);
}

function randomFloats(count: number, size: number): Uint8Array {
  const next = noise(count);
  const values = Float32Array.from({ length: count }, () => (size === 1 ? 1 + 0.3 * next() : size * next()));
  return new Uint8Array(values.buffer);
}

/** Random bytes with scales of a sensible size where the type has them. */
function randomBlocks(type: BlockType, count: number): Uint8Array {
  const next = noise(count + type.length);
  const bytes = Uint8Array.from({ length: storedBytes(type, count) }, () => (next() + 0.5) * 256);
  const view = new DataView(bytes.buffer);
  const size = BLOCK_TYPES[type].bytes;
  for (let at = 0; at < bytes.length; at += size) {
    if (type === 'Q6_K') view.setUint16(at + 208, toHalf(4e-5), true);
    else if (type.endsWith('_K')) {
      view.setUint16(at, toHalf(4e-4), true);
      view.setUint16(at + 2, toHalf(3e-3), true);
    } else {
      const d = type === 'Q8_0' ? 0.001 : type.startsWith('Q5') ? 0.005 : 0.01;
      view.setUint16(at, toHalf(d), true);
      if (type.endsWith('_1')) view.setUint16(at + 2, toHalf(-8 * d), true);
    }
  }
  return bytes;
}

/** The same model with the values that are held, as float32. */
async function decoded(source: ModelSource, dtype: BaseDtype): Promise<ModelSource> {
  const tensors = new Map<string, TensorEntry>();
  const bytes = new Map<string, Uint8Array>();
  for (const { name, shape } of source.tensors.values()) {
    const values = await heldTensor(source, CONFIG, name, dtype);
    tensors.set(name, { name, stored: 'F32', shape, bytes: values.byteLength });
    bytes.set(name, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return sourceOf(tensors, bytes);
}

function sourceOf(tensors: Map<string, TensorEntry>, bytes: Map<string, Uint8Array>): ModelSource {
  return {
    kind: 'gguf',
    id: 'random',
    name: 'random',
    revision: null,
    licence: null,
    config: {},
    generationConfig: null,
    tokenizer: { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null },
    tensors,
    read: async (tensor, begin, end) => bytes.get(tensor)!.slice(begin, end),
    close() {},
  };
}

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpuEngine } from '../../../src/engine/gpu/engine.ts';
import { type Gpu, SUBGROUP_MATRIX } from '../../../src/gpu/device.ts';
import type { View } from '../../../src/gpu/memory.ts';
import type { Kernel } from '../../../src/gpu/program.ts';
import { shaderText } from '../../../src/gpu/shaders.ts';
import { loadWeights } from '../../../src/loading/load-weights.ts';
import type { Activation } from '../../../src/ops/arguments.ts';
import type { LoraBlock, Matrix, Weight, WeightType } from '../../../src/ops/types.ts';
import { gatedBackward, gatedForward } from '../../../src/ops/webgpu/activation.ts';
import { adamw, gradNorm } from '../../../src/ops/webgpu/adamw.ts';
import { attentionBackward, attentionForward } from '../../../src/ops/webgpu/attention.ts';
import { scaleColumns, scaleColumnsBackward } from '../../../src/ops/webgpu/columns.ts';
import { crossEntropy, softCrossEntropy, sumLosses } from '../../../src/ops/webgpu/cross-entropy.ts';
import { embed, embedBackward } from '../../../src/ops/webgpu/embedding.ts';
import { linearBackward, linearForward } from '../../../src/ops/webgpu/linear.ts';
import { type LinearOp, variantsFor } from '../../../src/ops/webgpu/linear-variants.ts';
import { loraDown, loraDownBackward, loraUp, loraUpBackward } from '../../../src/ops/webgpu/lora.ts';
import { maskRows } from '../../../src/ops/webgpu/mask-rows.ts';
import { mergeRounded } from '../../../src/ops/webgpu/merge-rounded.ts';
import {
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  rmsNormForward,
} from '../../../src/ops/webgpu/norm.ts';
import { ropeBackward, ropeForward } from '../../../src/ops/webgpu/rope.ts';
import { rowNorms } from '../../../src/ops/webgpu/row-norms.ts';
import { addRows, appendRows, gatherRows, scatterRows } from '../../../src/ops/webgpu/rows.ts';
import { FIXTURES, openFixture, sourceOf } from '../model/fixture.ts';
import {
  compile,
  compileAlone,
  KERNEL_FILES,
  linesOf,
  openNullGpu,
  RecordedPipelines,
  sidesWithout,
} from './compiled-kernels.ts';
import { normalForm, withoutComments } from './normal-form.ts';

/** Every shader compiles: as it stands, in every variant, with every side of its conditions. */

let gpu: Gpu;
/** Of operations one by one: all variants. */
let pipelines: RecordedPipelines;
/** Of whole programs, which change with the models that there are. */
let ofPrograms: RecordedPipelines;

beforeAll(async () => {
  gpu = await openNullGpu([SUBGROUP_MATRIX]);
  pipelines = new RecordedPipelines(gpu.device);
  ofPrograms = new RecordedPipelines(gpu.device);
});

const allKernels = () => [...pipelines.kernels, ...ofPrograms.kernels];

/** As software and as hardware. */
const DEVICES = [true, false];

const view = (bytes = 256): View => gpu.memory.allocate('test', bytes, 'other');

/** In rows of `stride` floats; where `column` or `stride` is odd, kernels go one by one. */
const matrix = (stride: number, column = 0): Matrix => ({ view: view(), stride, column });

it('has the features that kernels may ask for', () => {
  for (const feature of ['subgroups', 'shader-f16', 'subgroup-size-control'])
    expect(gpu.info.features).toContain(feature);
});

it('a shader with a mistake does not compile', async () => {
  const kernel = { shader: 'rows', label: 'broken', access: ['read', 'write'] as const };
  gpu.device.pushErrorScope('validation');
  const broken = new RecordedPipelines(gpu.device).get({ ...kernel, constants: { Wide: 'vec3f' } });
  await expect(broken).rejects.toThrow(/rows \(broken\) does not compile: .*swizzle/);
  expect(await gpu.device.popErrorScope()).not.toBeNull();
});

describe('as it stands', () => {
  it.each(KERNEL_FILES)('%s', (name) => compileAlone(gpu, name));
});

describe('in programs of a run', () => {
  it.each(FIXTURES)('%s', async (name) => {
    const f = await openFixture((file) =>
      readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)),
    );
    for (const [software, dtype, packing] of [
      [true, 'f32', false],
      [false, 'f16', true],
    ] as const) {
      const device = { ...gpu, software };
      const { weights } = await loadWeights(device, sourceOf(f), f.config, dtype);
      const engine = await GpuEngine.create(
        { gpu: device, pipelines: ofPrograms, config: f.config, weights },
        f.adapterSettings,
        f.modules,
        {
          shape: { maxRows: 2, maxLength: 16 },
          seed: 1,
          checkpointing: packing,
          packing,
          kernels: {},
          planBytes: 0,
        },
      );
      (await engine.decode(16, 1)).close();
      engine.dispose();
    }
  });
});

describe('the linear and its adapter', () => {
  /** Sizes by fours and others, with one part or several. */
  const SIZES = [
    { n: 192, k: 128, ends: [64, 128, 192] },
    { n: 61, k: 50, ends: [30, 61] },
  ];
  const WEIGHTS: Pick<Weight, 'type' | 'quant'>[] = [
    { type: 'f32' },
    { type: 'f16' },
    ...(['q8', 'q4', 'nf4'] as const).flatMap((type) =>
      (['f16', 'f32'] as const).map((scaleType) => ({ type, quant: { block: 32 as const, scaleType } })),
    ),
  ];

  it.each(DEVICES)('every variant, weight and epilogue; software %s', async (software) => {
    const device = { ...gpu, software };
    for (const { n, k, ends } of SIZES)
      for (const weight of WEIGHTS) {
        if (weight.quant && k % weight.quant.block !== 0) continue;
        for (const choices of everyChoice(software, weight.type, n, k))
          for (const dropout of weight.type === 'f32' ? [0, 0.1] : [0.1])
            await compile(
              device,
              pipelines,
              (e) => {
                const w: Weight = { ...weight, rows: n, cols: k, data: view() };
                if (weight.quant) w.scales = view();
                const block: LoraBlock = {
                  rank: 8,
                  parts: ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i })),
                  scale: 2,
                  dropout,
                  a: view(),
                  b: view(),
                };
                const gradients = { a: view(), b: view() };
                const [x, y, dy, dx] = [matrix(k), matrix(n), matrix(n), matrix(k)];
                const [s, ds] = [matrix(8 * ends.length), matrix(8 * ends.length)];
                linearForward(e, { x, w, n, k, y });
                linearForward(e, { x, w, n, k, y, bias: view(), residual: matrix(n) });
                linearForward(e, { x: matrix(k + 3, 1), w, n, k, y, residual: y, lora: { block, s } });
                linearBackward(e, { dy, w, n, k, dx });
                linearBackward(e, {
                  dy: matrix(n + 3, 1),
                  w,
                  n,
                  k,
                  dx,
                  accumulate: true,
                  lora: { block, ds },
                });
                loraDown(e, { x, k, lora: block, s, training: true });
                loraUp(e, { s, lora: block, y });
                loraUpBackward(e, { dy, s, lora: block, gradients, ds, n });
                loraDownBackward(e, { ds, x, k, lora: block, gradients });
              },
              choices,
            );
      }
  });

  it.each([
    { software: true, reduction: 'none' },
    { software: false, reduction: 'tree' },
    { software: false, reduction: 'subgroups' },
  ])('norms of rows, software $software, reduction by $reduction', async ({ software, reduction }) => {
    for (const { n, k, ends } of SIZES)
      for (const weight of WEIGHTS) {
        if (weight.quant && k % weight.quant.block !== 0) continue;
        await compile(
          { ...gpu, software },
          pipelines,
          (e) => {
            const w: Weight = { ...weight, rows: n, cols: k, data: view() };
            if (weight.quant) w.scales = view();
            const parts = ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i }));
            const lora: LoraBlock = { rank: 8, parts, scale: 2, dropout: 0.1, a: view(), b: view() };
            rowNorms(e, { w, n, k, out: view() });
            rowNorms(e, { w, n, k, out: view(), lora });
            for (const mode of ['kept', 'added', 'left'] as const)
              maskRows(e, { x: matrix(k), out: matrix(k), width: k, mode, lora });
          },
          { 'row-reduction': reduction },
        );
      }
  });

  it('the weight with an adapter in it, rounded', async () => {
    const { n, k, ends } = SIZES[0];
    for (const weight of WEIGHTS)
      for (const type of ['q8', 'q4'] as const)
        await compile(gpu, pipelines, (e) => {
          const w: Weight = { ...weight, rows: n, cols: k, data: view() };
          if (weight.quant) w.scales = view();
          const quant = { block: 32, scaleType: 'f16' } as const;
          const out: Weight = { rows: n, cols: k, type, quant, data: view(), scales: view() };
          const parts = ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i }));
          const lora: LoraBlock = { rank: 8, parts, scale: 2, dropout: 0, a: view(), b: view() };
          mergeRounded(e, { w, n, k, out });
          mergeRounded(e, { w, n, k, out, lora });
        });
  });

  it('a weight in codes, decoded before the product of many rows', async () => {
    const { n, k } = SIZES[0];
    const [x, y]: Matrix[] = [k, n].map((stride) => ({ view: view(), stride, column: 0 }));
    for (const weight of WEIGHTS.filter(({ quant }) => quant))
      await compile({ ...gpu, software: true }, pipelines, (e) =>
        linearForward(e, {
          ...{ x, y, n, k, rowsHint: 64 },
          w: { ...weight, rows: n, cols: k, data: view(), scales: view() },
        }),
      );
    expect(pipelines.kernels.some(({ shader }) => shader === 'decode_weight')).toBe(true);
  });

  it.each([
    { what: 'of many rows, summed in ranges', n: 192, rank: 8 },
    { what: 'too large for that', n: 28_672, rank: 256 },
  ])('a gradient $what', async ({ n, rank }) => {
    const parts = [{ begin: 0, end: n, module: 0 }];
    const dy: Matrix = { view: view(4 * 100 * n), stride: n, column: 0 };
    for (const choices of everyChoice(false, 'f32', n, rank))
      await compile(
        { ...gpu, software: false },
        pipelines,
        (e) => {
          const lora: LoraBlock = { rank, parts, scale: 2, dropout: 0, a: view(), b: view() };
          const gradients = { a: view(), b: view() };
          const [s, ds] = [matrix(rank), matrix(rank)];
          loraUpBackward(e, { dy, s, lora, gradients, ds, n });
          loraDownBackward(e, { ds, x: dy, k: n, lora, gradients });
        },
        choices,
      );
  });

  /** Choices that take the first variant of each operation, the second, and so on. */
  function everyChoice(
    software: boolean,
    weight: WeightType,
    n: number,
    k: number,
  ): Record<string, string>[] {
    const { features, limits } = gpu.device;
    // Of the large products and of those as narrow as a rank.
    const names = (op: LinearOp) => [
      ...new Set(
        [
          { n, k },
          { n: 16, k: 16 },
        ].flatMap((size) =>
          variantsFor({ software, features, limits }, { op, ...size, weight, alignment: 64 }).map(
            ({ name }) => name,
          ),
        ),
      ),
    ];
    const all = {
      'linear-forward': names('linear-forward'),
      'linear-backward': names('linear-backward'),
      'lora-gradient': names('lora-gradient'),
    };
    const most = Math.max(...Object.values(all).map(({ length }) => length));
    return Array.from(
      { length: most },
      (_, i) =>
        new Proxy<Record<string, string>>(
          {},
          {
            get: (_, key) => {
              const variants = all[String(key).split(' ')[0] as LinearOp];
              return variants[Math.min(i, variants.length - 1)];
            },
          },
        ),
    );
  }
});

it.each(['tiled-64x64x16-64', 'half-64x64x16-64', 'matrix-32x32x16-32', 'tiled-16x64x16-64'])(
  'in subgroups of 8: %s',
  async (name) => {
    const choices = new Proxy<Record<string, string>>({}, { get: () => name });
    const from = pipelines.kernels.length;
    await compile(
      { ...gpu, software: false },
      pipelines,
      (e) => {
        const lora: LoraBlock = {
          ...{
            rank: 8,
            parts: [{ begin: 0, end: 64, module: 0 }],
            scale: 2,
            dropout: 0,
            a: view(),
            b: view(),
          },
        };
        const w: Weight = { type: 'f16', rows: 64, cols: 64, data: view() };
        const [x, y, s] = [matrix(64), matrix(64), matrix(8)];
        linearForward(e, { x, w, n: 64, k: 64, y });
        linearBackward(e, { dy: y, w, n: 64, k: 64, dx: x });
        loraDownBackward(e, { ds: s, x, k: 64, lora, gradients: { a: view(), b: view() } });
        const shape = { heads: 2, kvHeads: 1, headDim: 32, scale: 0.5, window: null };
        const args = { ...shape, q: matrix(64), k: matrix(64), v: matrix(64), o: matrix(64), lse: view() };
        attentionForward(e, args);
        attentionBackward(e, { ...args, do: matrix(64), dq: matrix(64), dk: matrix(64), dv: matrix(64) });
      },
      choices,
      true,
    );
    const made = pipelines.kernels.slice(from);
    const small = made.filter(({ constants }) => constants.SUBGROUPS_OF_8);
    // Threads that multiply matrices are a subgroup of 32.
    expect(small.some(({ constants }) => constants.MATRIX)).toBe(false);
    for (const kernel of small)
      expect(shaderText(kernel.shader, kernel.constants)).toContain('@subgroup_size(8)');
    expect(small.filter(({ label }) => label.startsWith('attention'))).toHaveLength(3);
  },
);

describe('every other operation, by fours and one by one', () => {
  it.each([
    { software: true, reduction: 'none' },
    { software: false, reduction: 'tree' },
    { software: false, reduction: 'subgroups' },
  ])('software $software, reduction by $reduction', async ({ software, reduction }) => {
    const device = { ...gpu, software };
    const choices = { 'row-reduction': reduction };
    for (const width of [64, 7])
      for (const flag of [false, true])
        await compile(
          device,
          pipelines,
          (e) => {
            const [x, y, dx] = [matrix(2 * width), matrix(2 * width), matrix(2 * width)];
            const [weight, bias, stat] = [view(), view(), view()];
            const rms = { x, weight, width, rstd: stat, addOne: flag, heads: flag ? 2 : 1 };
            rmsNormForward(e, { ...rms, y, eps: 1e-6 });
            rmsNormForward(e, { ...rms, y, eps: 1e-6, residual: dx });
            rmsNormBackward(e, { ...rms, dy: y, dx, accumulate: flag });
            layerNormForward(e, { x, y, weight, bias, width, eps: 1e-6, stat });
            layerNormBackward(e, { dy: y, x, weight, stat, dx, width, accumulate: flag });

            const half = width === 7 ? 3 : 16;
            const table = view(4096);
            const rope = { x, heads: 2, headDim: width, rotaryDims: 2 * half, table };
            ropeForward(e, { ...rope, positions: flag ? view() : undefined });
            ropeBackward(e, { ...rope, positions: flag ? view() : undefined });

            for (const kind of ['silu', 'gelu', 'gelu_tanh'] satisfies Activation[]) {
              gatedForward(e, { gu: x, act: y, width, kind, gated: flag });
              gatedBackward(e, { gu: x, dact: y, width, kind, gated: flag });
            }

            crossEntropy(e, {
              logits: matrix(width),
              targets: view(),
              weights: view(),
              losses: view(),
              vocab: width,
              gradient: flag,
            });
            sumLosses(e, { losses: view(), result: view() });
            for (const top of [3, width])
              softCrossEntropy(e, {
                ...{ logits: matrix(width), targets: view(), weights: view(), losses: view(), stride: 64 },
                ...{ ids: view(), probabilities: view(), top, weight: 0.5, vocab: width, gradient: flag },
              });
            const flat = { gradients: view(), count: width, result: view() };
            gradNorm(e, flat);
            adamw(e, { ...flat, weights: view(), m: view(), v: view(), hyper: view() });

            gatherRows(e, { x, out: y, width, index: view() });
            scatterRows(e, { x, out: y, width, index: view() });
            addRows(e, { x, out: y, width });
            addRows(e, { x, out: y, width, factor: -1 });
            appendRows(e, { x, out: y, width, capacity: 32 });
            appendRows(e, { x, out: y, width, capacity: 32, positions: view() });

            const columns = { width, scale: view(), over: flag ? view() : undefined };
            for (const residual of [undefined, y, matrix(2 * width)])
              scaleColumns(e, { ...columns, x, out: y, bias: flag ? view() : undefined, residual });
            const tall = { ...y, view: view(4 * y.stride * 40) };
            for (const dy of [y, tall])
              for (const into of [x, dy, dx])
                scaleColumnsBackward(e, { ...columns, dy, x, dx: into, gradient: view() });
          },
          choices,
        );
  });

  it.each(DEVICES)('attention; software %s', async (software) => {
    const device = { ...gpu, software };
    for (const headDim of [8, 5, 256])
      for (const documents of [undefined, view()])
        for (const fused of [false, true])
          for (const window of [null, 6])
            await compile(device, pipelines, (e) => {
              const stride = 4 * headDim;
              const shape = { heads: 2, kvHeads: 1, headDim, scale: 0.5, window };
              const m = () => matrix(stride);
              const args = { ...shape, q: m(), k: m(), v: m(), o: m(), lse: view(), documents };
              attentionForward(e, args);
              const cached = { ...args, documents: undefined, kvCapacity: 32, rowsHint: 1 };
              attentionForward(e, cached);
              attentionForward(e, { ...cached, positions: view() });
              const dk = m();
              const dv = fused ? { ...dk, column: headDim } : m();
              attentionBackward(e, { ...args, do: m(), dq: m(), dk, dv });
            });
  });

  it('embedding', async () => {
    for (const width of [64, 7])
      for (const type of ['f32', 'f16'] as const)
        for (const positions of [undefined, view()])
          await compile(gpu, pipelines, (e) => {
            const table: Weight = { rows: 20, cols: width, type, data: view() };
            // A column that is odd, so that a table by fours is read one by one as well.
            for (const out of [matrix(width), matrix(width + 1, 1)]) {
              embed(e, { ids: view(), table, width, out, scale: 1 });
              embed(e, { ids: view(), table, width, out, scale: 1, positions, positionTable: table });
              embedBackward(e, { ids: view(), first: 9, dout: out, width, gradient: view(), count: 3 });
            }
          });
  });
});

describe('the text that reaches the driver', () => {
  const keyOf = ({ shader, constants }: Kernel) =>
    [
      shader,
      ...Object.entries(constants)
        .filter(([, value]) => value !== false)
        .map(([name, value]) => (value === true ? name : `${name}=${value}`.replaceAll(' ', '')))
        .sort(),
    ].join(' ');

  const hash = (text: string) => createHash('sha256').update(normalForm(text)).digest('hex').slice(0, 16);

  /** A change of a kernel that is meant: `npx vitest run --project unit tests/unit/ops/shaders.test.ts -u`. */
  it('of every kernel is what it was', async () => {
    const forms = new Map([...pipelines.texts].map(([kernel, text]) => [keyOf(kernel), hash(text)]));
    const lines = [...forms]
      .map(([key, hash]) => `${hash} ${key}\n`)
      .sort((a, b) => (a.slice(17) < b.slice(17) ? -1 : 1));
    expect(lines.length).toBeGreaterThan(500);
    await expect(lines.join('')).toMatchFileSnapshot('snapshots/kernels.txt');
  });

  it.each([
    ['forward-direct', 'linear forward 128→192 q4 lora quad-8x4', { QUAD: true }],
    ['forward-tiled', 'linear forward 128→192 f16 lora tiled-32x32x32-64', { LORA: true }],
    ['forward-matrix', 'linear forward 128→192 f32 matrix-32x32x16-32', { BIAS: true }],
    ['backward-direct', 'linear backward 192→128 f16 lora direct-8x4-4', { DROPOUT: true }],
    ['backward-tiled', 'linear backward 192→128 nf4 lora tiled-32x32x32-64', { DROPOUT: true }],
    ['gradient-direct', 'lora gradient b 192×8 direct-8x8-2', {}],
    ['gradient-tiled', 'lora gradient a 128×8 tiled-16x64x16-64', { DROPOUT: true }],
    ['attention-forward-tiled', 'attention 2/1×8', { DOCUMENTS: true, ROWS_STAGED: 64 }],
    ['attention-dk-dv-tiled', 'attention dK dV 2/1×8', { DOCUMENTS: true, ROWS_STAGED: 64 }],
  ])('of a typical one: %s', async (name, label, wanted) => {
    const kernel = pipelines.kernels.find(
      (one) =>
        one.label === label &&
        Object.entries(wanted).every(([constant, value]) => one.constants[constant] === value),
    );
    if (!kernel) throw new Error(`no kernel ${label}`);
    const text = withoutComments(shaderText(kernel.shader, kernel.constants));
    await expect(text).toMatchFileSnapshot(`snapshots/${name}.wgsl`);
  });
});

// For scripts/naga.mjs, which gives them to Firefox's compiler.
afterAll(async () => {
  const file = process.env.LOWRANK_KERNELS;
  if (!file) return;
  const key = ({ shader, constants }: Kernel) => JSON.stringify([shader, Object.entries(constants).sort()]);
  // naga has no subgroup matrices, and no subgroups of a size that a shader asks for.
  const plain = allKernels().filter(({ constants }) => !constants?.MATRIX && !constants?.SUBGROUPS_OF_8);
  const kernels = new Map(plain.map((kernel) => [key(kernel), kernel]));
  const texts = [...kernels.values()].map(({ shader, constants, label }) => ({
    label,
    code: shaderText(shader, constants),
  }));
  await writeFile(file, JSON.stringify(texts));
}, 60_000);

/** Half of what they had when each held everything, and a tile loop of its own. */
it.each([
  ['linear_forward_direct', 212],
  ['linear_forward_tiled', 279],
  ['linear_backward_direct', 213],
  ['linear_backward_tiled', 280],
])('%s stays a short file', (name, before) => {
  expect(linesOf(name)).toBeGreaterThan(20);
  expect(linesOf(name)).toBeLessThanOrEqual(before / 2);
});

it('no side of a condition was left out', () => {
  expect(sidesWithout([]).length).toBeGreaterThan(100);
  expect(sidesWithout(allKernels())).toEqual([]);
});

import { expect, test } from 'vitest';
import type { View } from '../../../src/ops/memory.ts';
import { processorOperations } from '../../../src/ops/processor/operations.ts';
import type { Matrix, Weight } from '../../../src/ops/types.ts';
import { openProcessor } from '../../../src/processor/kernels.ts';
import { DimsSlots, Executor, Recorder } from '../../../src/processor/program.ts';
import { toHalf } from '../../../src/weights/half.ts';
import { layoutOf, NF4_LAYOUT, type QuantLayout, unpackToFloats } from '../../../src/weights/repack.ts';
import { CLOSE, DIMS, noise } from './processor-case.ts';

/** Products of the processor with weights as they are held, beside float64. */

const TYPES: [string, QuantLayout | 'f16'][] = [
  ['f16', 'f16'],
  ['q8 of blocks of 32', layoutOf('Q8_0')],
  ['q8 of blocks of 16', layoutOf('Q6_K')],
  ['q4 of halves', layoutOf('Q4_1')],
  ['q4 of floats', layoutOf('Q4_K')],
  ['nf4', NF4_LAYOUT],
];
test.each(TYPES)('products with rows held as %s', async (_, layout) => {
  const [rows, n, k] = [6, 72, 192];
  const processor = await openProcessor();
  const random = noise(9);
  const { memory } = processor;
  const take = (values: ArrayBufferView) => {
    const view = memory.allocate('weight', values.byteLength, 'base');
    memory.write(view, values);
    return view;
  };
  const { weight, values } = held(layout, n, k, random, take);
  const x = Float32Array.from({ length: rows * k }, random);
  const dy = Float32Array.from({ length: rows * n }, random);
  const at = (view: View, stride: number): Matrix => ({ view, stride, column: 0 });
  const y = memory.allocate('y', 4 * rows * n, 'other');
  const one = memory.allocate('one row', 4 * n, 'other');
  const dx = memory.allocate('dx', 4 * rows * k, 'other');
  const row = memory.allocate('embedding', 4 * k, 'other');
  const norms = memory.allocate('norms', 4 * n, 'other');
  const slots = new DimsSlots(memory, 2);
  slots.write([
    { ...DIMS, rows, batch: 1, length: rows },
    { ...DIMS, rows: 1 },
  ]);
  const recorder = new Recorder(memory, slots, new Map());
  const ops = processorOperations(recorder);
  const input = at(take(x), k);
  ops.linearForward({ x: input, w: weight, n, k, y: at(y, n) });
  ops.linearForward({ x: input, w: weight, n, k, y: at(one, n), dims: 1 });
  ops.linearBackward({ dy: at(take(dy), n), w: weight, n, k, dx: at(dx, k) });
  ops.rowNorms({ w: weight, n, k, out: norms });
  const executor = new Executor(processor, memory, 8, 8);
  executor.run(recorder.build());
  slots.write([{ ...DIMS, rows: 1, batch: 1, length: 1 }, DIMS]);
  const embedding = new Recorder(memory, slots, new Map());
  const ids = take(Uint32Array.of(n - 1));
  processorOperations(embedding).embed({ ids, table: weight, width: k, out: at(row, k), scale: 1 });
  executor.run(embedding.build());

  const sum = (count: number, term: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b);
  const near = (ours: Float32Array, wanted: (i: number) => number) => {
    const theirs = Float64Array.from(ours, (_, i) => wanted(i));
    const scale = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    expect(Math.max(...theirs.map((value, i) => Math.abs(ours[i] - value)))).toBeLessThan(CLOSE * scale);
  };
  const product = (i: number) => sum(k, (p) => x[Math.floor(i / n) * k + p] * values[(i % n) * k + p]);
  near(memory.read(y), product);
  near(memory.read(one).subarray(0, n), product);
  near(memory.read(dx), (i) => sum(n, (p) => dy[Math.floor(i / k) * n + p] * values[p * k + (i % k)]));
  near(memory.read(row), (i) => values[(n - 1) * k + i]);
  near(memory.read(norms), (i) => Math.sqrt(sum(k, (p) => values[i * k + p] ** 2)));
});

// Generation: codes and what they are multiplied with are summed as integers, of which a float may lose nothing.
test.each(TYPES.filter(([, layout]) => layout !== 'f16' && layout !== NF4_LAYOUT))(
  'one row of values far apart: %s',
  async (_, layout) => {
    const least = (layout as QuantLayout).block;
    for (const k of [...(least === 16 ? [48] : []), 32, 96, 192]) {
      const processor = await openProcessor();
      const { memory } = processor;
      const random = noise(k);
      const n = 25;
      const take = (values: ArrayBufferView) => {
        const view = memory.allocate('weight', values.byteLength, 'base');
        memory.write(view, values);
        return view;
      };
      const { weight, values } = held(layout, n, k, random, take);
      const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const large = Math.floor(k / 2) + 1;
      const inputs = [
        Float32Array.from({ length: k }, random),
        Float32Array.from({ length: k }, (_, i) => (i === large ? -1000 : random())),
        Float32Array.from({ length: k }, (_, i) => (i < 32 ? 0 : random() * 1e-20)),
        Float32Array.from({ length: k }, () => random() * 1e-30),
        Float32Array.from({ length: k }, (_, i) => (i % 2 ? -3e30 : 3e30) * random()),
        new Float32Array(k),
        Float32Array.from({ length: k }, (_, i) => (i === large ? Number.NaN : 1)),
      ];
      for (const x of inputs) {
        const y = memory.allocate('y', 4 * n, 'other');
        const slots = new DimsSlots(memory, 1);
        slots.write([{ ...DIMS, rows: 1 }]);
        const recorder = new Recorder(memory, slots, new Map());
        processorOperations(recorder).linearForward({
          ...{ x: { view: take(x), stride: k, column: 0 }, w: weight, n, k },
          y: { view: y, stride: n, column: 0 },
        });
        new Executor(processor, memory, 8, 8).run(recorder.build());
        const size = most * x.reduce((total, value) => total + Math.abs(value), 0);
        memory
          .read(y)
          .subarray(0, n)
          .forEach((value, i) => {
            let wanted = 0;
            for (let p = 0; p < k; p++) wanted += x[p] * values[i * k + p];
            if (Number.isNaN(wanted)) expect(value).toBeNaN();
            else expect(Math.abs(value - wanted)).toBeLessThanOrEqual(5e-7 * size + k * most * 1e-36);
          });
      }
    }
  },
);

test('one row that is longer than there is room to prepare', async () => {
  const processor = await openProcessor();
  const { memory } = processor;
  const random = noise(11);
  const take = (values: ArrayBufferView) => {
    const view = memory.allocate('weight', values.byteLength, 'base');
    memory.write(view, values);
    return view;
  };
  const [n, k] = [4, 32_768];
  const { weight, values } = held(layoutOf('Q4_1'), n, k, random, take);
  const x = Float32Array.from({ length: k }, random);
  const y = memory.allocate('y', 4 * n, 'other');
  const slots = new DimsSlots(memory, 1);
  slots.write([{ ...DIMS, rows: 1 }]);
  const recorder = new Recorder(memory, slots, new Map());
  processorOperations(recorder).linearForward({
    ...{ x: { view: take(x), stride: k, column: 0 }, w: weight, n, k },
    y: { view: y, stride: n, column: 0 },
  });
  new Executor(processor, memory, 8, 8).run(recorder.build());
  const size = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) * x.reduce((a, b) => a + Math.abs(b), 0);
  memory.read(y).forEach((value, i) => {
    let wanted = 0;
    for (let p = 0; p < k; p++) wanted += x[p] * values[i * k + p];
    expect(Math.abs(value - wanted)).toBeLessThanOrEqual(5e-7 * size);
  });
});

// One row is multiplied with two rows of W at once where both are of one type: the last of a part has none beside it.
test.each([5, 1])('rows of several types in one weight, with %s of X', async (rows) => {
  const processor = await openProcessor();
  const { memory } = processor;
  const random = noise(3);
  const take = (values: ArrayBufferView) => {
    const view = memory.allocate('weight', values.byteLength, 'base');
    memory.write(view, values);
    return view;
  };
  const k = 64;
  const layouts = [layoutOf('Q4_K'), 'f16', layoutOf('Q8_0'), layoutOf('Q4_1'), layoutOf('Q6_K')] as const;
  const sizes = [24, 15, 11, 7, 1];
  const made = layouts.map((layout, i) => held(layout, sizes[i], k, random, take));
  let n = 0;
  const parts = made.map(({ weight }) => {
    const begin = n;
    n += weight.rows;
    return { begin, end: n, weight };
  });
  const weight: Weight = { ...made[0].weight, rows: n, parts };
  const x = Float32Array.from({ length: rows * k }, random);
  const y = memory.allocate('y', 4 * rows * n, 'other');
  const slots = new DimsSlots(memory, 1);
  slots.write([{ ...DIMS, rows }]);
  const recorder = new Recorder(memory, slots, new Map());
  processorOperations(recorder).linearForward({
    ...{ x: { view: take(x), stride: k, column: 0 }, w: weight, n, k },
    y: { view: y, stride: n, column: 0 },
  });
  new Executor(processor, memory, 8, 8).run(recorder.build());
  const values = Float32Array.from(made.flatMap((one) => [...one.values]));
  memory
    .read(y)
    .subarray(0, rows * n)
    .forEach((value, i) => {
      let wanted = 0;
      for (let p = 0; p < k; p++) wanted += x[Math.floor(i / n) * k + p] * values[(i % n) * k + p];
      expect(Math.abs(value - wanted)).toBeLessThan(2e-5);
    });
});

function held(
  layout: QuantLayout | 'f16',
  n: number,
  k: number,
  random: () => number,
  take: (values: ArrayBufferView) => View,
): { weight: Weight; values: Float32Array } {
  if (layout === 'f16') {
    // Also one that is too small for a normal half.
    const values = Float32Array.from({ length: n * k }, (_, i) => (i === 3 ? 3e-7 : random()));
    const halves = Uint16Array.from(values, toHalf);
    const table = halves.map((half) => half);
    return {
      weight: { rows: n, cols: k, type: 'f16', data: take(halves) },
      values: Float32Array.from(table, halfValue),
    };
  }
  const codes = Uint32Array.from({ length: (n * k) / (layout.codes === 'q8' ? 4 : 8) }, () =>
    Math.floor((random() + 1) * 2 ** 31),
  );
  const blocks = (n * k) / layout.block;
  const scales =
    layout.scaleType === 'f16'
      ? Uint32Array.from({ length: blocks }, () => toHalf(random() / 8) | (toHalf(random()) << 16))
      : new Uint32Array(
          Float32Array.from({ length: layout.codes === 'nf4' ? blocks : 2 * blocks }, () => random() / 8)
            .buffer,
        );
  const { codes: type, ...quant } = layout;
  return {
    weight: { rows: n, cols: k, type, data: take(codes), scales: take(scales), quant },
    values: unpackToFloats({ codes, scales }, layout),
  };
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

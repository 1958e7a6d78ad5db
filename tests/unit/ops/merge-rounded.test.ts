import { describe, expect, test } from 'vitest';
import type { Dims } from '../../../src/ops/dims.ts';
import { processorOperations } from '../../../src/ops/processor/operations.ts';
import { roundedReference } from '../../../src/ops/reference/rounding.ts';
import type { LoraBlock, Weight } from '../../../src/ops/types.ts';
import { openProcessor } from '../../../src/processor/kernels.ts';
import { addressOf, type View } from '../../../src/processor/memory.ts';
import { DimsSlots, Recorder } from '../../../src/processor/program.ts';
import { layoutOf, type PackedRows, unpackToFloats } from '../../../src/weights/repack.ts';
import { edgeBlocks, exported, HELD, type HeldWords, roundingCase } from './rounding-case.ts';

const TYPES = ['q8', 'q4'] as const;
const DIMS: Dims = {
  ...{ rows: 1, batch: 1, length: 1, start: 0, offset: 0, supervised: 1, step: 1, seed: 1 },
  ...{ scale: 1, strength: 1, micro: 0 },
};
const values = (packed: PackedRows, type: 'q8' | 'q4') =>
  unpackToFloats(packed, layoutOf(type === 'q8' ? 'Q8_0' : 'Q4_0'));

describe.each(TYPES)('rounded as %s', (type) => {
  test('float64 is what the export writes', () => {
    const all = Float32Array.from([
      ...edgeBlocks(),
      ...Float32Array.from({ length: 3200 }, (_, i) => Math.sin(1.7 * i) * Math.exp(Math.cos(0.3 * i))),
    ]);
    const theirs = values(exported(all, type), type);
    const ours = roundedReference({ rows: 1, cols: all.length, values: Float64Array.from(all) }, type);
    expect([...ours.values.values].map((value) => value + 0)).toEqual([...theirs].map((value) => value + 0));
  });

  test.each(HELD)('the processor merges and rounds to the bit: a base in %s', async (held) => {
    const c = roundingCase(held);
    const words = await onProcessor(c, type, c.strength);
    const wanted = exported(c.merged, type);
    const [perRow, blocks] = [wanted.codes.length / c.n, wanted.scales.length / c.n];
    expect(words.codes.subarray(c.row0 * perRow, (c.row0 + c.n) * perRow)).toEqual(wanted.codes);
    expect(words.scales.subarray(c.row0 * blocks, (c.row0 + c.n) * blocks)).toEqual(wanted.scales);
    // Rows before and after are as they were.
    expect(new Set(words.codes.subarray(0, c.row0 * perRow))).toEqual(new Set([FILL]));
    expect(new Set(words.scales.subarray((c.row0 + c.n) * blocks, c.rows * blocks))).toEqual(new Set([FILL]));
  });

  test('at no strength, and without an adapter, it is the base that is rounded', async () => {
    const c = roundingCase('f32', 64);
    const wanted = exported(c.base.slice(c.row0 * c.k, (c.row0 + c.n) * c.k), type);
    for (const words of [
      await onProcessor(c, type, 0),
      await onProcessor({ ...c, parts: [] }, type, c.strength),
    ]) {
      const first = (c.row0 * wanted.codes.length) / c.n;
      expect(words.codes.subarray(first, first + wanted.codes.length)).toEqual(wanted.codes);
    }
  });

  test('what was rounded once stays as it is', async () => {
    const c = { ...roundingCase('f32', 96), parts: [] };
    const whole = { ...c, row0: 0, n: c.rows };
    const once = await onProcessor(whole, type, 1);
    const quant = { block: 32, scaleType: 'f16' } as const;
    const again = {
      ...whole,
      held: { type, quant, data: Uint32Array.from(once.codes), scales: Uint32Array.from(once.scales) },
    };
    expect(values(await onProcessor(again, type, 1), type)).toEqual(values(once, type));
  });

  test('blocks at the edges', async () => {
    const edges = edgeBlocks();
    const k = edges.length;
    const held: HeldWords = { type: 'f32', data: new Uint32Array(edges.buffer) };
    const given = { ...roundingCase('f32', 32), held, k, rows: 1, row0: 0, n: 1, parts: [] };
    const words = await onProcessor(given, type, 1);
    const plain = (all: Float32Array) => [...all].map((value) => value + 0);
    expect(plain(values(words, type))).toEqual(plain(values(exported(edges, type), type)));
  });

  test('what is not a number stays none', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const row = Float32Array.from({ length: 32 }, (_, i) => (i === 5 ? bad : i / 32));
      const held: HeldWords = { type: 'f32', data: new Uint32Array(row.buffer) };
      const given = { ...roundingCase('f32', 32), held, k: 32, rows: 1, row0: 0, n: 1, parts: [] };
      const words = await onProcessor(given, type, 1);
      expect(values(words, type).some((value) => !Number.isFinite(value))).toBe(true);
    }
  });
});

const FILL = 0xabababab;

/** Merged by one thread and by several, whose bytes are the same. */
async function onProcessor(
  given: Omit<ReturnType<typeof roundingCase>, 'base' | 'merged' | 'strength'>,
  type: 'q8' | 'q4',
  strength: number,
): Promise<PackedRows> {
  const { rows, k, row0, n, rank, scale, parts, held, a, b } = given;
  const processor = await openProcessor();
  const { memory, kernels } = processor;
  const take = (data: ArrayBufferView) => {
    const view = memory.allocate('test', data.byteLength, 'other');
    memory.write(view, data);
    return view;
  };
  const { data, scales, ...kind } = held;
  const w: Weight = { rows, cols: k, ...kind, data: take(data), scales: scales && take(scales) };
  const size = { codes: (rows * k) / (type === 'q8' ? 4 : 8), scales: (rows * k) / 32 };
  const room = (count: number) => take(new Uint32Array(count).fill(FILL));
  const out = { codes: room(size.codes), scales: room(size.scales) };
  const lora: LoraBlock = { rank, parts, scale, dropout: 0, a: take(a), b: take(b) };
  const slots = new DimsSlots(memory, 1);
  slots.write([{ ...DIMS, strength }]);
  const recorder = new Recorder(memory, slots, new Map());
  processorOperations(recorder).mergeRounded({
    ...{ w, row0, n, k, lora: parts.length > 0 ? lora : undefined },
    out: {
      ...{ rows, cols: k, type, data: out.codes, scales: out.scales },
      quant: { block: 32, scaleType: 'f16' },
    },
  });
  const { begin, end } = recorder.build();
  const scratch = addressOf(memory.allocate('panels', kernels.scratchBytes(64, 64), 'other'));
  const read = (view: View, count: number) => new Uint32Array(memory.read(view, 4 * count).buffer);
  const run = (threads: number): PackedRows => {
    for (let thread = 0; thread < threads; thread++)
      kernels.takeShare(0, begin, end, thread, threads, scratch);
    return { codes: read(out.codes, size.codes), scales: read(out.scales, size.scales) };
  };
  const alone = run(1);
  for (const threads of [2, 3, 7]) expect(run(threads)).toEqual(alone);
  return alone;
}

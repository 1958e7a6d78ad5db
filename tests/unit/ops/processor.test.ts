import { describe, expect, test } from 'vitest';
import type { Dims } from '../../../src/ops/dims.ts';
import type { View } from '../../../src/ops/memory.ts';
import type { Operations } from '../../../src/ops/operations.ts';
import { processorOperations } from '../../../src/ops/processor/operations.ts';
import type { LoraBlock, Matrix, Weight } from '../../../src/ops/types.ts';
import { openProcessor, type Processor } from '../../../src/processor/kernels.ts';
import { addressOf, type View as ProcessorView } from '../../../src/processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../../src/processor/program.ts';
import { CLOSE, DIMS, noise } from './processor-case.ts';
import { Ram } from './ram.ts';
import { ReferenceOperations } from './reference-operations.ts';

/** Each kernel of the processor beside float64: both executors are given the same operations on the same memory. */

class Both {
  readonly ram = new Ram();
  readonly #pairs: { ours: ProcessorView; theirs: View; integers: boolean }[] = [];
  readonly #random = noise(5);

  constructor(readonly processor: Processor) {}

  #pair(bytes: ArrayBufferView, integers: boolean): View {
    const ours = this.processor.memory.allocate('tested', bytes.byteLength, 'other');
    const theirs = this.ram.allocate('tested', bytes.byteLength, 'other');
    this.processor.memory.write(ours, bytes);
    this.ram.write(theirs, bytes);
    this.#pairs.push({ ours, theirs, integers });
    return theirs;
  }

  floats(count: number, of: (i: number) => number = this.#random): View {
    return this.#pair(
      Float32Array.from({ length: count }, (_, i) => of(i)),
      false,
    );
  }

  integers(...values: number[]): View {
    return this.#pair(Uint32Array.from(values), true);
  }

  /** Columns in the middle of a wider matrix. */
  matrix(rows: number, width: number, { stride = width + 7, column = 3 } = {}): Matrix {
    return { view: this.floats(rows * stride), stride, column };
  }

  weight(rows: number, cols: number): Weight {
    return { rows, cols, type: 'f32', data: this.floats(rows * cols) };
  }

  /** The largest difference after the operations, over 1 or the largest value of its buffer. */
  difference(emit: (ops: Operations) => void, dims: readonly Dims[] = [DIMS]): number {
    const { memory } = this.processor;
    const slots = new DimsSlots(memory, dims.length);
    slots.write(dims);
    const recorder = new Recorder(memory, slots, new Map());
    emit(this.#oursOf(processorOperations(recorder)));
    const before = this.#pairs.map(({ ours }) => memory.read(ours));
    const run = (threads: number) => {
      for (const [i, { ours }] of this.#pairs.entries()) memory.write(ours, before[i]);
      runShared(this.processor, recorder.build(), threads);
      return this.#pairs.map(({ ours }) => memory.read(ours));
    };
    // However the work is shared, the bytes are the same.
    const alone = run(1);
    for (const threads of [2, 3, 7]) expect(run(threads)).toEqual(alone);
    run(1);
    emit(new ReferenceOperations(this.ram, dims));
    let most = 0;
    let changed = 0;
    for (const { ours, theirs, integers } of this.#pairs) {
      if (integers) continue;
      const [a, b] = [memory.read(ours), this.ram.read(theirs)];
      const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      for (let i = 0; i < b.length; i++) {
        const error = Math.abs(a[i] - b[i]) / scale;
        if (!(error <= most)) most = error;
      }
      changed++;
    }
    expect(changed).toBeGreaterThan(0);
    return most;
  }

  /** The same operations on our views of the same ranges. */
  #oursOf(ops: Operations): Operations {
    const swap = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(swap);
      if (typeof value !== 'object' || value === null) return value;
      const found = this.#pairs.find(({ theirs }) => theirs.buffer === (value as View).buffer);
      if (found) return { ...(value as View), buffer: found.ours.buffer };
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, swap(one)]));
    };
    return new Proxy(ops, {
      get: (target, name) => (args: unknown) =>
        (target as unknown as Record<PropertyKey, (args: unknown) => unknown>)[name](swap(args)),
    });
  }
}

/** Each operation by all of its threads, one thread after another, before the next operation begins. */
function runShared({ memory, kernels }: Processor, { begin, end }: Program, threads: number): void {
  const scratch = addressOf(memory.allocate('panels', kernels.scratchBytes(64, 64), 'other'));
  const words = new Uint32Array(memory.heap.memory!.buffer);
  for (let at = begin; at < end; ) {
    const next = at + 8 + 4 * words[at / 4 + 1];
    for (let thread = 0; thread < threads; thread++) kernels.takeShare(0, at, next, thread, threads, scratch);
    at = next;
  }
}

const open = async () => new Both(await openProcessor());

function adapter(both: Both, n: number, k: number, dropout = 0): LoraBlock {
  const parts = [
    { begin: 0, end: 5, module: 2 },
    { begin: 5, end: n, module: 3 },
  ];
  return {
    ...{ rank: 4, parts, scale: 2, dropout, maskDims: 1 },
    a: both.floats(2 * 4 * k),
    b: both.floats(n * 4),
  };
}
/** The second slot draws masks. */
const WITH_MASKS = [DIMS, { ...DIMS, firstModule: 4 }];

describe('a linear layer', () => {
  const SHAPES: [rows: number, n: number, k: number][] = [
    [10, 24, 36],
    [1, 13, 20],
    [3, 130, 1100],
    [9, 67, 1030],
    [4, 8, 8],
  ];
  test.each(SHAPES)('forward, %i rows, %i of %i', async (rows, n, k) => {
    const both = await open();
    const y = both.matrix(rows, n);
    const args = {
      ...{ x: both.matrix(rows, k), w: both.weight(n + 2, k), row0: 1, n, k, y, bias: both.floats(n) },
      residual: y,
      lora: { block: adapter(both, n, k), s: both.matrix(rows, 8) },
    };
    const dims = [{ ...DIMS, rows, batch: 1, length: rows }, DIMS];
    expect(both.difference((ops) => ops.linearForward(args), dims)).toBeLessThan(CLOSE);
  });

  test.each(SHAPES)('the adapter alone, %i rows, %i of %i', async (rows, n, k) => {
    const both = await open();
    const block = adapter(both, n, k);
    const [s, ds] = [both.matrix(rows, 8), both.matrix(rows, 8)];
    const [y, dy] = [both.matrix(rows, n), both.matrix(rows, n)];
    const dims = [{ ...DIMS, rows, batch: 1, length: rows }, DIMS];
    const error = both.difference((ops) => {
      ops.loraUp({ s, lora: block, y });
      ops.loraUpBackward({ dy, s, lora: block, ds, n });
    }, dims);
    expect(error).toBeLessThan(CLOSE);
  });

  test.each(SHAPES)('backward, %i rows, %i of %i', async (rows, n, k) => {
    for (const dropout of [0, 0.3]) {
      const both = await open();
      const block = adapter(both, n, k, dropout);
      const [x, dy, s] = [both.matrix(rows, k), both.matrix(rows, n), both.matrix(rows, 8)];
      const [ds, dx] = [both.matrix(rows, 8), both.matrix(rows, k)];
      const gradients = { a: both.floats(8 * k), b: both.floats(4 * n) };
      const w = both.weight(n + 2, k);
      const dims = WITH_MASKS.map((slot) => ({ ...slot, rows, batch: 1, length: rows }));
      const error = both.difference((ops) => {
        ops.loraDown({ x, k, lora: block, s, training: true });
        ops.loraUpBackward({ dy, s, lora: block, gradients, ds, n });
        ops.loraDownBackward({ ds, x, k, lora: block, gradients });
        ops.linearBackward({ dy, w, row0: 2, n, k, dx, accumulate: true, lora: { block, ds } });
      }, dims);
      expect(error).toBeLessThan(CLOSE);
    }
  });
});

test.each([
  [13, 20],
  [70, 1100],
])('norms of %i rows of %i, with an adapter and without', async (n, k) => {
  const both = await open();
  const w = both.weight(n + 2, k);
  const [own, adapted] = [both.floats(n), both.floats(n)];
  const lora = adapter(both, n, k);
  const error = both.difference((ops) => {
    ops.rowNorms({ w, row0: 1, n, k, out: own });
    ops.rowNorms({ w, row0: 2, n, k, out: adapted, lora });
  }, WITH_MASKS);
  expect(error).toBeLessThan(CLOSE);
});

test('what dropout keeps of rows, and what it leaves', async () => {
  for (const mode of ['kept', 'added', 'left'] as const) {
    const both = await open();
    const width = 1030;
    const [x, out] = [both.matrix(10, width), both.matrix(10, width)];
    const lora = { ...adapter(both, 8, width, 0.3), parts: [{ begin: 0, end: 8, module: 2 }] };
    const error = both.difference((ops) => ops.maskRows({ x, out, width, mode, lora }), WITH_MASKS);
    expect(error).toBeLessThan(CLOSE);
  }
});

describe('attention', () => {
  const SHAPES = {
    'grouped heads': { heads: 6, kvHeads: 2, headDim: 12, length: 21, window: null, packed: false },
    'a window': { heads: 2, kvHeads: 2, headDim: 8, length: 45, window: 7, packed: false },
    'packed documents': { heads: 2, kvHeads: 1, headDim: 10, length: 37, window: null, packed: true },
    'two tokens': { heads: 2, kvHeads: 1, headDim: 5, length: 2, window: null, packed: false },
  };
  test.each(Object.entries(SHAPES))('forward and backward: %s', async (_, shape) => {
    const { heads, kvHeads, headDim, length, packed } = shape;
    const both = await open();
    const batch = 2;
    const rows = batch * length;
    const [q, o, dO, dq] = [0, 0, 0, 0].map(() => both.matrix(rows, heads * headDim));
    const [k, v, dk, dv] = [0, 0, 0, 0].map(() => both.matrix(rows, kvHeads * headDim));
    const documents = both.integers(...Array.from({ length: rows }, (_, i) => Math.floor((i % length) / 9)));
    const inputs = {
      ...{ ...shape, scale: 0.4, q, k, v, o, lse: both.floats(heads * rows) },
      ...(packed ? { documents } : {}),
    };
    const dims = [{ ...DIMS, rows, batch, length }];
    const error = both.difference((ops) => {
      ops.attentionForward(inputs);
      ops.attentionBackward({ ...inputs, do: dO, dq, dk, dv });
    }, dims);
    expect(error).toBeLessThan(CLOSE);
  });

  test.each([
    [1, 1],
    [6, 1],
    [1, 3],
    [6, 3],
  ])('%i new tokens after a cache, of %i rows at places of their own', async (length, batch) => {
    const both = await open();
    const [heads, kvHeads, headDim, capacity, start] = [4, 2, 8, 32, 13];
    const rows = batch * length;
    const positions =
      batch > 1 &&
      both.integers(...Array.from({ length: rows }, (_, i) => 7 * Math.floor(i / length) + (i % length)));
    const keys = { stride: kvHeads * headDim, column: 0 };
    const cache = [0, 0].map(() => both.matrix(batch * capacity, kvHeads * headDim, keys));
    const [q, o] = [0, 0].map(() => both.matrix(rows, heads * headDim));
    const fresh = both.matrix(rows, kvHeads * headDim);
    const lse = both.floats(heads * rows);
    const dims = [{ ...DIMS, rows, batch, length, start }];
    const places = positions ? { positions } : {};
    const error = both.difference((ops) => {
      for (const out of cache)
        ops.appendRows({ x: fresh, out, width: kvHeads * headDim, capacity, ...places });
      ops.attentionForward({
        ...{ heads, kvHeads, headDim, scale: 0.3, window: 9, q, k: cache[0], v: cache[1], o },
        ...{ lse, kvCapacity: capacity, ...places },
      });
    }, dims);
    expect(error).toBeLessThan(CLOSE);
  });
});

describe('what goes row by row', () => {
  test.each(['silu', 'gelu', 'gelu_tanh'] as const)('%s, gated and not', async (kind) => {
    for (const gated of [true, false]) {
      const both = await open();
      const width = 11;
      const [gu, act, dact] = [
        both.matrix(10, gated ? 2 * width : width),
        both.matrix(10, width),
        both.matrix(10, width),
      ];
      const error = both.difference((ops) => {
        ops.gatedForward({ gu, width, kind, gated, act });
        ops.gatedBackward({ gu, width, kind, gated, dact });
      });
      expect(error).toBeLessThan(CLOSE);
    }
  });

  test.each([13, 17_000])('%i columns times a factor each', async (width) => {
    for (const divided of [true, false]) {
      const both = await open();
      const rows = width > 1000 ? 2 : 10;
      const [x, out, dy, dx] = [0, 0, 0, 0].map(() => both.matrix(rows, width));
      const positive = () => both.floats(width, (i) => 1.5 + Math.sin(i));
      const columns = { width, scale: positive(), ...(divided && { over: positive() }) };
      const [bias, gradient] = [both.floats(width), both.floats(width)];
      const error = both.difference(
        (ops) => {
          ops.scaleColumns({ ...columns, x, out, ...(divided && { bias, residual: out }) });
          ops.scaleColumnsBackward({ ...columns, dy, x, dx: divided ? x : dx, gradient });
          ops.addRows({ x: dy, out, width, factor: -1 });
        },
        [{ ...DIMS, rows }],
      );
      expect(error).toBeLessThan(CLOSE);
    }
  });

  test('norms of rows and of heads', async () => {
    for (const [width, heads, addOne] of [
      [13, 1, false],
      [8, 3, true],
    ] as const) {
      const both = await open();
      const [x, y, dy, dx, added] = [0, 0, 0, 0, 0].map(() => both.matrix(10, width * heads));
      const shared = { weight: both.floats(width), width, addOne, heads };
      const rstd = both.floats(10 * heads);
      const error = both.difference((ops) => {
        ops.rmsNormForward({ ...shared, x, y, eps: 1e-5, rstd });
        ops.rmsNormForward({ ...shared, x, y: added, eps: 1e-5, rstd, residual: dy });
        ops.rmsNormBackward({ ...shared, dy, x, rstd, dx, accumulate: true });
      });
      expect(error).toBeLessThan(CLOSE);
    }
    const both = await open();
    const [x, y, dy, dx] = [0, 0, 0, 0].map(() => both.matrix(10, 13));
    const [weight, bias, stat] = [both.floats(13), both.floats(13), both.floats(20)];
    const error = both.difference((ops) => {
      ops.layerNormForward({ x, y, weight, bias, width: 13, eps: 1e-5, stat });
      ops.layerNormBackward({ dy, x, weight, stat, dx, width: 13, accumulate: false });
    });
    expect(error).toBeLessThan(CLOSE);
  });

  test('trained rows behind a table’s, and their gradient', async () => {
    const both = await open();
    const ids = both.integers(...[5, 6, 1, 7, 4, 5, 6, 0, 2, 9]);
    const [out, dout] = [both.matrix(10, 12), both.matrix(10, 12)];
    const [tokens, trained] = [both.weight(5, 12), both.weight(3, 12)];
    const learned = both.weight(6, 12);
    const gradient = both.floats(3 * 12);
    const error = both.difference((ops) => {
      ops.embed({ ids, table: tokens, width: 12, out, scale: 3 });
      ops.embed({ ids, table: trained, first: 5, width: 12, out, scale: 1, positionTable: learned });
      ops.embedBackward({ ids, first: 5, dout, width: 12, gradient, count: 3 });
    });
    expect(error).toBeLessThan(CLOSE);
  });

  test('embedding with learned positions, rotation, rows moved and added', async () => {
    const both = await open();
    const [ids, index] = [both.integers(...[0, 3, 1, 2, 4, 4, 1, 0, 2, 3]), both.integers(9, 0, 4, 4, 2)];
    const positions = both.integers(...[0, 1, 2, 0, 1, 2, 3, 4, 0, 5]);
    const [out, gathered, scattered] = [both.matrix(10, 12), both.matrix(5, 12), both.matrix(10, 12)];
    const table = both.floats(8 * 4, (i) => (i % 2 ? Math.sin(i) : Math.cos(i)));
    const [tokens, learned] = [both.weight(5, 12), both.weight(4, 12)];
    const few = { ...DIMS, rows: 3, offset: 1 };
    const error = both.difference(
      (ops) => {
        ops.embed({ ids, table: tokens, width: 12, out, scale: 3, positions, positionTable: learned });
        ops.ropeForward({ x: out, heads: 2, headDim: 6, rotaryDims: 4, table, positions });
        ops.ropeBackward({ x: out, heads: 1, headDim: 6, rotaryDims: 4, table });
        ops.gatherRows({ x: out, out: gathered, width: 12, index, dims: 1 });
        ops.scatterRows({ x: gathered, out: scattered, width: 12, index, dims: 1 });
        ops.addRows({ x: out, out: scattered, width: 11 });
      },
      [DIMS, few],
    );
    expect(error).toBeLessThan(CLOSE);
  });
});

test('the loss, the norm of the gradient and a step of AdamW', async () => {
  const both = await open();
  const vocab = 1203;
  const logits = both.matrix(5, vocab);
  const targets = both.integers(...[7, 0, 1202, 3, 4, 5, 6]);
  const weights = both.floats(7, (i) => i / 4);
  const [losses, result] = [both.floats(7, () => 0), both.floats(8, () => 0)];
  const [w, g, m] = [0, 0, 0].map(() => both.floats(24));
  const v = both.floats(24, (i) => i / 100);
  const hyper = both.floats(8, (i) => [1e-2, 0.1, 0.001, 1e-8, 0.05, 1, 1 - 0.9 ** 3, 1 - 0.999 ** 3][i]);
  const chunk = { ...DIMS, rows: 5, offset: 2 };
  const error = both.difference(
    (ops) => {
      ops.crossEntropy({ logits, targets, weights, losses, vocab, gradient: true, dims: 1 });
      ops.sumLosses({ losses, result, dims: 2 });
      ops.gradNorm({ gradients: g, count: 24, result });
      ops.adamw({ weights: w, gradients: g, m, v, count: 24, hyper, result });
      ops.clear(g);
    },
    [DIMS, chunk, { ...DIMS, rows: 7 }],
  );
  expect(error).toBeLessThan(CLOSE);
});

/** Probabilities of the likeliest tokens and of the rest: plain ones, all mass on the likeliest, none on some. */
function softRows(rows: number, top: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const raw = Array.from({ length: top + 1 }, (_, k) => 1 + Math.sin(row + 3 * k));
    if (row % 3 === 1) raw[top] = 0;
    if (row % 3 === 2) raw[0] = 0;
    const sum = raw.reduce((a, b) => a + b);
    return raw.map((value) => value / sum);
  }).flat();
}

test.each([
  [1203, 64, 0.5],
  [1203, 1, 1],
  [130, 129, 0.25],
  [9, 9, 0.5],
])('soft targets: %i logits, %i of them likeliest, weight %d', async (vocab, top, weight) => {
  const both = await open();
  const random = noise(7);
  // Far apart, so that there is next to nothing left beside the likeliest.
  const z = both.floats(5 * (vocab + 7), () => 20 * random());
  const logits = { view: z, stride: vocab + 7, column: 3 };
  const ids = Array.from({ length: 7 }, (_, row) => Array.from({ length: top }, (_, k) => (row + k) % vocab));
  const soft = { top, weight, ids: both.integers(...ids.flat()), stride: 64 };
  const probabilities = softRows(7, top);
  const targets = both.integers(...[7, 0, 8, 3, 4, 5, 6]);
  const weights = both.floats(7, (i) => i / 4);
  const [losses, result] = [both.floats(3 * 64, () => 0), both.floats(8, () => 0)];
  const args = { logits, targets, weights, losses, vocab, gradient: true, dims: 1 };
  const given = both.floats(7 * (top + 1), (i) => probabilities[i]);
  const error = both.difference(
    (ops) => {
      ops.softCrossEntropy({ ...args, ...soft, probabilities: given });
      ops.sumLosses({ losses, result, into: 3, dims: 2 });
    },
    [DIMS, { ...DIMS, rows: 5, offset: 2 }, { ...DIMS, rows: 7 }],
  );
  expect(error).toBeLessThan(CLOSE);
});

test('a gradient that is not a number changes nothing, and says so', async () => {
  const processor = await openProcessor();
  const { memory } = processor;
  const view = (values: number[]) => {
    const made = memory.allocate('values', 4 * values.length, 'other');
    memory.write(made, Float32Array.from(values));
    return made;
  };
  const weights = view([1, 2, 3, 4]);
  const [gradients, m, v] = [view([0, Number.NaN, 0, 0]), view([0, 0, 0, 0]), view([0, 0, 0, 0])];
  const [hyper, result] = [view([1, 1, 1, 1, 1, 1, 1, 1]), view([2, 0, 9, 0])];
  const recorder = new Recorder(memory, new DimsSlots(memory, 1), new Map());
  const ops = processorOperations(recorder);
  ops.gradNorm({ gradients, count: 4, result });
  ops.adamw({ weights, gradients, m, v, count: 4, hyper, result });
  new Executor(processor, memory, 8, 8).run(recorder.build());
  expect([...memory.read(weights)]).toEqual([1, 2, 3, 4]);
  expect(memory.read(result)[2]).toBe(0);
});

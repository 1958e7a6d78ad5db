import { expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device.ts';
import { embeddingBackwardReference, embeddingReference } from '../../src/ops/reference/embedding.ts';
import { type Dense, dense, plus, rows as rowsOf } from '../../src/ops/reference/linear.ts';
import type { Weight } from '../../src/ops/types.ts';
import { embed, embedBackward } from '../../src/ops/webgpu/embedding.ts';
import {
  difference,
  dimsOf,
  gpuOnce,
  halfWeight,
  matrixOf,
  onDevice,
  placed,
  plainWeight,
  randomDense,
  readDense,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

const [VOCAB, POSITIONS] = [20, 9];
const IDS = Uint32Array.of(0, 19, 7, 7, 11, 12, 3, 18);
/** Two rows of the batch, 4 tokens each. */
const DIMS = dimsOf(IDS.length, { batch: 2, length: 4, start: 2 });

const STORED = { f32: plainWeight, f16: halfWeight };

/** The table in three bindings, none of them of equal size. */
function cut(gpu: Gpu, stored: keyof typeof STORED, table: Dense, whole: Weight): Weight {
  const parts = [
    [0, 8],
    [8, 12],
    [12, VOCAB],
  ].map(([begin, end]) => ({ begin, end, weight: STORED[stored](gpu, rowsOf(table, begin, end)).weight }));
  return { ...whole, parts };
}

const CASES = (['f32', 'f16'] as const).flatMap((stored) =>
  [
    { width: 12, margin: 4 },
    { width: 12, margin: 1 },
    { width: 7, margin: 2 },
  ].map((shape) => ({ stored, ...shape })),
);

test.each(CASES)('$stored table, $width columns with $margin beside them', async (shape) => {
  const { stored, width, margin } = shape;
  const gpu = await gpuOnce();
  const plain = randomDense(VOCAB, width, 1);
  const { weight, values } = STORED[stored](gpu, plain);
  const learned = STORED[stored](gpu, randomDense(POSITIONS, width, 2));
  const given = Uint32Array.of(0, 1, 2, 0, 1, 8, 30, 4);
  const counted = Array.from(IDS, (_, row) => 2 + (row % 4));
  const cases = [
    { table: weight, expected: embeddingReference(IDS, values, 3) },
    { table: cut(gpu, stored, plain, weight), expected: embeddingReference(IDS, values, 3) },
    {
      table: weight,
      positionTable: learned.weight,
      expected: embeddingReference(IDS, values, 3, { table: learned.values, positions: counted }),
    },
    {
      table: weight,
      positionTable: learned.weight,
      positions: upload(gpu, given),
      expected: embeddingReference(IDS, values, 3, { table: learned.values, positions: given }),
    },
  ];
  for (const { expected, ...args } of cases) {
    const out = room(gpu, IDS.length, width, margin);
    const ids = upload(gpu, IDS);
    await onDevice(gpu, DIMS, (e) => embed(e, { ids, width, out, scale: 3, ...args }));
    expect(difference(await readPlaced(gpu, out, IDS.length, width), expected)).toBeLessThan(2e-7);
  }
});

test.each([
  { width: 12, margin: 4 },
  { width: 7, margin: 2 },
])('trained rows behind a table’s, and their gradient: $width columns', async ({ width, margin }) => {
  const gpu = await gpuOnce();
  const [frozen, trained] = [randomDense(5, width, 1), randomDense(3, width, 2)];
  const given = Uint32Array.of(5, 6, 1, 7, 4, 5, 6, 0);
  const ids = upload(gpu, given);
  const out = room(gpu, given.length, width, margin);
  const dout = randomDense(given.length, width, 3);
  const before = randomDense(3, width, 4);
  const gradient = matrixOf(gpu, before);
  const placedDout = placed(gpu, dout, margin);
  await onDevice(gpu, dimsOf(given.length, { batch: 2, length: 4 }), (e) => {
    embed(e, { ids, table: plainWeight(gpu, frozen).weight, width, out, scale: 2 });
    embed(e, { ids, table: plainWeight(gpu, trained).weight, first: 5, width, out, scale: 1 });
    embedBackward(e, { ids, first: 5, dout: placedDout, width, gradient: gradient.view, count: 3 });
  });
  const both = dense(8, width, (i, j) =>
    i < 5 ? 2 * frozen.values[i * width + j] : trained.values[(i - 5) * width + j],
  );
  expect(
    difference(await readPlaced(gpu, out, given.length, width), embeddingReference(given, both, 1)),
  ).toBeLessThan(2e-7);
  const sums = embeddingBackwardReference(given, dout, { first: 5, count: 3 });
  expect(difference(await readDense(gpu, gradient, 3, width), plus(before, sums))).toBeLessThan(2e-7);
});

import { expect, test } from 'vitest';
import { allocate, allocateShared, widest } from '../../../../src/model/sublayers/buffers.ts';
import type { Memory } from '../../../../src/ops/memory.ts';

/** Memory whose buffers are their labels. */
function labels(): { memory: Memory; bytes: Map<string, number> } {
  const bytes = new Map<string, number>();
  const memory: Memory = {
    allocate(label, size) {
      bytes.set(label, size);
      return { buffer: { label }, offset: 0, size };
    },
  };
  return { memory, bytes };
}

test('buffers have the names of their sizes, in groups, and none where there is no size', () => {
  const { memory, bytes } = labels();
  const made = allocate(memory, 'block 3', { x: 5, list: [1, { y: 2 }], none: undefined });
  expect(made.x.buffer).toEqual({ label: 'block 3 x' });
  expect(made.list[1]).toHaveProperty('y.buffer.label', 'block 3 list 1 y');
  expect(made.none).toBeUndefined();
  expect([...bytes]).toEqual([
    ['block 3 x', 20],
    ['block 3 list 0', 4],
    ['block 3 list 1 y', 8],
  ]);
});

test('what is shared is as large as the largest asks, and holds what only one of them needs', () => {
  const first = { x: 5, group: { a: 1 }, list: [1], none: undefined };
  const second = { x: 4, group: { a: 2, b: 3 }, list: [1, 7], none: undefined };
  expect(widest<object & typeof first>([first, second])).toEqual({
    x: 5,
    group: { a: 2, b: 3 },
    list: [1, 7],
    none: undefined,
  });
});

test('a shared buffer that no sublayer declares is refused by name', () => {
  const { memory, bytes } = labels();
  const shared = allocateShared(memory, { normed: 6 });
  expect(shared('normed').size).toBe(24);
  expect(bytes.get('shared normed')).toBe(24);
  expect(() => shared('dNormed')).toThrow('dNormed');
});

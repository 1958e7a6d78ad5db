import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf, Heap, MOST_BYTES, PAGE, ProcessorMemory } from '../../../src/processor/memory.ts';

const open = () => new ProcessorMemory(new Heap(new WebAssembly.Memory({ initial: 1, maximum: 64 }), 1000));

test('blocks never overlap, are zeroed, and what is freed is used again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat()), { maxLength: 60 }),
      (actions) => {
        const memory = open();
        const live: ReturnType<ProcessorMemory['allocate']>[] = [];
        for (const [bytes, choice] of actions) {
          if (choice % 3 === 0 && live.length > 0) {
            const [gone] = live.splice(choice % live.length, 1);
            memory.free(gone.buffer);
            continue;
          }
          const view = memory.allocate('block', bytes, 'other');
          expect(memory.read(view).every((value) => value === 0)).toBe(true);
          memory.write(view, new Uint8Array(view.size).fill(255));
          live.push(view);
        }
        const ranges = live
          .map((view) => [addressOf(view), addressOf(view) + view.size])
          .sort(([a], [b]) => a - b);
        for (const [i, [begin]] of ranges.entries()) {
          expect(begin).toBeGreaterThanOrEqual(i > 0 ? ranges[i - 1][1] : 1000);
          expect(begin % 64).toBe(0);
        }
        expect(memory.bytes).toBe(live.reduce((sum, { size }) => sum + size, 0));
        memory.freeAll();
        const all = memory.heap.memory!.buffer.byteLength;
        memory.allocate('everything', all - 1024 - 64, 'other');
        expect(memory.heap.memory!.buffer.byteLength).toBe(all);
      },
    ),
  );
});

test('a scope frees its own and nothing else; peaks count above it', () => {
  const memory = open();
  const kept = memory.allocate('kept', 100, 'base');
  const scope = memory.scope();
  scope.allocate('one', 1000, 'activation');
  scope.scope().allocate('two', 1000, 'adapter');
  expect(memory.of('activation') + memory.of('adapter')).toBe(2016);
  scope.freeAll();
  expect([scope.bytes, memory.bytes, memory.peak]).toEqual([0, kept.size, kept.size + 2016]);
  memory.forgetPeak();
  memory.scope().allocate('three', 500, 'activation');
  expect(memory.peak).toBe(kept.size + 512);
});

test('what is reserved is taken from the system at once', () => {
  const memory = open();
  memory.heap.reserve(10 * PAGE);
  const size = memory.heap.memory!.buffer.byteLength;
  expect(size).toBeGreaterThanOrEqual(10 * PAGE);
  for (let i = 0; i < 10; i++) memory.allocate('part', PAGE - 64, 'other');
  expect(memory.heap.memory!.buffer.byteLength).toBe(size);
});

test('a memory that is full says so for people, and stays usable', () => {
  const memory = open();
  expect(() => memory.allocate('too large', 65 * PAGE, 'other')).toThrow(
    /WebAssembly has used up its memory/,
  );
  expect(memory.bytes).toBe(0);
  memory.allocate('small', 100, 'other');
});

test('nothing is written past the end of a block', () => {
  const memory = open();
  const view = memory.allocate('small', 16, 'other');
  expect(() => memory.write(view, new Uint8Array(17))).toThrow(RangeError);
  expect(() => memory.write(view, new Uint8Array(8), 12)).toThrow(RangeError);
});

test('no block ends beyond the last address', () => {
  let bytes = MOST_BYTES - 3 * PAGE;
  const memory = {
    get buffer() {
      return { byteLength: bytes } as ArrayBuffer;
    },
    grow(pages: number) {
      bytes += pages * PAGE;
      return 0;
    },
  } as WebAssembly.Memory;
  const heap = new Heap(memory, bytes);
  expect(() => heap.take(4 * PAGE)).toThrow(/WebAssembly has used up its memory/);
  expect(heap.take(3 * PAGE) + 3 * PAGE).toBe(MOST_BYTES);
  expect(() => heap.take(64)).toThrow(/WebAssembly has used up its memory/);
});

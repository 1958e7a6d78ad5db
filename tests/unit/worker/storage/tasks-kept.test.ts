import { expect, test } from 'vitest';
import type { KeptTasks } from '../../../../src/worker/api/api.ts';
import { keepableTasks } from '../../../../src/worker/storage/tasks-kept.ts';

const tasks = (adapters: number[], bytes = 3) =>
  ({
    given: {
      tasks: [{ name: 'a', file: { size: bytes }, heldOut: null }],
      replay: { file: { size: 1 }, share: 0.1 },
    },
    jobs: adapters.map((size, i) => ({
      name: `${i}`,
      files: [{ path: 'adapter_model.safetensors', bytes: { byteLength: size } }],
    })),
  }) as unknown as KeptTasks;

test('adapters are kept up to 64 MB together, the newest first; of others it is known that they were there', () => {
  const kept = (sizes: number[]) => keepableTasks(tasks(sizes)).jobs.map(({ files }) => files !== null);
  expect(kept([20e6, 20e6, 20e6])).toEqual([true, true, true]);
  expect(kept([20e6, 60e6, 4e6])).toEqual([false, true, true]);
  expect(kept([4e6, 65e6])).toEqual([true, false]);
  expect(keepableTasks(tasks([65e6])).jobs[0].name).toBe('0');
});

test('files that are too large are refused before anything is written', () => {
  expect(() => keepableTasks(tasks([], 256 * 1024 * 1024))).toThrow('more than 256 MB');
});

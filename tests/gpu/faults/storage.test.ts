import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { RUN_FOLDER, savedCheckpoint, savedRun } from '../../../src/worker/storage/run-store.ts';
import { injected } from '../../faults/injected.ts';
import { PATIENCE } from '../../patience.ts';
import type { Order } from './checkpoint-writer.ts';

/** The page's checkpoints in the browser's own file system, whose writer is killed or locked out. */

const KILLS = inject('all') ? 200 : 12;

const workers: Worker[] = [];

function writer(order: Order): { worker: Worker; said: unknown[] } {
  const worker = new Worker(new URL('./checkpoint-writer.ts', import.meta.url), { type: 'module' });
  const said: unknown[] = [];
  worker.onmessage = ({ data }) => said.push(data);
  worker.postMessage(order);
  workers.push(worker);
  return { worker, said };
}

async function answer({ said }: ReturnType<typeof writer>): Promise<unknown> {
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(0), { timeout: PATIENCE, interval: 5 });
  return said[0];
}

const stepOf = (name = '') => Number(/\d+/.exec(name)?.[0]);

beforeEach(async () => {
  expect(await answer(writer({ begin: true }))).toBe(true);
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.terminate();
  await vi.waitFor(
    async () => (await navigator.storage.getDirectory()).removeEntry(RUN_FOLDER, { recursive: true }),
    { timeout: PATIENCE },
  );
});

test(`L2: killed ${KILLS} times in the middle of writing: the last checkpoint that was kept, or a newer one, is whole`, async (context) => {
  let kept = 0;
  let cut = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { worker, said } = writer({ from: kept + 1, to: kept + 1000 });
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0), { timeout: PATIENCE, interval: 1 });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    injected(context);
    worker.terminate();
    const told = said.at(-1);
    expect(typeof told, String(told)).toBe('number');
    const found = await savedCheckpoint();
    expect(stepOf(found?.name)).toBeGreaterThanOrEqual(told as number);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(RUN_FOLDER);
    for await (const name of folder.keys()) if (stepOf(name) > stepOf(found?.name)) cut++;
    kept = stepOf(found?.name);
  }
  // Some of them did hit a file that was half written.
  if (KILLS >= 100) expect(cut).toBeGreaterThan(0);
  // The last one was killed a moment ago, and may have ended a file after it was looked for.
  await vi.waitFor(async () => {
    const step = stepOf((await savedCheckpoint())?.name);
    expect(step).toBeGreaterThanOrEqual(kept);
    expect(await savedRun()).toMatchObject({ name: 'test', step });
  }, PATIENCE);
});

describe('L3: a file that a crashed worker left locked', () => {
  test('L3: does not keep a checkpoint of its step from being written', async () => {
    expect(await answer(writer({ lock: 'step-000002.safetensors' }))).toBe(true);
    const { said } = writer({ from: 1, to: 3 });
    await vi.waitFor(() => expect(said).toEqual([1, 2, 3]), { timeout: PATIENCE });
    expect(stepOf((await savedCheckpoint())?.name)).toBe(3);
  });

  test('L3: of an earlier run keeps its folder, and the new run says that it is not kept', async () => {
    const first = writer({ from: 1, to: 2 });
    await vi.waitFor(() => expect(first.said).toEqual([1, 2]), { timeout: PATIENCE });
    expect(await answer(writer({ lock: 'step-000002.safetensors' }))).toBe(true);
    expect(await answer(writer({ begin: true }))).toMatch(/open in another tab/);
    // Nothing of either is offered under the other's name.
    expect(await savedRun()).toBeNull();
  });
});

import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import type { ProcessorEngine } from '../../../../src/engine/processor/engine.ts';
import { joinValues } from '../../../../src/methods/parameters.ts';
import type { StartThread } from '../../../../src/processor/crew.ts';
import { type Fixture, openFixture } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { processorEngine } from './processor-engine.ts';

/** As src/processor/thread-worker.ts, in a thread of Node. */
const THREAD = `
const { parentPort, workerData: { module, memory, control, thread, failsAt } } = require('node:worker_threads');
WebAssembly.instantiate(module, { env: { memory } }).then(({ exports }) => {
  parentPort.postMessage('ready');
  if (failsAt !== undefined) Atomics.store(new Int32Array(memory.buffer), control / 4 + 8, 1);
  else exports.serve(control, thread);
});
`;

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

const startWith =
  (more: object): StartThread =>
  async (start) => {
    const worker = new Worker(THREAD, { eval: true, workerData: { ...start, ...more } });
    workers.push(worker);
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    return () => void worker.terminate();
  };

const SHAPE = { maxRows: 3, maxLength: 19 };
const open = (name: string) =>
  openFixture((file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)));

async function trained(f: Fixture, engine: ProcessorEngine, steps = 4) {
  await engine.setAdapter(f.initial);
  const losses = [];
  for (let step = 1; step <= steps; step++)
    losses.push(await engine.step([f.batches[step % f.batches.length]], step, f.optimizer));
  const session = await engine.decode(12, 1);
  const answer = [await session.feed([5, 6, 7, 8, 9]), await session.feed([10])];
  return { losses, adapter: joinValues(await engine.getAdapter()), answer };
}

test.each(['llama', 'gpt_neox', 'gemma3'])(
  'however many threads compute, the bytes are the same: %s',
  async (name) => {
    const f = await open(name);
    f.adapterSettings = { ...f.adapterSettings, dropout: 0.1 };
    const alone = await trained(f, await processorEngine(f, SHAPE));
    for (const threads of [2, 3]) {
      const engine = await processorEngine(f, SHAPE, { threads, start: startWith({}) });
      const { crew } = engine.base.processor;
      expect(crew.size).toBe(threads);
      expect(await trained(f, engine)).toEqual(alone);
      crew.end();
    }
  },
);

test('how many take part may change from program to program', async () => {
  const f = await open('llama');
  const alone = await trained(f, await processorEngine(f, SHAPE), 12);
  let calls = 0;
  const active = () => [1, 3, 2, 4, 99, 0][calls++ % 6];
  const engine = await processorEngine(f, SHAPE, { threads: 4, active, start: startWith({}) });
  expect(await trained(f, engine, 12)).toEqual(alone);
  expect(calls).toBeGreaterThan(12);
});

test('threads that sleep between programs wake for the next', async () => {
  const f = await open('llama');
  const engine = await processorEngine(f, SHAPE, { threads: 2, start: startWith({}) });
  const alone = await processorEngine(f, SHAPE);
  for (const one of [engine, alone]) await one.setAdapter(f.initial);
  for (let step = 1; step <= 3; step++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [a, b] = [
      await engine.step([f.batches[0]], step, f.optimizer),
      await alone.step([f.batches[0]], step, f.optimizer),
    ];
    expect(a).toEqual(b);
  }
});

test('where threads cannot be begun, one computes', async () => {
  const f = await open('llama');
  let tried = 0;
  const start: StartThread = (about) => {
    tried++;
    return tried === 1 ? startWith({})(about) : Promise.reject(new Error('no more workers'));
  };
  const engine = await processorEngine(f, SHAPE, { threads: 3, start });
  expect(engine.base.processor.crew.size).toBe(1);
  expect(await trained(f, engine)).toEqual(await trained(f, await processorEngine(f, SHAPE)));
});

test('a thread that fails ends the step with an error: nobody waits for it for ever', async () => {
  const f = await open('llama');
  const engine = await processorEngine(f, SHAPE, { threads: 2, start: startWith({ failsAt: 0 }) });
  await engine.setAdapter(f.initial);
  await expect(engine.step([f.batches[0]], 1, f.optimizer)).rejects.toMatchObject({ code: 'wasm-failed' });
});

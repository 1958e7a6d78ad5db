import type { Bench } from './bench.ts';
import { randomBatch, tinyModel } from './random-model.ts';
import type { MemoryGrowth } from './results.ts';
import { OPTIMIZER, openOwn } from './steps.ts';

const FIRST = 20;
const LAST = 220;
const LENGTH = 32;

/** What a long run leaks: buffers of the device and heap, from step 20 to step 220 of a small model. */
export async function memoryGrowth(bench: Bench, adapterOf: GPU | undefined): Promise<MemoryGrowth> {
  const model = tinyModel();
  const batch = randomBatch(model.config, LENGTH);
  const own = await openOwn(adapterOf, { model, length: LENGTH, dtype: 'f32' }, bench.options);
  const look = async () => ({ gpu: own.gpu.buffers.live, heap: await bench.host.heapBytes() });
  let before = await look();
  for (let step = 1; step <= LAST; step++) {
    await own.engine.step([batch], step, OPTIMIZER);
    if (step === FIRST) before = await look();
  }
  const after = await look();
  own.engine.dispose();
  own.gpu.device.destroy();
  return {
    steps: LAST - FIRST,
    gpu_bytes: after.gpu - before.gpu,
    heap_bytes: after.heap === null || before.heap === null ? null : after.heap - before.heap,
  };
}

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeFamilies } from './against-pytorch.ts';
import { logitError, openFixture } from './fixture.ts';
import { referenceEngine } from './reference-engine.ts';

/** The proof of the seam: what src/model emits runs on an executor that has nothing of WebGPU. */

const read = (name: string, file: string) =>
  readFile(new URL(`./fixtures/${name}/${file}`, import.meta.url)).then((bytes) => new Uint8Array(bytes));

describeFamilies({
  read,
  create: (f, shape) => referenceEngine(f, shape, 'all'),
  tolerance: 2e-5,
  // One of each form: grouped heads; learned positions and layer norms; parallel branches; norms after and of heads.
  families: ['llama', 'gpt2', 'gpt_neox', 'gemma3'],
});

describe('what is computed again instead of kept', () => {
  test.each(['llama', 'gpt_neox', 'gemma3'])('gives the same gradients: %s', async (name) => {
    const f = await openFixture((file) => read(name, file));
    const [kept, again] = await Promise.all(
      (['all', 'inputs'] as const).map(async (keep) => {
        const engine = await referenceEngine(f, { maxRows: 3, maxLength: 19 }, keep);
        await engine.setAdapter(f.initial);
        await engine.step([f.batches[0]], 1, { ...f.optimizer, beta1: 0, clip: 0 });
        return (await engine.getOptimizer()).m;
      }),
    );
    expect(kept.some((value) => value !== 0)).toBe(true);
    expect(logitError(again, kept)).toBe(0);
  });
});

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeFamilies } from '../model/against-pytorch.ts';
import { logitError, openFixture } from '../model/fixture.ts';
import { referenceEngine } from './reference-engine.ts';

/** The proof of the seam: what a run's programs emit is computed by an executor that has nothing of WebGPU. */

const read = (name: string, file: string) =>
  readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)).then(
    (bytes) => new Uint8Array(bytes),
  );

describeFamilies({
  read,
  create: (f, shape) => referenceEngine(f, shape, false),
  tolerance: 2e-5,
  // One of each form: grouped heads; learned positions and layer norms; parallel branches; norms after and of heads.
  families: ['llama', 'gpt2', 'gpt_neox', 'gemma3'],
});

describe('what is computed again instead of kept', () => {
  test.each(['llama', 'gpt_neox', 'gemma3'])('gives the same gradients: %s', async (name) => {
    const f = await openFixture((file) => read(name, file));
    const [kept, again] = await Promise.all(
      [false, true].map(async (checkpointing) => {
        const engine = await referenceEngine(f, { maxRows: 3, maxLength: 19 }, checkpointing);
        await engine.setAdapter(f.initial);
        await engine.step([f.batches[0]], 1, { ...f.optimizer, beta1: 0, clip: 0 });
        return (await engine.getOptimizer()).m;
      }),
    );
    expect(kept.some((value) => value !== 0)).toBe(true);
    expect(logitError(again, kept)).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { initialAdapter } from '../../../src/methods/parameters.ts';
import { cosine, logitError, openFixture } from '../model/fixture.ts';
import { readFixture } from '../read-fixture.ts';
import { gradientOnly } from './dora.ts';
import { referenceEngine } from './reference-engine.ts';
import { asExported, asMovedBase, randomLora, SHAPE, withTarget } from './rounded.ts';

/** What the programs of a run compute through rounding, in float64. Differences of the loss say nothing: it has steps. */

const open = (name: string) =>
  openFixture((file) => readFixture(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)));

describe.each([
  ['llama', 'q4', ['all']],
  ['llama', 'q8', ['q_proj', 'down_proj']],
  ['qwen2', 'q4', ['v_proj']],
  ['gpt2', 'q4', ['all']],
  ['gemma3', 'q8', ['all']],
  ['gpt_neox', 'q4', ['all']],
] as const)('%s for %s, %j', (name, type, targets) => {
  test('answers are those of the merged file', async () => {
    const f = withTarget(await open(name), type, { targets: [...targets] });
    const weights = randomLora(f);
    const engine = await referenceEngine(f, SHAPE);
    await engine.setAdapter(weights);
    const merged = await referenceEngine(await asExported(f, weights, type), SHAPE);
    await merged.setAdapter(initialAdapter(f.modules, f.adapterSettings, 1));
    const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
    const [ours, theirs] = [await engine.logits(ids, 1), await merged.logits(ids, 1)];
    expect(logitError(ours, theirs)).toBeLessThan(1e-5);
    expect(logitError(ours, await engine.logits(ids, 0))).toBeGreaterThan(1e-2);
  });

  test('the gradient goes straight through', async () => {
    const f = withTarget(await open(name), type, { targets: [...targets] });
    const weights = randomLora(f);
    const plain = await asMovedBase(f, weights, type);
    const found = [];
    for (const one of [f, plain]) {
      const engine = await referenceEngine(one, SHAPE);
      await engine.setAdapter(weights);
      const { loss } = await engine.step([f.batches[0]], 1, gradientOnly(f));
      found.push({ loss, gradient: (await engine.getOptimizer()).m });
    }
    const [ours, theirs] = found;
    expect(Math.abs(ours.loss / theirs.loss - 1)).toBeLessThan(1e-5);
    expect(Math.hypot(...ours.gradient)).toBeGreaterThan(1e-2);
    expect(logitError(ours.gradient, theirs.gradient)).toBeLessThan(2e-5);
    expect(cosine(ours.gradient, theirs.gradient)).toBeGreaterThan(1 - 1e-8);
  });
});

import { expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { methodOf } from '../../../src/methods/list.ts';
import { initialAdapter, sitesOf } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { movedParts } from '../../../src/run/moved-parts.ts';

/** How far a method that changes no weight by a matrix says that it has moved. */

const config = parseConfig({
  ...{ model_type: 'llama', vocab_size: 50, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 16, rms_norm_eps: 1e-5 },
});

function begun(settings: AdapterSettings): AdapterWeights {
  return initialAdapter(sitesOf(config, settings), settings, 1);
}

const changed = (weights: AdapterWeights, change: (value: number, i: number) => number): AdapterWeights => ({
  ...weights,
  values: new Map([...weights.values].map(([key, values]) => [key, values.map(change)])),
});

const moved = (now: AdapterWeights, before: AdapterWeights | null) =>
  methodOf(now.settings).moved!(now, before, config);

test('(IA)³: the distance of its factors to 1, which is ‖ΔW‖ / ‖W‖ of rows of one length', () => {
  const start = begun({ method: 'ia3', targets: ['k_proj', 'down_proj'], feedForward: ['down_proj'] });
  expect(moved(start, null)!.map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  const parts = moved(
    changed(start, (_, i) => (i % 2 === 0 ? 1.5 : 0.5)),
    null,
  )!;
  expect(parts.map(({ layer, target, value }) => [layer, target, value])).toEqual([
    [0, 'k_proj', 0.5],
    [0, 'down_proj', 0.5],
    [1, 'k_proj', 0.5],
    [1, 'down_proj', 0.5],
  ]);
});

test('a prompt: each virtual token beside its own length at the start', () => {
  const start = begun({ method: 'prompt', virtualTokens: 3 });
  // The second doubles; the third, which began as zeros, is told beside the mean length.
  const [values] = start.values.values();
  values.fill(0, 16);
  values.fill(2, 0, 8);
  values.fill(1, 8, 16);
  const now = changed(start, (value, i) => (i < 8 ? value : i < 16 ? 2 * value : 1));
  const mean = (2 * Math.sqrt(8) + Math.sqrt(8)) / 3;
  const told = moved(now, start)!;
  expect(told.map(({ layer }) => layer)).toEqual([0, 1, 2]);
  for (const [i, value] of [0, 1, Math.sqrt(8) / mean].entries()) expect(told[i].value).toBeCloseTo(value, 6);
  expect(moved(now, null)).toBeNull();
});

test('a prefix: keys and values of each layer apart', () => {
  const start = begun({ method: 'prefix', virtualTokens: 3 });
  // [3, layers · 2 · 4]: the values of the second layer alone move, by 0.25 each.
  const now = changed(start, (value, i) => (i % 16 >= 12 ? value + 0.25 : value));
  const told = moved(now, start)!;
  expect(told.map(({ layer, target }) => `${layer} ${target}`)).toEqual([
    '0 keys',
    '0 values',
    '1 keys',
    '1 values',
  ]);
  for (const [i, value] of [0, 0, 0, 0.25].entries()) expect(told[i].value).toBeCloseTo(value, 5);
  expect(moved(now, null)).toBeNull();
});

test('a run tells what its engine measures of weights, and of another method what that says itself', async () => {
  const lora = begun({ rank: 2, alpha: 2, dropout: 0, targets: ['q_proj'] });
  const engine = (weights: AdapterWeights, values: number[] | null) =>
    ({
      config,
      modules: weights.modules,
      movement: async () => values && Float32Array.from(values),
      getAdapter: async () => weights,
    }) as unknown as Engine;
  const told = (one: Engine, before: AdapterWeights | null) =>
    movedParts(one, (weights) => moved(weights, before));
  expect(await movedParts(engine(lora, [0.5, 0.25]))).toEqual([
    { layer: 0, target: 'q_proj', value: 0.5 },
    { layer: 1, target: 'q_proj', value: 0.25 },
  ]);
  expect(await movedParts(engine(lora, null))).toBeNull();
  const prompt = begun({ method: 'prompt', virtualTokens: 2 });
  expect(await told(engine(prompt, null), prompt)).toHaveLength(2);
  expect(await told(engine(prompt, null), null)).toBeNull();
});

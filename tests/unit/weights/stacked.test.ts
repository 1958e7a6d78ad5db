import { describe, expect, test } from 'vitest';
import { writeMerged } from '../../../src/export/formats/merged.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { openFolder } from '../../../src/weights/folder.ts';
import { readFloats } from '../../../src/weights/load.ts';
import { parseSlices, sliceText, stackedSource } from '../../../src/weights/stacked.ts';
import { randomModel } from '../export/random-model.ts';

describe('ranges of layers', () => {
  test('have both ends, in any order, and may be one layer', () => {
    expect(parseSlices('0-3,2-5', 6)).toEqual([0, 1, 2, 3, 2, 3, 4, 5]);
    expect(parseSlices(' 1 , 0 - 1', 2)).toEqual([1, 0, 1]);
    expect(sliceText([0, 1, 2, 3, 2, 3, 4, 5, 1])).toBe('0-3,2-5,1');
  });

  test.each([
    ['0-6', /no layer 6: it has 6/],
    ['3-1', /3-1 ends before it begins/],
    ['0-3,', /“” is not a range/],
    ['a-b', /“a-b” is not a range/],
    ['-1-2', /is not a range/],
    [Array(103).fill('0-4').join(), /515 layers, more than 512/],
  ])('%s is refused', (slices, says) => {
    expect(() => parseSlices(slices, 6)).toThrow(says);
    expect(() => parseSlices(slices, 6)).toThrow(/Nothing was written\..*from 0 to 5/);
  });
});

const FAMILIES: [string, Record<string, unknown>, blocks: string][] = [
  ['llama', { num_hidden_layers: 3 }, 'model.layers'],
  [
    'gpt2',
    {
      ...{ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], tie_word_embeddings: true },
      ...{ n_embd: 32, n_layer: 3, n_head: 4, n_positions: 64 },
    },
    'transformer.h',
  ],
];

test.each(FAMILIES)(
  'a stack of %s has the layers’ bytes, and is a folder that is opened again',
  async (_name, change, blocks) => {
    const { source, config } = randomModel(change);
    const chosen = parseSlices('0-1,1-2,0', 3);
    const stacked = stackedSource(source, config, chosen);
    const deeper = parseConfig(stacked.config, stacked.tensors, stacked.generationConfig);
    expect(deeper.layers).toBe(5);
    expect(stacked.id).toBe('m, layers 0-1,1-2,0');
    const files = await writeMerged({ source: stacked, config: deeper, weights: null, dtype: 'f32' });
    const again = await openFolder(files.map(({ path, blob }) => ({ path: `stack/${path}`, blob })));
    expect([...again.tensors.keys()].sort()).toEqual([...stacked.tensors.keys()].sort());
    for (const name of again.tensors.keys()) {
      const [, layer, rest] = new RegExp(`^${blocks}\\.(\\d+)\\.(.*)$`).exec(name) ?? [];
      const old = layer === undefined ? name : `${blocks}.${chosen[Number(layer)]}.${rest}`;
      expect(await readFloats(again, name), name).toEqual(await readFloats(source, old));
    }
    expect(parseConfig(again.config, again.tensors).layers).toBe(5);
  },
);

test('what was said of a layer by its number goes along with it', () => {
  const gemma = randomModel({
    ...{ model_type: 'gemma3_text', architectures: ['Gemma3ForCausalLM'], num_hidden_layers: 7 },
    ...{ head_dim: 8, sliding_window: 8, tie_word_embeddings: true },
  });
  expect(gemma.config.layerAttention.indexOf('global')).toBe(5);
  const chosen = parseSlices('4-6,5', 7);
  const { config: raw, tensors } = stackedSource(gemma.source, gemma.config, chosen);
  expect(raw.layer_types).toEqual([
    'sliding_attention',
    'full_attention',
    'sliding_attention',
    'full_attention',
  ]);
  expect(parseConfig(raw, tensors).layerAttention).toEqual(['local', 'global', 'local', 'global']);
  const plain = randomModel({ num_hidden_layers: 2 });
  expect(stackedSource(plain.source, plain.config, [1, 0]).config).not.toHaveProperty('layer_types');
});

import { initialAdapter } from '../../../src/methods/parameters.ts';
import type { AdapterWeights } from '../../../src/methods/types.ts';
import type { DecoderConfig } from '../../../src/model/config.ts';
import type { Family } from '../../../src/model/families/family.ts';
import { adapterModules, expectedTensors } from '../../../src/model/families/names.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { float32Bytes } from '../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../src/weights/source.ts';

const GPT2_HAS_OTHERS = {
  hidden_size: undefined,
  num_hidden_layers: undefined,
  num_attention_heads: undefined,
  max_position_embeddings: undefined,
};

/** A model of random weights, without a file. */
export function randomModel(change: Record<string, unknown> = {}, families?: readonly Family[]) {
  const raw = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: 12,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    bos_token_id: 1,
    eos_token_id: 2,
    tie_word_embeddings: false,
    // In a GPT-2 they would win over its own names.
    ...(change.model_type === 'gpt2' ? GPT2_HAS_OTHERS : {}),
    ...change,
  };
  const config = parseConfig(raw, undefined, null, families);
  const values = new Map(
    expectedTensors(config).map(({ name, shape }, n) => [
      name,
      {
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          Math.sin(i * 0.7 + n),
        ),
      },
    ]),
  );
  const letters = ['<|end|>', '<|start|>', '<|stop|>', 'a', 'b', 'c', 'Ġ', 'ab', 'abc', 'Ġa'];
  const source: ModelSource = {
    kind: 'folder',
    id: 'm',
    name: 'Model',
    revision: null,
    licence: 'mit',
    config: raw,
    generationConfig: { eos_token_id: [2] },
    tokenizer: {
      tokenizerJson: {
        added_tokens: [0, 1, 2].map((id) => ({ id, content: letters[id], special: true })),
        normalizer: null,
        post_processor: null,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Digits', individual_digits: true },
            { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
          ],
        },
        model: {
          type: 'BPE',
          vocab: Object.fromEntries(letters.map((token, id) => [token, id])),
          merges: [
            ['a', 'b'],
            ['ab', 'c'],
            ['Ġ', 'a'],
          ],
        },
      },
      tokenizerConfig: { eos_token: '<|stop|>', bos_token: '<|start|>' },
      chatTemplate: '{{ messages }}',
    },
    tensors: new Map(
      [...values].map(([name, { shape, data }]) => [
        name,
        { name, stored: 'F32', shape, bytes: data.byteLength },
      ]),
    ),
    read: async (name, begin, end) => float32Bytes(values.get(name)!.data).slice(begin, end),
    close() {},
  };
  return { source, config };
}

/** An adapter that is not zero. */
export function randomAdapter(config: DecoderConfig, targets: string[], rsLora = false): AdapterWeights {
  const weights = initialAdapter(
    adapterModules(config, targets),
    { rank: 4, alpha: 8, dropout: 0, targets, ...(rsLora ? { rsLora } : {}) },
    1,
  );
  for (const { path } of weights.modules) {
    const key = `${path}.lora_B`;
    weights.values.set(
      key,
      weights.values.get(key)!.map((_, i) => Math.cos(i + path.length)),
    );
  }
  return weights;
}

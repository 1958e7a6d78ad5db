import type { Batch } from '../data/batch.ts';
import { initialAdapter } from '../methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules, expectedTensors } from '../model/families/names.ts';
import { parseConfig } from '../model/families/parse.ts';
import type { AdapterModule } from '../model/modules.ts';
import type { BaseWeights } from '../model/plain/weights.ts';
import type { ModelSource } from '../weights/source.ts';
import { noise } from './bench.ts';

/**
 * Models of real shapes with random weights: how long a step takes does not depend on the values, and a benchmark
 * must not need a download.
 */

/** config.json of HuggingFaceTB/SmolLM2-135M. */
const SMOLLM2_135M = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 0,
};

/** config.json of Qwen/Qwen2.5-0.5B. */
const QWEN25_05B = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 896,
  intermediate_size: 4864,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  vocab_size: 151936,
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 0,
};

export interface RandomModel {
  name: string;
  config: DecoderConfig;
  lora: LoraSettings;
  modules: AdapterModule[];
  source: ModelSource;
  base: BaseWeights;
  adapter: AdapterWeights;
}

export function smolLM2(change: { layers?: number; vocab?: number } = {}, rank = 16): RandomModel {
  return randomModel('SmolLM2-135M', SMOLLM2_135M, change, rank);
}

export function qwen25(change: { layers?: number; vocab?: number } = {}, rank = 16): RandomModel {
  return randomModel('Qwen2.5-0.5B', QWEN25_05B, change, rank);
}

/** Small enough for hundreds of steps. */
export function tinyModel(): RandomModel {
  const small = {
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 256,
  };
  return randomModel('tiny', { ...SMOLLM2_135M, ...small }, {}, 8);
}

/** The same model, adapted by DoRA. */
export function withDora(model: RandomModel): RandomModel {
  const lora: LoraSettings = { ...model.lora, method: 'dora' };
  return { ...model, name: `${model.name}, DoRA`, lora, adapter: initialAdapter(model.modules, lora, 1) };
}

function randomModel(
  name: string,
  published: Record<string, unknown>,
  { layers, vocab }: { layers?: number; vocab?: number },
  rank: number,
): RandomModel {
  const raw = {
    ...published,
    ...(layers === undefined ? {} : { num_hidden_layers: layers }),
    ...(vocab === undefined ? {} : { vocab_size: vocab }),
  };
  const config = parseConfig(raw);
  const lora: LoraSettings = {
    rank,
    alpha: 2 * rank,
    dropout: 0,
    targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
  };
  const modules = adapterModules(config, lora.targets);
  const shapes = new Map(expectedTensors(config).map(({ name, shape }, i) => [name, { shape, seed: i + 1 }]));
  const valuesOf = (tensor: string) => {
    const { shape, seed } = shapes.get(tensor)!;
    const count = shape.reduce((product, size) => product * size, 1);
    if (!tensor.includes('norm')) return noise(count, seed, 0.08);
    return noise(count, seed, 0.2).map((value) => 1 + value);
  };
  let last: { tensor: string; bytes: Uint8Array } | null = null;
  const source: ModelSource = {
    kind: 'folder',
    id: name,
    name,
    revision: null,
    licence: null,
    config: raw,
    generationConfig: null,
    tokenizer: { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null },
    tensors: new Map(
      [...shapes].map(([tensor, { shape }]) => [
        tensor,
        {
          name: tensor,
          stored: 'F32' as const,
          shape,
          bytes: 4 * shape.reduce((product, size) => product * size, 1),
        },
      ]),
    ),
    async read(tensor, begin, end) {
      if (last?.tensor !== tensor) last = { tensor, bytes: new Uint8Array(valuesOf(tensor).buffer) };
      return last.bytes.subarray(begin, end);
    },
    close() {
      last = null;
    },
  };
  return {
    name,
    config,
    lora,
    modules,
    source,
    base: {
      tensor: async (tensor) => ({ data: valuesOf(tensor), shape: shapes.get(tensor)!.shape }),
    },
    adapter: initialAdapter(modules, lora, 1),
  };
}

/** One row of random tokens, all of them supervised but the first. */
export function randomBatch({ vocab }: DecoderConfig, length: number): Batch {
  const ids = Int32Array.from(noise(length, 77), (value) => Math.floor((value + 0.5) * vocab));
  return { rows: 1, length, ids, labels: ids.slice(), lengths: Int32Array.of(length) };
}

/** Floating-point operations of a step, by docs: 4P + 4Hφ + 7·T·d_q·L + 6r·Σ(in + out) a token. */
export function stepFlops({ config, modules, lora }: RandomModel, { rows, length }: Batch): number {
  const { layers, hidden: d, heads, kvHeads, headDim, intermediate, vocab } = config;
  const dq = heads * headDim;
  const p = layers * (2 * d * dq + 2 * d * kvHeads * headDim + 3 * d * intermediate);
  const share = (length - 1) / length;
  const adapters = modules.reduce((sum, module) => sum + module.in + module.out, 0);
  const perToken = 4 * p + 4 * vocab * d * share + 7 * length * dq * layers + 6 * lora.rank * adapters;
  return rows * length * perToken;
}

import { z } from 'zod';
import type { Family } from './family.ts';
import { LLAMA_LIKE_FIELDS, used } from './shared/field-table.ts';
import { parse } from './shared/fields.ts';
import { LLAMA_GGUF_BLOCK, readLlamaLike, unwritable, writeLlamaLike } from './shared/llama-gguf.ts';
import { ATTENTION_PROJECTIONS, LLAMA_TENSORS, LlamaLike, llamaLike } from './shared/llama-like.ts';
import { llamaLikeMlx } from './shared/mlx.ts';
import { oneRope } from './shared/rope-fields.ts';

const Fields = LlamaLike.extend({
  hidden_act: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
});

const DEFAULTS = {
  kvHeads: null,
  headDim: null,
  maxPositions: 2048,
  tied: false,
  bos: 1,
  eos: [2],
  pad: null,
};

export const llama: Family = {
  modelType: 'llama',
  architecture: 'LlamaForCausalLM',
  tensors: LLAMA_TENSORS,
  defaultTargets: ATTENTION_PROJECTIONS,
  ia3Targets: ['k_proj', 'v_proj', 'down_proj'],
  fields: {
    ...LLAMA_LIKE_FIELDS,
    ...used('hidden_act', 'attention_bias', 'mlp_bias'),
    pretraining_tp: { inert: 'the same products in parts' },
  },
  traits(raw) {
    const c = parse(Fields, raw);
    const bias = c.attention_bias ?? false;
    return {
      ...llamaLike(c, DEFAULTS, c.hidden_act),
      qkvBias: bias,
      outputBias: bias,
      mlpBias: c.mlp_bias ?? false,
    };
  },
  rope: oneRope,
  mlx: llamaLikeMlx({ biases: true, layerTypes: true, theta: 1e4 }),
  gguf: {
    architecture: 'llama',
    block: LLAMA_GGUF_BLOCK,
    interleaved: { 'self_attn.q_proj': 'heads', 'self_attn.k_proj': 'kvHeads' },
    normsAddOne: false,
    read: readLlamaLike,
    write: writeLlamaLike,
    unwritable: unwritable('all'),
  },
};

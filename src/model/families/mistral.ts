import { z } from 'zod';
import type { Family } from './family.ts';
import { LLAMA_LIKE_FIELDS, used } from './shared/field-table.ts';
import { everyLayer, layerKinds, parse, windowed } from './shared/fields.ts';
import { LLAMA_GGUF_BLOCK, unwritable, writeLlamaLike } from './shared/llama-gguf.ts';
import { ATTENTION_PROJECTIONS, LLAMA_TENSORS, LlamaLike, llamaLike } from './shared/llama-like.ts';
import { llamaLikeMlx } from './shared/mlx.ts';
import { oneRope } from './shared/rope-fields.ts';

const Fields = LlamaLike.extend({
  hidden_act: z.string().nullish(),
  sliding_window: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
});

const DEFAULTS = {
  kvHeads: 8,
  headDim: null,
  maxPositions: 131072,
  tied: false,
  bos: 1,
  eos: [2],
  pad: null,
};

export const mistral: Family = {
  modelType: 'mistral',
  architecture: 'MistralForCausalLM',
  tensors: LLAMA_TENSORS,
  defaultTargets: ATTENTION_PROJECTIONS,
  ia3Targets: ['k_proj', 'v_proj', 'down_proj'],
  fields: { ...LLAMA_LIKE_FIELDS, ...used('hidden_act', 'sliding_window', 'layer_types') },
  traits(raw) {
    const c = parse(Fields, raw);
    return {
      ...llamaLike(c, DEFAULTS, c.hidden_act),
      ...windowed(
        // transformers' class for these is Ministral's; its Mistral has the window on every layer.
        c.layer_types
          ? layerKinds(c.layer_types, c.num_hidden_layers)
          : everyLayer(c.num_hidden_layers, () => c.sliding_window !== null),
        c.sliding_window,
      ),
    };
  },
  rope: oneRope,
  mlx: llamaLikeMlx({ biases: true, layerTypes: true, theta: 1e4 }),
  gguf: {
    architecture: 'llama',
    block: LLAMA_GGUF_BLOCK,
    interleaved: { 'self_attn.q_proj': 'heads', 'self_attn.k_proj': 'kvHeads' },
    normsAddOne: false,
    // Its files say `llama` and are opened as such.
    read: null,
    write: writeLlamaLike,
    unwritable: unwritable('all'),
  },
};

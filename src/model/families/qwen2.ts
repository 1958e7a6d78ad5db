import { z } from 'zod';
import type { Family } from './family.ts';
import { LLAMA_LIKE_FIELDS, used } from './shared/field-table.ts';
import { parse } from './shared/fields.ts';
import { LLAMA_GGUF_BLOCK, readLlamaLike, unwritable, writeLlamaLike } from './shared/llama-gguf.ts';
import { ATTENTION_PROJECTIONS, LLAMA_TENSORS, LlamaLike, llamaLike } from './shared/llama-like.ts';
import { llamaLikeMlx } from './shared/mlx.ts';
import { QWEN_WINDOW_FIELDS, QwenWindow, qwenWindow } from './shared/qwen-window.ts';
import { oneRope } from './shared/rope-fields.ts';

const Fields = LlamaLike.extend({ ...QwenWindow, hidden_act: z.string().nullish() });

const DEFAULTS = {
  kvHeads: 32,
  headDim: null,
  maxPositions: 32768,
  tied: false,
  bos: null,
  eos: [],
  pad: null,
};

export const qwen2: Family = {
  modelType: 'qwen2',
  architecture: 'Qwen2ForCausalLM',
  tensors: LLAMA_TENSORS,
  defaultTargets: ATTENTION_PROJECTIONS,
  ia3Targets: ['q_proj', 'v_proj', 'down_proj'],
  fields: { ...LLAMA_LIKE_FIELDS, ...QWEN_WINDOW_FIELDS, ...used('hidden_act') },
  traits(raw) {
    const c = parse(Fields, raw);
    return { ...llamaLike(c, DEFAULTS, c.hidden_act), ...qwenWindow(c), qkvBias: true };
  },
  rope: oneRope,
  mlx: llamaLikeMlx({ biases: true, layerTypes: false, theta: 1e6 }),
  gguf: {
    architecture: 'qwen2',
    block: LLAMA_GGUF_BLOCK,
    interleaved: {},
    normsAddOne: false,
    // The biases of q, k and v belong to the family, so its config.json has no word for them.
    read: (file) => ({ ...readLlamaLike(file), attention_bias: false }),
    write: writeLlamaLike,
    unwritable: unwritable('all'),
  },
};

import { z } from 'zod';
import type { Family } from './family.ts';
import { LLAMA_LIKE_FIELDS, used } from './shared/field-table.ts';
import { parse } from './shared/fields.ts';
import {
  LLAMA_GGUF_BLOCK,
  QK_NORM_GGUF_BLOCK,
  readLlamaLike,
  unwritable,
  writeLlamaLike,
} from './shared/llama-gguf.ts';
import { ATTENTION_PROJECTIONS, LLAMA_TENSORS, LlamaLike, llamaLike } from './shared/llama-like.ts';
import { llamaLikeMlx } from './shared/mlx.ts';
import { QWEN_WINDOW_FIELDS, QwenWindow, qwenWindow } from './shared/qwen-window.ts';
import { oneRope } from './shared/rope-fields.ts';

const Fields = LlamaLike.extend({
  ...QwenWindow,
  hidden_act: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
});

const DEFAULTS = {
  kvHeads: 32,
  headDim: 128,
  maxPositions: 32768,
  tied: false,
  bos: null,
  eos: [],
  pad: null,
};

export const qwen3: Family = {
  modelType: 'qwen3',
  architecture: 'Qwen3ForCausalLM',
  tensors: { ...LLAMA_TENSORS, qNorm: 'self_attn.q_norm', kNorm: 'self_attn.k_norm' },
  defaultTargets: ATTENTION_PROJECTIONS,
  ia3Targets: ['q_proj', 'v_proj', 'down_proj'],
  fields: { ...LLAMA_LIKE_FIELDS, ...QWEN_WINDOW_FIELDS, ...used('hidden_act', 'attention_bias') },
  traits(raw) {
    const c = parse(Fields, raw);
    const bias = c.attention_bias ?? false;
    return {
      ...llamaLike(c, DEFAULTS, c.hidden_act),
      ...qwenWindow(c),
      qkNorm: true,
      qkvBias: bias,
      outputBias: bias,
    };
  },
  rope: oneRope,
  mlx: llamaLikeMlx({ biases: false, layerTypes: false, theta: null }),
  gguf: {
    architecture: 'qwen3',
    block: { ...LLAMA_GGUF_BLOCK, ...QK_NORM_GGUF_BLOCK },
    interleaved: {},
    normsAddOne: false,
    read: readLlamaLike,
    write: writeLlamaLike,
    unwritable: unwritable('none'),
  },
  trainingTemplate,
};

/**
 * Qwen3's template leaves the thinking out of turns before the last question, so that a conversation of several
 * turns is not what the model saw while it wrote them. For training each turn is kept as it was written: the two
 * conditions that tell the last turn from the others become true (the same text as TRL's training template).
 */
function trainingTemplate(source: string): string {
  if (!source.includes('last_query_index') || !source.includes('reasoning_content')) return source;
  return source
    .replace(/loop\.index0\s*>\s*ns\.last_query_index/g, 'true')
    .replace(/loop\.last\s+or\s+\(\s*not\s+loop\.last\s+and\s+reasoning_content\s*\)/g, 'true');
}

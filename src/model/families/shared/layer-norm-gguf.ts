import type { DecoderTraits } from '../../traits.ts';
import type { GgufFields } from '../family.ts';

/** Metadata that GPT-2 and GPT-NeoX share. Source: llama.cpp, `conversion/gpt2.py` and `gptneox.py`. */
export function layerNormKeys(traits: DecoderTraits): GgufFields['keys'] {
  const u32 = (value: number) => ({ type: 'u32' as const, value });
  return {
    block_count: u32(traits.layers),
    context_length: u32(traits.maxPositions),
    embedding_length: u32(traits.hidden),
    feed_forward_length: u32(traits.intermediate),
    'attention.head_count': u32(traits.heads),
    'attention.layer_norm_epsilon': { type: 'f32', value: traits.normEps },
  };
}

import type { DecoderTraits } from '../../traits.ts';
import type { MlxForm } from '../family.ts';
import { oneRope } from './rope-fields.ts';

/** What mlx-lm has no place for in its Llama-likes. Source: mlx-lm 0.32, `models/llama.py`, `qwen2.py`, `qwen3.py`. */

/**
 * @param own biases and windows that its class of the family has; base of the rotary embedding where the config has no
 * `rope_theta`, null where it reads `rope_parameters`, too
 */
export function llamaLikeMlx(own: { biases: boolean; layerTypes: boolean; theta: number | null }): MlxForm {
  return {
    olderRope: own.theta === null ? null : { rope_theta: own.theta },
    differs(traits, config) {
      if (traits.activation !== 'silu') return 'mlx-lm computes this architecture with SiLU alone';
      if (!own.biases && traits.outputBias)
        return 'mlx-lm has no biases in the attention of this architecture';
      if (sees(traits) && !(own.layerTypes && Array.isArray(config.layer_types)))
        return 'mlx-lm has no sliding window for this architecture';
      return sameYarn(traits, config) ? null : 'mlx-lm reads no attention_factor and no truncate of YaRN';
    },
  };
}

/** Whether a window is shorter than what the model can read. */
function sees({ window, maxPositions }: DecoderTraits): boolean {
  return window !== null && window < maxPositions;
}

/** mlx-lm scales by mscale and mscale_all_dim, 1 and 0 where they are absent. */
function sameYarn(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): boolean {
  const rope = oneRope.read(config).global;
  if (rope.rope_type !== 'yarn') return true;
  const original = rope.original_max_position_embeddings ?? traits.maxPositions;
  const factor = rope.factor ?? traits.maxPositions / original;
  const magnitude = (times: number) => (factor <= 1 ? 1 : 0.1 * times * Math.log(factor) + 1);
  const theirs = magnitude(rope.mscale ?? 1) / magnitude(rope.mscale_all_dim ?? 0);
  return (rope.truncate ?? true) && Math.abs(theirs / traits.rope!.global.scale - 1) < 1e-6;
}

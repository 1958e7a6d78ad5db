import type { Family } from '../model/config.ts';
import { FAMILIES } from '../model/families/names.ts';
import { ropeParametersOf } from '../model/families/parse.ts';
import type { RopeParameters } from '../model/rope.ts';

/**
 * A config with its rotary settings in both generations: programs differ in which they read (mlx-lm’s Qwen2 only the
 * older). Both are written anew, since transformers 5 lets an older `rope_scaling` win over its own `rope_parameters`.
 */
export function withBothGenerations(
  config: Record<string, unknown>,
  family: Family,
): Record<string, unknown> {
  if (FAMILIES[family].positions) return config;
  const { global, local } = ropeParametersOf(config, family);
  const { rope_theta: theta, partial_rotary_factor: share } = global;
  const older = { ...config, rope_scaling: olderScaling(global) };
  if (family === 'gemma3')
    return {
      ...older,
      rope_theta: theta,
      rope_local_base_freq: local.rope_theta,
      rope_parameters: { full_attention: global, sliding_attention: local },
    };
  if (family === 'gpt_neox')
    return { ...older, rotary_emb_base: theta, rotary_pct: share, rope_parameters: global };
  return {
    ...older,
    rope_theta: theta,
    ...(share === undefined ? {} : { partial_rotary_factor: share }),
    rope_parameters: global,
  };
}

/** What scales the frequencies; base and share have fields of their own there. */
function olderScaling(parameters: RopeParameters): RopeParameters | null {
  if (parameters.rope_type === 'default') return null;
  const { rope_theta: _theta, partial_rotary_factor: _share, ...scaling } = parameters;
  return scaling;
}

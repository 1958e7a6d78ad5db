import type { Family } from '../model/families/family.ts';
import type { RopeParameters } from '../model/rope.ts';

/**
 * A config with its rotary settings in both generations: programs differ in which they read (mlx-lm’s Qwen2 only the
 * older). Both are written anew, since transformers 5 lets an older `rope_scaling` win over its own `rope_parameters`.
 */
export function withBothGenerations(
  config: Record<string, unknown>,
  { rope }: Family,
): Record<string, unknown> {
  if (!rope) return config;
  const ropes = rope.read(config);
  return { ...config, rope_scaling: olderScaling(ropes.global), ...rope.write(ropes) };
}

/** What scales the frequencies; base and share have fields of their own there. */
function olderScaling(parameters: RopeParameters): RopeParameters | null {
  if (parameters.rope_type === 'default') return null;
  const { rope_theta: _theta, partial_rotary_factor: _share, ...scaling } = parameters;
  return scaling;
}

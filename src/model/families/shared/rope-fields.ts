import { type RopeParameters, ropeOf } from '../../rope.ts';
import type { DecoderTraits } from '../../traits.ts';
import type { FilledRope, LayerRopes, RopeFields } from '../family.ts';
import { LayeredRopeSchema, parse, unsupported } from './fields.ts';

/** Fields of either generation that several families share; the schema of the family has checked them. */
export interface SharedRopeFields {
  rope_parameters?: object | null;
  rope_scaling?: object | null;
  rope_theta?: number | null;
  partial_rotary_factor?: number | null;
  original_max_position_embeddings?: number | null;
}

/** One rotary embedding for all layers, as Llama's config says it. */
export const oneRope: RopeFields = {
  read(config) {
    const c = config as SharedRopeFields;
    const one = wholeHeads(filledRope(givenRope(c), c.rope_theta ?? 10000, c.partial_rotary_factor));
    return { global: one, local: one };
  },
  write: ({ global }) => ({
    rope_theta: global.rope_theta,
    ...(global.partial_rotary_factor === undefined
      ? {}
      : { partial_rotary_factor: global.partial_rotary_factor }),
    rope_parameters: global,
  }),
};

/**
 * `rope_scaling` wins, whole, over `rope_parameters`; the length that the model was first trained for wins where it
 * stands beside them. @throws UserError `bad-config`
 */
export function givenRope(c: SharedRopeFields): RopeParameters {
  const given = scalingOf(c) ?? layeredRopes(c).full_attention ?? c.rope_parameters ?? {};
  const original = c.original_max_position_embeddings;
  return original == null ? given : { ...given, original_max_position_embeddings: original };
}

/** `rope_scaling`, unless it is empty. */
export function scalingOf(c: SharedRopeFields): RopeParameters | null {
  return c.rope_scaling && Object.keys(c.rope_scaling).length > 0 ? c.rope_scaling : null;
}

/** `rope_parameters` by kind of layer, where it is so. @throws UserError `bad-config` */
export function layeredRopes(c: SharedRopeFields): {
  full_attention?: RopeParameters;
  sliding_attention?: RopeParameters;
} {
  return parse(LayeredRopeSchema.partial(), { ...c.rope_parameters });
}

/**
 * transformers' Llama-like classes rotate whole heads whatever the config says, other programs the share that it
 * names: which of the two a model was trained with is not known.
 * @throws UserError `unsupported-trait`
 */
export function wholeHeads(rope: FilledRope): FilledRope {
  if ((rope.partial_rotary_factor ?? 1) === 1) return rope;
  throw unsupported('a rotary embedding over a part of each head (partial_rotary_factor)');
}

/** With type, base and share filled in from the older fields. */
export function filledRope(given: RopeParameters, theta: number, share?: number | null): FilledRope {
  const partial = given.partial_rotary_factor ?? share;
  return {
    ...given,
    rope_type: given.rope_type ?? given.type ?? 'default',
    rope_theta: given.rope_theta ?? theta,
    ...(partial == null ? {} : { partial_rotary_factor: partial }),
  };
}

/** Parameters → frequencies. @throws UserError `unknown-rope`, `bad-config` */
export function ropesOf(
  { global, local }: LayerRopes,
  headDim: number,
  maxPositions: number,
): NonNullable<DecoderTraits['rope']> {
  const dims = Math.floor(headDim * (global.partial_rotary_factor ?? 1));
  return {
    global: ropeOf(global, global.rope_theta, dims, maxPositions),
    local: ropeOf(local, local.rope_theta, dims, maxPositions),
  };
}

import { type RopeParameters, ropeOf } from '../../rope.ts';
import type { DecoderTraits } from '../../traits.ts';
import type { FilledRope, LayerRopes, RopeFields } from '../family.ts';
import { LayeredRopeSchema, parse } from './fields.ts';

/** Fields of either generation that several families share; the schema of the family has checked them. */
export interface SharedRopeFields {
  rope_parameters?: object | null;
  rope_scaling?: object | null;
  rope_theta?: number | null;
  partial_rotary_factor?: number | null;
}

/** One rotary embedding for all layers, as Llama's config says it. */
export const oneRope: RopeFields = {
  read(config) {
    const c = config as SharedRopeFields;
    const one = filledRope(givenRope(c), c.rope_theta ?? 10000, c.partial_rotary_factor);
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

/** `rope_scaling` wins, whole, over `rope_parameters`. @throws UserError `bad-config` */
export function givenRope(c: SharedRopeFields): RopeParameters {
  return scalingOf(c) ?? layeredRopes(c).full_attention ?? c.rope_parameters ?? {};
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

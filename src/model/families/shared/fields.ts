import { z } from 'zod';
import { UserError } from '../../../errors.ts';
import type { DecoderTraits } from '../../traits.ts';

/** Fields of `config.json`, as transformers names them, and what the families' files read them with. */

export const count = z
  .int()
  .min(1)
  .max(1 << 24);
export const optionalCount = count.nullish();
export const layerCount = count.max(1000);
export const positive = z.number().positive();
/** Some configs say −1 for "none". */
const tokenId = z
  .int()
  .min(-1)
  .max(1 << 24);

const RopeSchema = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  attention_factor: positive.nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  frequency_factors: z.array(positive).nullish(),
});

/** Gemma 3 (transformers 5) has one by kind of layer. */
export const LayeredRopeSchema = z.looseObject({ full_attention: RopeSchema, sliding_attention: RopeSchema });

/** What every family's config may say about tokens, rotary embedding and storage. */
export const Common = z.looseObject({
  vocab_size: count,
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.int().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  rope_theta: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  rope_scaling: RopeSchema.nullish(),
  rope_parameters: z.union([LayeredRopeSchema, RopeSchema]).nullish(),
});

/** What a config that a quantiser wrote says of itself. */
export const Quantised = z.looseObject({ quant_method: z.string() });

/** What `generation_config.json` adds. */
export const Generation = z.looseObject({ eos_token_id: Common.shape.eos_token_id });

/** @throws UserError `bad-config` naming the field. */
export function parse<T extends z.ZodType>(schema: T, raw: Record<string, unknown>): z.infer<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badConfig(
    `config.json is not usable: ${issue.path.join('.') || 'its content'} (${issue.message}).`,
    'Get the file again from where the model came from.',
  );
}

export function badConfig(what: string, remedy = 'Get the file again.'): UserError {
  return new UserError('bad-config', `${what} ${remedy}`);
}

export function unsupported(what: string): UserError {
  return new UserError(
    'unsupported-trait',
    `The model uses ${what}, which is not supported. Choose another model.`,
  );
}

/** @throws UserError `bad-config` */
export function divided(size: number, parts: number, sizeName: string, partsName: string): number {
  if (size % parts === 0) return size / parts;
  throw badConfig(
    `config.json does not add up: ${sizeName} ${size} is not a multiple of ${partsName} ${parts}.`,
    'Get the file again from where the model came from.',
  );
}

/** `bos_token_id`, `eos_token_id` and `pad_token_id`; an absent field takes the default of the family's class. */
export function tokenFields(
  c: Pick<z.infer<typeof Common>, 'bos_token_id' | 'eos_token_id' | 'pad_token_id'>,
  defaults: { bos: number | null; eos: readonly number[]; pad: number | null },
): Pick<DecoderTraits, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'> {
  return {
    bosTokenId: idOrNone(c.bos_token_id, defaults.bos),
    eosTokenIds: tokenIds(c.eos_token_id, defaults.eos),
    padTokenId: idOrNone(c.pad_token_id, defaults.pad),
  };
}

export function tokenIds(given: number | number[] | null | undefined, fallback: readonly number[]): number[] {
  if (given === undefined) return [...fallback];
  if (given === null) return [];
  return (typeof given === 'number' ? [given] : given).filter((id) => id >= 0);
}

function idOrNone(given: number | null | undefined, fallback: number | null): number | null {
  if (given === undefined) return fallback;
  return given !== null && given >= 0 ? given : null;
}

const ACTIVATIONS: Readonly<Record<string, DecoderTraits['activation']>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
};

/** @throws UserError `unsupported-trait` */
export function activationOf(name: string): DecoderTraits['activation'] {
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  throw unsupported(`the activation ${name}`);
}

export function everyLayer(
  layers: number,
  isLocal: (layer: number) => boolean = () => false,
): DecoderTraits['layerAttention'] {
  return Array.from({ length: layers }, (_, layer) => (isLocal(layer) ? 'local' : 'global'));
}

/** `layer_types`, one a layer. @throws UserError `bad-config`, `unsupported-trait` */
export function layerKinds(types: readonly string[], layers: number): DecoderTraits['layerAttention'] {
  if (types.length !== layers)
    throw badConfig(`config.json lists ${types.length} layer_types for ${layers} layers.`);
  return types.map((type) => {
    if (type !== 'full_attention' && type !== 'sliding_attention')
      throw unsupported(`layers of type ${type}`);
    return type === 'sliding_attention' ? 'local' : 'global';
  });
}

/** Which layers see how far. @throws UserError `bad-config` for a window that is not a length. */
export function windowed(
  layerAttention: DecoderTraits['layerAttention'],
  slidingWindow: number | null | undefined,
): Pick<DecoderTraits, 'layerAttention' | 'window'> {
  if (!layerAttention.includes('local')) return { layerAttention, window: null };
  if (slidingWindow === null)
    throw badConfig(
      'config.json has layers that see a window (sliding_attention) and no sliding_window.',
      'Get the file again from where the model came from.',
    );
  const window = slidingWindow ?? 4096;
  if (window < 1) throw badConfig(`config.json gives the sliding window ${window}, which is not a length.`);
  return { layerAttention, window };
}

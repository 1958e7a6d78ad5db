import { UserError } from '../errors.ts';
import type { Rope } from './traits.ts';

/** The fields of `rope_parameters` (transformers 5) or `rope_scaling` with `rope_theta` (before) that are used. */
export interface RopeParameters {
  rope_type?: string | null;
  /** Its older name. */
  type?: string | null;
  rope_theta?: number | null;
  factor?: number | null;
  low_freq_factor?: number | null;
  high_freq_factor?: number | null;
  original_max_position_embeddings?: number | null;
  partial_rotary_factor?: number | null;
  attention_factor?: number | null;
  beta_fast?: number | null;
  beta_slow?: number | null;
  mscale?: number | null;
  mscale_all_dim?: number | null;
  truncate?: boolean | null;
  /** GGUF's `rope_freqs.weight`: each inverse frequency is divided by its factor. */
  frequency_factors?: number[] | null;
}

/**
 * Inverse frequencies f_j = θ^(−2j / dims), then scaled as `rope_type` says.
 * Sources: transformers `modeling_rope_utils.py`; YaRN, arXiv 2309.00071; Llama 3.1's reference code.
 * @param dims rotary dimensions of a head.
 * @throws UserError `unknown-rope` for a scaling that is not one of default, linear, llama3, yarn.
 */
export function ropeOf(parameters: RopeParameters, theta: number, dims: number, maxPositions: number): Rope {
  const plain = Array.from({ length: dims / 2 }, (_, j) => theta ** ((-2 * j) / dims));
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  switch (type) {
    case 'default':
      return { dims, inverseFrequencies: plain, scale: 1 };
    case 'linear':
      return { dims, inverseFrequencies: plain.map((f) => f / needed(parameters, 'factor')), scale: 1 };
    case 'llama3':
      return { dims, inverseFrequencies: llama3(plain, parameters, maxPositions), scale: 1 };
    case 'yarn':
      return yarn(plain, parameters, theta, dims, maxPositions);
    case 'factors':
      return { dims, inverseFrequencies: byFactors(plain, parameters), scale: 1 };
  }
  throw new UserError(
    'unknown-rope',
    `The model scales its rotary embedding by “${type}”, which is not supported; default, linear, llama3 and yarn are. Choose another model.`,
  );
}

function needed(parameters: RopeParameters, key: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number {
  const value = parameters[key];
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new UserError(
    'bad-config',
    `config.json has no valid ${key} for its rotary embedding. Get the file again from where the model came from.`,
  );
}

/** Long wavelengths are divided by `factor`, short ones kept, those between interpolated. */
function llama3(plain: readonly number[], parameters: RopeParameters, maxPositions: number): number[] {
  const factor = needed(parameters, 'factor');
  const low = needed(parameters, 'low_freq_factor');
  const high = needed(parameters, 'high_freq_factor');
  const context = parameters.original_max_position_embeddings ?? maxPositions;
  return plain.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength > context / low) return f / factor;
    if (wavelength < context / high) return f;
    const smooth = (context / wavelength - low) / (high - low);
    return ((1 - smooth) * f) / factor + smooth * f;
  });
}

function yarn(
  plain: readonly number[],
  parameters: RopeParameters,
  theta: number,
  dims: number,
  maxPositions: number,
): Rope {
  const context = parameters.original_max_position_embeddings ?? maxPositions;
  const factor = parameters.factor ?? maxPositions / context;
  const magnitude = (scale: number, times: number) => (scale <= 1 ? 1 : 0.1 * times * Math.log(scale) + 1);
  const scale =
    parameters.attention_factor ??
    (parameters.mscale && parameters.mscale_all_dim
      ? magnitude(factor, parameters.mscale) / magnitude(factor, parameters.mscale_all_dim)
      : magnitude(factor, 1));
  // Dimension whose wavelength fits `rotations` times into the original context.
  const dimension = (rotations: number) =>
    (dims * Math.log(context / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = dimension(parameters.beta_fast || 32);
  let high = dimension(parameters.beta_slow || 1);
  if (parameters.truncate ?? true) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, dims - 1);
  if (low === high) high += 0.001;
  const inverseFrequencies = plain.map((f, j) => {
    const interpolated = Math.min(1, Math.max(0, (j - low) / (high - low)));
    return (f / factor) * interpolated + f * (1 - interpolated);
  });
  return { dims, inverseFrequencies, scale };
}

function byFactors(plain: readonly number[], parameters: RopeParameters): number[] {
  const factors = parameters.frequency_factors;
  if (!factors || factors.length !== plain.length) {
    throw new UserError(
      'bad-config',
      `The model’s rope_freqs has ${factors?.length ?? 0} entries where its rotary embedding needs ${plain.length}. Get the file again.`,
    );
  }
  return plain.map((f, j) => f / factors[j]);
}

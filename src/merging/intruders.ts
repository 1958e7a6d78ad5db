import { UserError } from '../errors.ts';
import { parameterKey } from '../methods/keys.ts';
import { heldRank } from '../methods/lora/moved.ts';
import { largestParts } from '../methods/lora/starts/svd.ts';
import { dot } from '../methods/lora/starts/vectors.ts';
import type { AdapterWeights, LoraSettings } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import { exactTargets } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { changeAt, refuseSource, type Source, type StoredWeight } from './change.ts';
import { concatenated, nearest, type Product, productRows, type Size, widened } from './product.ts';

/**
 * Intruder dimensions (Shuttleworth et al., arXiv 2410.21228): of the `top` largest singular vectors of the tuned weight
 * those that resemble none of the base’s. They go with forgetting, and making them smaller brings back some of what the base
 * knew, at some cost to the task. As PEFT's `reduce_intruder_dimension` (0.21, tuners/lora/intruders.py):
 *
 *     W₀ = U₀Σ₀V₀ᵀ        W₀ + ΔW = UΣVᵀ
 *     I  = { i < top : maxⱼ |uᵢᵀu₀ⱼ| < ε }                       the intruders
 *     ΔW′ = nearest of rank r of ΔW − (1 − λ)·Σ_I σᵢuᵢvᵢᵀ        each intruder is left λ of its size
 *
 * PEFT's own description says that λ is the share that is taken off; its code, and this, leave that share. Of weights that
 * lie transposed (GPT-2's Conv1D) PEFT compares input vectors and fails where a matrix is not square; here it is always the
 * output side.
 */
export interface IntruderOptions {
  /** Singular vectors of the tuned weight that are looked at. */
  top: number;
  /** ε: a vector whose largest |cosine| with the base's is below is an intruder. */
  epsilon: number;
  /** λ: what is left of an intruder's singular value. 1 changes nothing. */
  lambda: number;
}

/** PEFT's defaults. */
export const USUAL_INTRUDERS: IntruderOptions = { top: 10, epsilon: 0.5, lambda: 0.75 };

export interface ReducedSite {
  module: string;
  intruders: number;
}

/**
 * LoRA with s = 1 whose intruders are smaller; where a weight has none, its change is as it was.
 * @throws UserError `bad-merge`, `unmergeable` of anything but LoRA
 */
export async function reduceIntruders({
  source,
  config,
  stored,
  options,
  progress,
}: {
  source: Source;
  config: DecoderConfig;
  stored: StoredWeight;
  options: IntruderOptions;
  /** Told of matrices done and in all; may throw to end it. */
  progress?(done: number, total: number): Promise<void> | void;
}): Promise<{ weights: AdapterWeights<LoraSettings>; sites: ReducedSite[] }> {
  refuseIntruderOptions(options);
  refuseSource(source, config);
  const { settings, modules } = source.weights;
  if (!isLora(settings))
    throw new UserError(
      'unmergeable',
      `Intruder dimensions are reduced of LoRA alone, and ${source.name} was made with ${settings.method}. Nothing was written. Leave the reduction out, or train LoRA.`,
    );
  const rank = Math.max(...modules.map((site) => heldRank(settings, site)));
  const values = new Map<string, Float32Array>();
  const sites: ReducedSite[] = [];
  for (const [i, site] of modules.entries()) {
    await progress?.(i, modules.length);
    const { product } = (await changeAt(source, 0, site, stored))!;
    const own = heldRank(settings, site);
    const { reduced, intruders } = withoutIntruders(product!, await stored(site), site, {
      ...options,
      rank: own,
    });
    const { a, b } = widened(reduced, site, rank);
    values.set(parameterKey(site.path, 'lora_A'), Float32Array.from(a));
    values.set(parameterKey(site.path, 'lora_B'), Float32Array.from(b));
    sites.push({ module: site.path, intruders });
  }
  await progress?.(modules.length, modules.length);
  const made = { rank, alpha: rank, dropout: 0, targets: exactTargets(config, modules) };
  return { weights: { settings: made, modules, values }, sites };
}

/** @throws UserError `bad-merge` */
export function refuseIntruderOptions({ top, epsilon, lambda }: IntruderOptions): void {
  const refuse = (what: string) =>
    new UserError('bad-merge', `${what} Nothing was written. Give such a number.`);
  if (!(Number.isInteger(top) && top >= 1 && top <= 1000))
    throw refuse(`Of intruder dimensions 1 to 1,000 singular vectors are looked at, not ${top}.`);
  if (!(epsilon > 0 && epsilon <= 1))
    throw refuse(`The cosine below which a vector is an intruder is above 0 and at most 1, not ${epsilon}.`);
  if (!(lambda >= 0 && lambda <= 1))
    throw refuse(`What is left of an intruder is a share from 0 to 1, not ${lambda}.`);
}

function isLora(settings: AdapterWeights['settings']): settings is LoraSettings {
  return (settings.method ?? 'lora') === 'lora';
}

/** ΔW′ of one weight W₀ [out, in]. */
function withoutIntruders(
  product: Product,
  base: Float32Array,
  size: AdapterModule,
  { top, epsilon, lambda, rank }: IntruderOptions & { rank: number },
): { reduced: Product; intruders: number } {
  const { in: width, out } = size;
  const tuned = Float64Array.from(base);
  let at = 0;
  for (const row of productRows(product, size)) for (const value of row) tuned[at++] += value;
  const looked = Math.min(top, width, out);
  const { values, left, right } = largestParts(tuned, { rows: out, cols: width }, looked, 0);
  const intruders = [...intrudersAmong(left, base, size, epsilon)];
  if (intruders.length === 0) return { reduced: product, intruders: 0 };
  const a = new Float64Array(intruders.length * width);
  const b = new Float64Array(out * intruders.length);
  for (const [n, i] of intruders.entries()) {
    a.set(right[i], n * width);
    for (let o = 0; o < out; o++) b[o * intruders.length + n] = (lambda - 1) * values[i] * left[i][o];
  }
  const whole = concatenated([product, { rank: intruders.length, a, b }], size);
  return { reduced: nearest(whole, size, rank), intruders: intruders.length };
}

/** Singular vectors of the base that are looked at first. */
const AT_FIRST = 16;

/**
 * Places of the vectors whose largest |cosine| with the left singular vectors of W₀ is below ε. These are orthonormal, so
 * that of a unit vector Σⱼcos²ⱼ ≤ 1: once 1 − Σcos² of those that are known is below ε², none of the others can reach it, and
 * the smaller singular vectors, which are most of them, need not be found.
 */
function intrudersAmong(
  vectors: readonly Float64Array[],
  base: ArrayLike<number>,
  { in: width, out }: Size,
  epsilon: number,
): Set<number> {
  const all = Math.min(width, out);
  for (let count = Math.min(AT_FIRST, all); ; count = Math.min(2 * count, all)) {
    const { left } = largestParts(base, { rows: out, cols: width }, count, 0);
    const found = new Set<number>();
    let open = false;
    for (const [i, vector] of vectors.entries()) {
      const cosines = left.map((other) => Math.abs(dot(vector, other)));
      if (Math.max(...cosines) >= epsilon) continue;
      found.add(i);
      const rest = 1 - cosines.reduce((sum, cosine) => sum + cosine * cosine, 0);
      open ||= rest >= epsilon * epsilon;
    }
    if (!open || count === all) return found;
  }
}

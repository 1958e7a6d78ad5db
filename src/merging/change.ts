import { UserError } from '../errors.ts';
import { methodOf } from '../methods/list.ts';
import { type LoraMatrices, loraMatrices } from '../methods/lora/matrices.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import { hasBias } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { type Product, productRows } from './product.ts';

/** An adapter that goes into a merge. */
export interface Source {
  /** As the person knows it, for sentences. */
  name: string;
  weights: AdapterWeights;
  /** w of the formulas. */
  weight: number;
}

/** What a source adds to one weight. */
export interface Change {
  /** Its place among all sources. */
  index: number;
  weight: number;
  /** ΔW as a product; null where it is as wide as the weight (DoRA, (IA)³). */
  product: Product | null;
  /** LoRA's own matrices where it is one. */
  matrices: LoraMatrices | null;
  /** ΔW whole, row-major [out, in], computed when it is asked for and kept. */
  whole(): Float64Array;
}

/**
 * W of a site as its file has it, [out, in]. Only methods that scale the base ask for it.
 */
export type StoredWeight = (site: AdapterModule) => Promise<Float32Array>;

/** What a source adds at a site; null where it adapts it not. */
export async function changeAt(
  { weights, weight }: Source,
  index: number,
  site: AdapterModule,
  stored: StoredWeight,
): Promise<Change | null> {
  if (!weights.modules.some(({ path }) => path === site.path)) return null;
  const { method = 'lora' } = weights.settings;
  if (method === 'lora') {
    const matrices = loraMatrices(weights, site);
    const product = productOf(matrices);
    return {
      index,
      weight,
      product,
      matrices,
      whole: once(() => gathered(productRows(product, site), site)),
    };
  }
  const { delta, id } = methodOf(weights.settings);
  if (!delta) throw new RangeError(`the method ${id} changes no weight`);
  const base = await stored(site);
  const row = (o: number) => base.subarray(o * site.in, (o + 1) * site.in);
  return {
    index,
    weight,
    product: null,
    matrices: null,
    whole: once(() => gathered(delta(weights, site, row), site)),
  };
}

/** s·BA with s in A. */
function productOf({ rank, scale, a, b }: LoraMatrices): Product {
  return { rank, a: Float64Array.from(a, (value) => scale * value), b: Float64Array.from(b) };
}

/**
 * What cannot go into a merge, whichever way.
 * @throws UserError `unmergeable`
 */
export function refuseSource({ name, weights }: Source, config: DecoderConfig): void {
  const { settings } = weights;
  const { label, delta, biasFactors } = {
    label: methodOf(settings).words(settings).title,
    ...methodOf(settings),
  };
  if (!delta)
    throw new UserError(
      'unmergeable',
      `${name} is a ${label.toLowerCase()}: it puts virtual tokens in front of a row and changes no weight, so there is nothing to add up. Nothing was written. Leave it out, or train LoRA on its rows.`,
    );
  if ('start' in settings && settings.start === 'loftq')
    throw new UserError(
      'unmergeable',
      `${name} began with LoftQ and makes up for the rounding of one base; in a sum that correction would count by its weight. Nothing was written. Leave it out, or train it with another start.`,
    );
  const biased = weights.modules.find((site) => {
    const linear = config.family.tensors.linears.find(({ path }) => site.path.endsWith(`.${path}`));
    return linear && hasBias(config, linear.roles) && biasFactors?.(weights, site)?.some((l) => l !== 1);
  });
  if (biased)
    throw new UserError(
      'unmergeable',
      `${name} also scales the bias of ${biased.path}, which a merged LoRA adapter has no place for. Nothing was written. Merge it into the model instead (export as merged).`,
    );
}

function gathered(rows: Iterable<Float64Array>, { in: width, out }: AdapterModule): Float64Array {
  const whole = new Float64Array(out * width);
  let o = 0;
  for (const row of rows) whole.set(row, width * o++);
  return whole;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

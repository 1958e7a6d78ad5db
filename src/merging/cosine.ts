import { dot } from '../methods/lora/starts/vectors.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { type Change, changeAt, refuseSource, type Source, type StoredWeight } from './change.ts';
import { innerProduct, productNorm, type Size } from './product.ts';

/** How alike the changes of several adapters are at one weight. */
export interface SiteCosines {
  module: string;
  layer: number;
  target: string;
  /** Of each pair in the order (0, 1), (0, 2), …, (1, 2), …; null where one of the two leaves the weight as it is. */
  cosines: (number | null)[];
}

/**
 * cos(ΔW₁, ΔW₂) = ⟨ΔW₁, ΔW₂⟩ / (‖ΔW₁‖·‖ΔW₂‖) of each pair of adapters at each weight that one of them changes, in float64:
 * of products without forming the wide matrix. 0: they change different things; −1: one undoes the other.
 * @throws UserError `unmergeable`
 */
export async function changeCosines({
  sources,
  config,
  stored,
  progress,
}: {
  sources: readonly Source[];
  config: DecoderConfig;
  stored: StoredWeight;
  /** Told of matrices done and in all; may throw to end it. */
  progress?(done: number, total: number): Promise<void> | void;
}): Promise<SiteCosines[]> {
  for (const source of sources) refuseSource(source, config);
  const sites = adapterModules(config, ['all']).filter(({ path }) =>
    sources.some(({ weights }) => weights.modules.some((module) => module.path === path)),
  );
  const found: SiteCosines[] = [];
  for (const [i, site] of sites.entries()) {
    await progress?.(i, sites.length);
    const changes = await Promise.all(sources.map((source, index) => changeAt(source, index, site, stored)));
    found.push({ module: site.path, layer: site.layer, target: site.target, cosines: pairs(changes, site) });
  }
  await progress?.(sites.length, sites.length);
  return found;
}

function pairs(changes: readonly (Change | null)[], site: AdapterModule): (number | null)[] {
  const norms = changes.map((change) => (change ? norm(change, site) : 0));
  return changes.flatMap((one, i) =>
    changes.slice(i + 1).map((other, after) => {
      const length = norms[i] * norms[i + 1 + after];
      return one && other && length > 0 ? inner(one, other, site) / length : null;
    }),
  );
}

function norm(change: Change, size: Size): number {
  if (change.product) return productNorm(change.product, size);
  const whole = change.whole();
  return Math.sqrt(dot(whole, whole));
}

function inner(one: Change, other: Change, size: Size): number {
  return one.product && other.product
    ? innerProduct(one.product, other.product, size)
    : dot(one.whole(), other.whole());
}

import { parameterKey } from '../methods/keys.ts';
import { heldRank } from '../methods/lora/moved.ts';
import type { AdapterWeights, LoraSettings } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules, exactTargets } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { changeAt, refuseSource, type Source, type StoredWeight } from './change.ts';
import { keptAtRandom } from './keep.ts';
import { type MergeOptions, refuseOptions } from './options.ts';
import { concatenated, nearest, productNorm, scaled, widened } from './product.ts';
import type { Merged, MergeSite, Way } from './way.ts';
import { distanceFromWhole, nearestOfWhole } from './whole.ts';

export interface MergeInput {
  sources: readonly Source[];
  config: DecoderConfig;
  stored: StoredWeight;
  options: MergeOptions;
  /** Told of matrices done and in all; may throw to end it. */
  progress?(done: number, total: number): Promise<void> | void;
}

export interface MergeResult {
  /** LoRA with s = 1. */
  weights: AdapterWeights<LoraSettings>;
  rank: number;
  /** Of each matrix: how far what is stored is from what the way computes (for PEFT's on A and B: from the weighted sum). */
  errors: MatrixError[];
}

export interface MatrixError {
  module: string;
  /** ‖stored − exact‖ / ‖exact‖ in the Frobenius norm; null where the exact change is 0 and what is stored is not. */
  relative: number | null;
}

/** Rank of an adapter of which no source has one. */
const USUAL_RANK = 8;

/**
 * One adapter of several. Sites are merged one by one, so that memory holds the matrices of one.
 * @throws UserError `bad-merge`, `unmergeable`, `adapter-mismatch`
 */
export async function mergeAdapters({
  sources,
  config,
  stored,
  options,
  progress,
}: MergeInput): Promise<MergeResult> {
  const { way } = options;
  for (const source of sources) refuseSource(source, config);
  refuseOptions(options, sources);
  const sites = adapterModules(config, ['all']).filter(({ path }) =>
    sources.some(({ weights }) => weights.modules.some((module) => module.path === path)),
  );
  const rank = rankOf(way, sources, sites, options.rank);
  const errors: MatrixError[] = [];
  const values = new Map<string, Float32Array>();
  for (const [i, module] of sites.entries()) {
    await progress?.(i, sites.length);
    const site = await siteOf(module, sources, stored);
    const merged = way.merge(site, {
      density: options.density ?? 1,
      keep: keptAtRandom(options.seed ?? 0, module.path, options.density ?? 1),
    });
    const { a, b } = storedMatrices(merged, module, rank);
    values.set(parameterKey(module.path, 'lora_A'), a);
    values.set(parameterKey(module.path, 'lora_B'), b);
    errors.push({ module: module.path, relative: errorOf(merged, { rank, a, b }, module) });
  }
  await progress?.(sites.length, sites.length);
  const settings = { rank, alpha: rank, dropout: 0, targets: exactTargets(config, sites) };
  return { weights: { settings, modules: sites, values }, rank, errors };
}

async function siteOf(
  module: AdapterModule,
  sources: readonly Source[],
  stored: StoredWeight,
): Promise<MergeSite> {
  let read: Promise<Float32Array> | null = null;
  const once: StoredWeight = (site) => {
    read ??= stored(site);
    return read;
  };
  const changes = [];
  for (const [index, source] of sources.entries()) {
    const change = await changeAt(source, index, module, once);
    if (change) changes.push(change);
  }
  return { module, changes, weights: sources.map(({ weight }) => weight) };
}

function rankOf(
  way: Way,
  sources: readonly Source[],
  sites: readonly AdapterModule[],
  asked: number | undefined,
): number {
  const ranks = sources.map(({ weights: { settings, modules } }) =>
    'rank' in settings
      ? Math.max(...sites.filter((site) => has(modules, site)).map((site) => heldRank(settings, site)))
      : 0,
  );
  if (way.rank === 'sum of ranks') return ranks.reduce((sum, rank) => sum + rank, 0);
  return asked ?? (Math.max(...ranks) || USUAL_RANK);
}

function has(modules: readonly AdapterModule[], { path }: AdapterModule): boolean {
  return modules.some((module) => module.path === path);
}

/** A [rank, in] and B [out, rank] as they are saved. */
function storedMatrices(
  merged: Merged,
  size: AdapterModule,
  rank: number,
): { a: Float32Array; b: Float32Array } {
  const { a, b } =
    merged.kind === 'product'
      ? nearest(merged.product, size, rank)
      : merged.kind === 'whole'
        ? nearestOfWhole(merged.values, size, rank)
        : widened(merged.product, size, rank);
  return { a: Float32Array.from(a), b: Float32Array.from(b) };
}

function errorOf(
  merged: Merged,
  saved: { rank: number; a: Float32Array; b: Float32Array },
  size: AdapterModule,
): number | null {
  const product = { rank: saved.rank, a: Float64Array.from(saved.a), b: Float64Array.from(saved.b) };
  if (merged.kind === 'whole') {
    const { distance, norm } = distanceFromWhole(merged.values, product, size);
    return quotient(distance, norm);
  }
  const exact = merged.kind === 'matrices' ? merged.meant : merged.product;
  const difference = concatenated([exact, scaled(product, -1)], size);
  return quotient(productNorm(difference, size), productNorm(exact, size));
}

function quotient(distance: number, norm: number): number | null {
  if (distance === 0) return 0;
  return norm === 0 ? null : distance / norm;
}

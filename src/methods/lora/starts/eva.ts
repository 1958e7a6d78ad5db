import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UserError } from '../../../errors.ts';
import type { DecoderConfig } from '../../../model/config.ts';
import { adapterModules, exactTargets } from '../../../model/families/names.ts';
import type { AdapterModule } from '../../../model/modules.ts';
import { parameterKey } from '../../keys.ts';
import { streamSeed } from '../../stream-seed.ts';
import type { AdapterWeights, LoraSettings } from '../../types.ts';
import { OBSERVED } from './observer.ts';
import { dot, normalised, orthogonalised, symmetricEigen } from './vectors.ts';

/**
 * EVA (Paischer et al., arXiv 2410.07170): A begins as the principal components of a layer's inputs over the supervised
 * tokens, and B as 0. The ranks of all layers together stay what they were, and go to the components that explain most of
 * their layer's variance, at most ρ·r to a layer; alpha goes along, so that the scale stays. As PEFT's
 * `peft/tuners/lora/eva.py`, whose incremental decomposition is an approximation of this one.
 */

/** Directions beside those that are asked for: with them the last of those settles sooner. */
const SPARE = 8;
/** Passes over the rows at the most, and the change of an explained variance at which they end. */
const MOST_PASSES = 12;
const SETTLED = 1e-4;

/** What one pass over the rows gives, by site: sums over all supervised rows X. */
export interface ObservedInputs {
  rows: number;
  /** A·XᵀX [rank, in]. */
  products: ReadonlyMap<string, Float32Array>;
  /** Σ X [in], and ‖X‖². */
  sums: ReadonlyMap<string, Float64Array>;
  squares: ReadonlyMap<string, number>;
}

/** Runs the rows through the base with these directions. */
export type Observe = (weights: AdapterWeights<LoraSettings>) => Promise<ObservedInputs>;

export interface PrincipalComponents {
  /** Each of length 1, its largest entry positive. */
  components: Float64Array[];
  /** Of the variance of all inputs, that along each. */
  explained: Float64Array;
}

/** One site for each input of the model: q, k and v have one, gate and up too. */
export function sitesByInput(
  config: DecoderConfig,
  modules: readonly AdapterModule[],
): ReadonlyMap<AdapterModule, AdapterModule[]> {
  const { blocks, linears } = config.family.tensors;
  const groups = new Map<string, AdapterModule[]>();
  for (const module of modules) {
    const [role] = linears.find(({ path }) => module.path === `${blocks}.${module.layer}.${path}`)!.roles;
    const input = role === 'k' || role === 'v' ? 'q' : role === 'up' ? 'gate' : role;
    const key = `${module.layer} ${input}`;
    groups.set(key, [...(groups.get(key) ?? []), module]);
  }
  return new Map([...groups.values()].map((group) => [group[0], group]));
}

/**
 * The principal components of the inputs of each site, by subspace iteration: each pass gives A·C for all of them, C the
 * covariance, and the next A are those rows made orthonormal.
 *
 * @param count of each site
 * @throws UserError `too-few-rows` where there are not as many supervised tokens
 */
export async function principalComponents(
  config: DecoderConfig,
  sites: readonly AdapterModule[],
  count: number,
  seed: number,
  observe: Observe,
): Promise<ReadonlyMap<string, PrincipalComponents>> {
  const rank = 4 * Math.ceil((count + SPARE) / 4);
  const settings: LoraSettings = {
    ...{ rank, alpha: rank, dropout: 0, observes: true },
    targets: exactTargets(config, sites),
  };
  let directions = new Map(sites.map((site) => [site, randomDirections(site, rank, seed)]));
  let before: Float64Array[] | null = null;
  for (let pass = 1; ; pass++) {
    const values = new Map<string, Float32Array>();
    for (const [site, rows] of directions)
      values.set(
        parameterKey(site.path, OBSERVED.directions),
        Float32Array.from(rows.flatMap((row) => [...row])),
      );
    const observed = await observe({ settings, modules: [...sites], values });
    if (observed.rows <= count) throw tooFewTokens(observed.rows, count);
    const found = new Map([...directions].map(([site, rows]) => [site, ritz(rows, site, observed)] as const));
    directions = new Map([...found].map(([site, { next }]) => [site, next]));
    const explained = [...found.values()].map((one) => one.explained.subarray(0, count));
    const change = before?.map((one, i) =>
      Math.max(...one.map((value, j) => Math.abs(value - explained[i][j]))),
    );
    before = explained.map((one) => one.slice());
    if (pass < MOST_PASSES && !change?.every((most) => most < SETTLED)) continue;
    return new Map(
      [...found].map(([site, { next, explained }]) => [
        site.path,
        { components: next.slice(0, count).map(positive), explained: explained.slice(0, count) },
      ]),
    );
  }
}

/** Of one site: the share of each direction in the variance, and the directions after one more product with C. */
function ritz(
  rows: readonly Float64Array[],
  { path, in: width }: AdapterModule,
  { rows: n, products, sums, squares }: ObservedInputs,
): { explained: Float64Array; next: Float64Array[] } {
  const all = products.get(path)!;
  const mean = sums.get(path)!.map((sum) => sum / n);
  const total = Math.max(squares.get(path)! - n * dot(mean, mean), Number.MIN_VALUE);
  // A·C = A·XᵀX − n·(A·μ)·μᵀ.
  const moved = rows.map((row, r) => {
    const along = n * dot(row, mean);
    return Float64Array.from({ length: width }, (_, i) => all[r * width + i] - along * mean[i]);
  });
  const small = rows.map((row) => Float64Array.from(moved, (other) => dot(row, other)));
  const symmetric = small.map((row, i) => row.map((value, j) => (value + small[j][i]) / 2));
  const { values, vectors } = symmetricEigen(symmetric);
  const next: Float64Array[] = [];
  for (const vector of vectors) {
    const turned = new Float64Array(width);
    for (let r = 0; r < vector.length; r++)
      for (let i = 0; i < width; i++) turned[i] += vector[r] * moved[r][i];
    next.push(unitBeside(turned, next));
  }
  return { explained: values.map((value) => Math.max(0, value) / total), next };
}

/** Of length 1 and orthogonal to the others; 0 where it lies among them. */
function unitBeside(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  orthogonalised(normalised(vector), others);
  return dot(vector, vector) > 1e-12 ? normalised(vector) : vector.fill(0);
}

function randomDirections({ path, in: width }: AdapterModule, rank: number, seed: number): Float64Array[] {
  const generator = xoroshiro128plus(streamSeed(seed, path));
  const rows: Float64Array[] = [];
  for (let r = 0; r < rank; r++) {
    const row = Float64Array.from({ length: width }, () => uniformFloat64(generator) - 0.5);
    rows.push(unitBeside(row, rows));
  }
  return rows;
}

function positive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}

function tooFewTokens(tokens: number, count: number): UserError {
  return new UserError(
    'bad-setting',
    `The start EVA looks for ${count} directions in the inputs of each layer, and the rows that it looks at have only ${tokens} supervised tokens. Nothing was changed. Let it look at more rows (--eva-rows), lower the rank (--rank), or begin as usual (--init default).`,
  );
}

/** Most components of a site. */
export function componentsOf({ rank }: Pick<LoraSettings, 'rank'>, rho: number): number {
  return Math.round(rank * rho);
}

/** An adapter that begins so: its settings name the ranks, and sites that got none are left out. */
export function evaAdapter(
  config: DecoderConfig,
  settings: LoraSettings,
  found: ReadonlyMap<string, PrincipalComponents>,
): AdapterWeights<LoraSettings> {
  const modules = adapterModules(config, settings.targets);
  const of = new Map<AdapterModule, PrincipalComponents>();
  for (const [first, group] of sitesByInput(config, modules))
    for (const site of group) of.set(site, found.get(first.path)!);
  const shares = modules.flatMap((site) => [...of.get(site)!.explained].map((share) => ({ site, share })));
  // Sites of one input have the same shares: the earlier goes first.
  shares.sort((a, b) => b.share - a.share);
  const ranks = new Map<AdapterModule, number>();
  for (const { site } of shares.slice(0, settings.rank * modules.length))
    ranks.set(site, (ranks.get(site) ?? 0) + 1);
  const kept = modules.filter((site) => ranks.has(site));
  const others = kept.filter((site) => ranks.get(site) !== settings.rank);
  const byPath = (value: (rank: number) => number) =>
    Object.fromEntries(others.map((site) => [site.path, value(ranks.get(site)!)]));
  const values = new Map<string, Float32Array>();
  for (const site of kept) {
    const rank = ranks.get(site)!;
    const a = new Float32Array(rank * site.in);
    of.get(site)!
      .components.slice(0, rank)
      .forEach((row, r) => {
        a.set(row, r * site.in);
      });
    values.set(parameterKey(site.path, 'lora_A'), a);
    values.set(parameterKey(site.path, 'lora_B'), new Float32Array(site.out * rank));
  }
  return {
    settings: {
      ...settings,
      targets: exactTargets(config, kept),
      ...(others.length > 0 && {
        rankPattern: byPath((rank) => rank),
        alphaPattern: byPath((rank) => (settings.alpha * rank) / settings.rank),
      }),
    },
    modules: kept,
    values,
  };
}

import type { SiteCosines } from '../../merging/cosine.ts';

/** The mean over seeds of each cosine; of those that are not known in any, null. All have the same weights in one order. */
export function meanCosines(seeds: readonly (readonly SiteCosines[])[]): SiteCosines[] {
  return seeds[0].map((site, i) => ({
    ...site,
    cosines: site.cosines.map((_, pair) => {
      const known = seeds.flatMap((sites) => sites[i].cosines[pair] ?? []);
      return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
    }),
  }));
}

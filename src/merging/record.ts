/** What an adapter was merged from, for its card and for reports. */
export interface MergeRecord {
  /** Id of the way. */
  way: string;
  sources: readonly { name: string; weight: number }[];
  rank: number;
  density: number | null;
  /** Of what was dropped at random; null where nothing was. */
  seed: number | null;
}

/** Name and weight of each source, in a sentence: `a (1), b (−0.5)`. */
export function sourcesText({ sources }: Pick<MergeRecord, 'sources'>): string {
  return sources.map(({ name, weight }) => `${name} (${String(weight).replace('-', '−')})`).join(', ');
}

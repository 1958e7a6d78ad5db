/**
 * How what is made of several adapters is asked: without the chat template where most of them were trained so, and of as
 * many each way as the first one was.
 * @param sources whether each was trained without the chat template, the first one first
 */
export function isMergeRaw(sources: readonly { raw: boolean }[]): boolean {
  const raw = sources.filter((source) => source.raw).length;
  return raw * 2 === sources.length ? (sources[0]?.raw ?? false) : raw * 2 > sources.length;
}

/** What to know where adapters were trained on prompts of different forms, in a sentence; null where they were not. */
export function mixedForms(sources: readonly { name: string; raw: boolean }[]): string | null {
  const named = (raw: boolean) => sources.filter((source) => source.raw === raw).map(({ name }) => name);
  const [raw, templated] = [named(true), named(false)];
  if (raw.length === 0 || templated.length === 0) return null;
  const asked = isMergeRaw(sources) ? 'without it' : 'with it';
  return `${raw.join(', ')} ${raw.length === 1 ? 'was' : 'were'} trained without the chat template, ${templated.join(', ')} with it. Base and merged are asked ${asked}, as most of them were trained, or the first of as many each way.`;
}

import type { BatchDecodeSession, Engine } from './engine.ts';

export interface SamplingOptions {
  maxTokens: number;
  /** 0: the likeliest token each time. */
  temperature: number;
  /** Sample among the likeliest tokens that together have this probability. */
  topP: number;
  seed: number;
  strength: number;
  /** Each ends the answer and is not part of it. */
  stopIds: readonly number[];
}

export interface Generated {
  ids: number[];
  stop: 'eos' | 'length';
  /** Of the answer alone. */
  seconds: number;
}

export interface EachOptions extends Pick<SamplingOptions, 'strength' | 'stopIds'> {
  goOn: () => boolean;
  /** The next token of a prompt, by its place among them; without it the likeliest. */
  choose?: (logits: Float32Array, index: number) => number;
}

export interface Prompted {
  ids: readonly number[];
  maxTokens: number;
}

/**
 * Answers to many prompts, the likeliest unless something else chooses, several side by side: those of like length, the
 * longest first, so that a cache is made once. An answer is told as soon as its group has ended. `goOn` is asked before every token: where it says no,
 * answers end as they are.
 *
 * Sums side by side go in another order than those of one answer alone: tokens that are as good as equal may differ.
 */
export async function generateEach(
  engine: Engine,
  prompts: readonly Prompted[],
  { strength, stopIds, goOn, choose = argmax }: EachOptions,
  onAnswer: (index: number, ids: readonly number[], stop: Generated['stop']) => Promise<void>,
): Promise<void> {
  const length = ({ ids, maxTokens }: Prompted) => ids.length + maxTokens;
  await inGroups(engine, prompts, { length, strength }, async (group, session) => {
    const answers: number[][] = group.map(() => []);
    const stops = group.map((): Generated['stop'] => 'length');
    let next: readonly (readonly number[])[] = group.map((i) => prompts[i].ids);
    while (goOn() && next.some((ids) => ids.length > 0)) {
      const logits = await session.feed(next);
      next = next.map((fed, n) => {
        if (fed.length === 0) return [];
        const token = choose(logits[n], group[n]);
        if (stopIds.includes(token)) {
          stops[n] = 'eos';
          return [];
        }
        answers[n].push(token);
        return answers[n].length < prompts[group[n]].maxTokens ? [token] : [];
      });
    }
    for (const [n, ids] of answers.entries()) await onAnswer(group[n], ids, stops[n]);
  });
}

/** Works through sequences several at a time: those of like length together, the longest first. */
export async function inGroups<T>(
  engine: Engine,
  items: readonly T[],
  { length, strength }: { length: (item: T) => number; strength: number },
  work: (group: readonly number[], session: BatchDecodeSession) => Promise<void>,
): Promise<void> {
  // No more places than there are sequences.
  const enough = 2 ** Math.ceil(Math.log2(Math.max(1, items.length)));
  const order = [...items.keys()].sort((a, b) => length(items[b]) - length(items[a]));
  for (let at = 0; at < order.length; ) {
    const longest = length(items[order[at]]);
    const count = Math.min(engine.sequencesAtOnce?.(longest) ?? 1, enough);
    const group = order.slice(at, at + count);
    const session = await openFor(engine, group.length > 1 ? count : 1, longest, strength);
    try {
      await work(group, session);
    } finally {
      session.close();
    }
    at += group.length;
  }
}

async function openFor(
  engine: Engine,
  count: number,
  longest: number,
  strength: number,
): Promise<BatchDecodeSession> {
  if (count > 1 && engine.decodeBatch) return engine.decodeBatch(count, longest, strength);
  const one = await engine.decode(longest, strength);
  return { feed: async ([ids]) => [await one.feed(ids)], close: () => one.close() };
}

/** Continues `prompt`; `onToken` hears of every token and ends the answer by returning false. */
export async function generate(
  engine: Engine,
  prompt: readonly number[],
  options: SamplingOptions,
  onToken?: (ids: readonly number[]) => boolean | undefined | Promise<boolean | undefined>,
): Promise<Generated> {
  const ids: number[] = [];
  const room = engine.positions - prompt.length;
  const maxTokens = Math.min(options.maxTokens, room);
  if (maxTokens <= 0) return { ids, stop: 'length', seconds: 0 };
  const session = await engine.decode(prompt.length + maxTokens, options.strength);
  const random = uniform(options.seed);
  try {
    let logits = await session.feed(prompt);
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    for (;;) {
      const next = options.temperature > 0 ? sample(logits, options, random()) : argmax(logits);
      if (options.stopIds.includes(next)) return { ids, stop: 'eos', seconds: seconds() };
      ids.push(next);
      if ((await onToken?.(ids)) === false || ids.length >= maxTokens)
        return { ids, stop: 'length', seconds: seconds() };
      logits = await session.feed([next]);
    }
  } finally {
    session.close();
  }
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/** Draws from softmax(logits / temperature) cut to the smallest set with probability ≥ topP. `u` in [0, 1). */
export function sample(
  logits: Float32Array,
  options: { temperature: number; topP: number },
  u: number,
): number {
  const top = logits[argmax(logits)];
  const weights = logits.map((value) => Math.exp((value - top) / options.temperature));
  const total = weights.reduce((sum, value) => sum + value, 0);
  let order: Iterable<number> = weights.keys();
  let mass = total;
  if (options.topP < 1) {
    const sorted = [...order].sort((i, j) => weights[j] - weights[i]);
    let kept = 0;
    let count = 0;
    while (count < sorted.length && kept < options.topP * total) kept += weights[sorted[count++]];
    order = sorted.slice(0, count);
    mass = kept;
  }
  let rest = u * mass;
  let last = 0;
  for (const i of order) {
    last = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  return last;
}

/** A seeded stream of numbers in [0, 1): SplitMix32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

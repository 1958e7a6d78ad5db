import type { Dims } from '../ops/dims.ts';
import type { BatchDecodeSession } from './engine.ts';

/** Of one sequence, prompt tokens that go through the model at once. */
const PREFILL = 64;
/** Of several, those of all together. */
const PREFILL_TOGETHER = 128;
/** Most sequences that are decoded side by side; what they bring: docs/benchmarks.md. */
const MOST = 8;
/** What the keys and values of several sequences may take. */
const CACHE_BYTES = 128 * 2 ** 20;

/** Of each of so many sequences, tokens that go through the model at once. */
export function pieceOf(sequences: number): number {
  return sequences === 1 ? PREFILL : PREFILL_TOGETHER / sequences;
}

/** How many sequences are best decoded side by side: 8, 4, 2 or 1, as memory has room for. */
export function sequencesAtOnce(maxLength: number, bytesPerToken: number): number {
  let count = MOST;
  while (count > 1 && count * maxLength * bytesPerToken > CACHE_BYTES) count /= 2;
  return count;
}

/** Tokens that the cache of each of so many sequences has room for. */
function capacityFor(sequences: number, maxLength: number): number {
  if (sequences > 1) return Math.ceil(maxLength / 64) * 64;
  // Twice as many at a time, so that a longer answer seldom needs another.
  let capacity = 256;
  while (capacity < maxLength) capacity *= 2;
  return capacity;
}

/** Tokens that go through the model at once, as many of each sequence. */
export interface Piece {
  /** [sequences · length]. */
  ids: Uint32Array<ArrayBuffer>;
  /** Those whose logits are wanted, and at least one. */
  last: Uint32Array<ArrayBuffer>;
  /** Where each stands in its sequence, where sequences are of different lengths; else all begin at `dims.start`. */
  positions: Uint32Array<ArrayBuffer> | null;
  /** Of the piece (slot 0), and of those whose logits are wanted (slot 1). */
  dims: readonly [Dims, Dims];
}

/** Generation with a cache of keys and values over one sequence, or over several side by side. */
export abstract class Decoding {
  /** Variants of kernels that were taken. */
  chosen: Readonly<Record<string, string>> = {};
  #capacity = 0;
  #open = 0;

  constructor(readonly sequences: number) {}

  /** Makes a cache of so many tokens for each sequence, and the programs over it, in the place of those there are. */
  protected abstract prepare(capacity: number): Promise<void>;
  /** Frees the cache and the programs over it. */
  protected abstract clear(): void;
  /** Keys and values in the cache of one sequence, the first bytes of each: keys of the first layer, its values, … */
  abstract keysAndValues(bytes: number): Promise<Float32Array[]>;
  /** Runs a piece. @returns logits [last, vocab] where they are `wanted` */
  protected abstract feed(piece: Piece, wanted: boolean): Promise<Float32Array>;

  /** Ends the session there is and gives its cache back. */
  release(): void {
    this.#open++;
    this.#capacity = 0;
    this.clear();
  }

  /** Sequences of at most `maxLength` tokens. Opening others ends those before. */
  async open(maxLength: number, strength: number): Promise<BatchDecodeSession> {
    const { sequences } = this;
    if (this.#capacity < maxLength) {
      this.#capacity = 0;
      const capacity = capacityFor(sequences, maxLength);
      await this.prepare(capacity);
      this.#capacity = capacity;
    }
    const session = ++this.#open;
    const starts = new Uint32Array(sequences);
    return {
      feed: async (ids) => {
        if (session !== this.#open) throw new Error('this sequence was ended by another');
        ids.forEach((own, i) => {
          const length = starts[i] + own.length;
          if (length > maxLength)
            throw new RangeError(`${length} tokens, and the session is for ${maxLength}`);
        });
        const logits: Float32Array[] = ids.map(() => new Float32Array(0));
        for (const { piece, ending } of this.#pieces(ids, starts, strength)) {
          const found = await this.feed(piece, ending.length > 0);
          const vocab = found.length / ending.length;
          ending.forEach((sequence, i) => {
            logits[sequence] = found.subarray(i * vocab, (i + 1) * vocab);
          });
        }
        ids.forEach((own, i) => {
          starts[i] += own.length;
        });
        return logits;
      },
      close: () => {
        if (session === this.#open) this.#open++;
      },
    };
  }

  /** What is to be run one after another, and the sequences whose last token is among it. */
  *#pieces(
    ids: readonly (readonly number[])[],
    starts: Uint32Array,
    strength: number,
  ): Generator<{ piece: Piece; ending: number[] }> {
    const { sequences } = this;
    const longest = Math.max(...ids.map(({ length }) => length));
    const apart = starts.some((start) => start !== starts[0]);
    if (apart && longest > 1) throw new RangeError('sequences of different lengths go on token by token');
    const most = pieceOf(sequences);
    for (let at = 0; at < longest; at += most) {
      const length = Math.min(most, longest - at);
      const own = (i: number) => ids[i] ?? [];
      const tokens = new Uint32Array(sequences * length);
      for (let i = 0; i < sequences; i++)
        own(i)
          .slice(at, at + length)
          .forEach((id, j) => {
            tokens[i * length + j] = id;
          });
      const ending = [...ids.keys()].filter((i) => own(i).length > at && own(i).length <= at + length);
      const last = ending.map((i) => i * length + own(i).length - 1 - at);
      const dims: Dims = {
        ...{ rows: tokens.length, batch: sequences, length, start: starts[0] + at, offset: 0, supervised: 1 },
        ...{ step: 0, seed: 0, scale: 1, strength, micro: 0 },
      };
      yield {
        piece: {
          ids: tokens,
          last: Uint32Array.from(last.length > 0 ? last : [0]),
          // One that has ended stays within its cache.
          positions:
            sequences > 1 && length === 1 ? starts.map((start) => Math.min(start, this.#capacity - 1)) : null,
          dims: [dims, { ...dims, rows: Math.max(1, last.length) }],
        },
        ending,
      };
    }
  }
}

/** A session over one sequence. */
export function oneSequence({ feed, close }: BatchDecodeSession) {
  return { feed: async (ids: readonly number[]) => (await feed([ids]))[0], close };
}

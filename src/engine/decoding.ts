import type { Dims } from '../ops/dims.ts';
import type { DecodeSession } from './engine.ts';

/** Prompt tokens that go through the model at once. */
export const PREFILL = 64;

/** Tokens that a cache has room for: twice as many at a time, so that a longer answer seldom needs another. */
function capacityFor(maxLength: number): number {
  let capacity = 256;
  while (capacity < maxLength) capacity *= 2;
  return capacity;
}

/** Generation with a cache of keys and values over one sequence at a time. */
export abstract class Decoding {
  #capacity = 0;
  #open = 0;

  /** Makes a cache of so many tokens, and the programs over it, in the place of those there are. */
  protected abstract prepare(capacity: number): Promise<void>;
  /**
   * At most `PREFILL` tokens through the model, with dims of the piece (slot 0) and of its last token (slot 1).
   * @returns logits after the last of them where they are `wanted`, else nothing
   */
  protected abstract feed(
    ids: readonly number[],
    dims: readonly [Dims, Dims],
    wanted: boolean,
  ): Promise<Float32Array>;

  /** A sequence of at most `maxLength` tokens. Opening another ends the one before. */
  async open(maxLength: number, strength: number): Promise<DecodeSession> {
    if (this.#capacity < maxLength) {
      this.#capacity = 0;
      const capacity = capacityFor(maxLength);
      await this.prepare(capacity);
      this.#capacity = capacity;
    }
    const session = ++this.#open;
    let start = 0;
    return {
      feed: async (ids) => {
        if (session !== this.#open) throw new Error('this sequence was ended by another');
        if (start + ids.length > maxLength)
          throw new RangeError(`${start + ids.length} tokens, and the session is for ${maxLength}`);
        let logits: Float32Array = new Float32Array(0);
        for (let at = 0; at < ids.length; at += PREFILL) {
          const piece = ids.slice(at, at + PREFILL);
          const dims: Dims = {
            ...{ rows: piece.length, batch: 1, length: piece.length, start, offset: 0, supervised: 1 },
            ...{ step: 0, seed: 0, scale: 1, strength, micro: 0 },
          };
          const last = at + piece.length === ids.length;
          logits = await this.feed(piece, [dims, { ...dims, rows: 1 }], last);
          start += piece.length;
        }
        return logits;
      },
      close: () => {
        if (session === this.#open) this.#open++;
      },
    };
  }
}

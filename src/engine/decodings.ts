import type { DecoderConfig } from '../model/config.ts';
import { type Decoding, sequencesAtOnce } from './decoding.ts';
import type { BatchDecodeSession } from './engine.ts';
import type { InOrder } from './in-order.ts';
import type { VirtualTokens } from './laid-out.ts';

/** What generation takes of an engine. */
export interface DecodingEngine {
  config: DecoderConfig;
  virtual: VirtualTokens;
  queue: InOrder;
  make(sequences: number): Decoding;
  /** Brings up to date what follows from the adapter. */
  prepare(strength: number): Promise<void>;
}

/** An engine's generation, by how many sequences are decoded side by side. */
export class Decodings {
  readonly #engine: DecodingEngine;
  readonly #decodings = new Map<number, Decoding>();

  constructor(engine: DecodingEngine) {
    this.#engine = engine;
  }

  /** Variants of kernels that were taken. */
  get chosen(): Readonly<Record<string, string>> {
    return Object.assign({}, ...[...this.#decodings.values()].map(({ chosen }) => chosen));
  }

  /** How many sequences of such a length are best decoded side by side. */
  atOnce(maxLength: number): number {
    const { layers, kvHeads, headDim } = this.#engine.config;
    return sequencesAtOnce(maxLength, 2 * 4 * layers * kvHeads * headDim);
  }

  /** Sequences behind the adapter's virtual tokens, where it has any. */
  open(sequences: number, maxLength: number, strength: number): Promise<BatchDecodeSession> {
    const { queue, virtual, prepare } = this.#engine;
    return queue.run(async () => {
      const { count, first } = virtual;
      let before = Array.from({ length: strength === 0 ? 0 : count }, (_, i) => first + i);
      // Within the queue: an engine that has ended takes no memory any more.
      const session = await this.#of(sequences).open(before.length + maxLength, strength);
      return {
        feed: (ids) =>
          queue.run(async () => {
            await prepare(strength);
            // Those that stay empty have no prompt.
            const all = ids.map((own) => (own.length > 0 ? [...before, ...own] : own));
            before = [];
            return session.feed(all);
          }),
        close: () => session.close(),
      };
    });
  }

  /** Keys and values [tokens, kvHeads · headDim] of each layer, by the base. */
  keysAndValues(ids: readonly number[]): Promise<Float32Array[]> {
    const { config, queue, prepare } = this.#engine;
    return queue.run(async () => {
      const decoding = this.#of(1);
      const session = await decoding.open(ids.length, 0);
      await prepare(0);
      await session.feed([ids]);
      session.close();
      const { kvHeads, headDim } = config;
      const found = await decoding.keysAndValues(4 * ids.length * kvHeads * headDim);
      decoding.release();
      return found;
    });
  }

  /** Caches of several sequences are large: of those there is one at a time. */
  #of(sequences: number): Decoding {
    for (const [count, other] of this.#decodings) if (count > 1 && count !== sequences) other.release();
    const found = this.#decodings.get(sequences) ?? this.#engine.make(sequences);
    this.#decodings.set(sequences, found);
    return found;
  }
}

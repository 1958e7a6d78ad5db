import { dot } from '../../methods/lora/starts/vectors.ts';
import { Directions } from '../directions.ts';
import type { Search } from './search.ts';

/**
 * A search by what a model makes of texts: each is the mean h of a hidden layer over its tokens, and what is nearest to a
 * query q is what has the largest cosine
 *
 *     cos(h − c, q − c),   c = Σ h / n over the n texts of the collection.
 *
 * Hidden states of a language model all point much the same way; without c every text is near every other.
 */

/**
 * Of how many layers which is searched with: the middle one. The first knows words and little of what they mean together, the
 * last is on its way to the next token; what a text is about stands between them (Skean et al., Layer by Layer, arXiv
 * 2502.02013). On the sample `classify` the nearest row of the bundled model has the right label for 60 % of the questions by
 * the embeddings, 73 % by the middle layer and 67 % by the last but one.
 */
export function searchLayer(layers: number): number {
  return Math.ceil(layers / 2);
}

export class StateSearch implements Search {
  readonly #directions: Directions;

  /**
   * @param texts a text is found by its place among them
   * @param states [width] of each of these, and of every query, by the text
   */
  constructor(
    texts: readonly string[],
    readonly states: ReadonlyMap<string, Float32Array>,
  ) {
    this.#directions = new Directions(texts.map((text) => this.#state(text)));
  }

  find(query: string, most: number, allowed: (place: number) => boolean = () => true): number[] {
    const asked = this.#directions.of(this.#state(query));
    return [...this.#directions.all.entries()]
      .filter(([place]) => allowed(place))
      .map(([place, direction]): [place: number, cosine: number] => [place, dot(asked, direction)])
      .sort(([a, cosineA], [b, cosineB]) => cosineB - cosineA || a - b)
      .slice(0, most)
      .map(([place]) => place);
  }

  #state(text: string): Float32Array {
    const state = this.states.get(text);
    if (!state) throw new RangeError(`no state was read of ${text}`);
    return state;
  }
}

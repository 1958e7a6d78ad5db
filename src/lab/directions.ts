import { dot } from '../methods/lora/starts/vectors.ts';

/**
 * Vectors as ways from where they all lie: d = (v − c) / ‖v − c‖ with c the mean of a collection, so that d·d′ is a cosine.
 * The centre itself has no direction and is 0.
 */
export class Directions {
  readonly #center: Float64Array;
  /** Of the collection, in its order; each of length 1. */
  readonly all: readonly Float64Array[];

  /** @param vectors [width] each */
  constructor(vectors: readonly Float32Array[]) {
    this.#center = new Float64Array(vectors[0]?.length ?? 0);
    for (const vector of vectors)
      for (let i = 0; i < vector.length; i++) this.#center[i] += vector[i] / vectors.length;
    this.all = vectors.map((vector) => this.of(vector));
  }

  /** That of any vector, from the centre of the collection. */
  of(vector: Float32Array): Float64Array {
    const apart = Float64Array.from(vector, (value, i) => value - this.#center[i]);
    return unit(apart);
  }
}

/** A vector of length 1; of nothing, nothing. */
export function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

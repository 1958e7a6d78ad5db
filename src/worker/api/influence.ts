/** Which rows an answer was learned from: questions and answers of `WorkerApi`. */

export interface InfluenceRequest {
  /** On the shelf, a step of a run among them. */
  adapter: string;
  prompt: string;
  answer: string;
  raw: boolean;
  /** Rows of each list. */
  most: number;
}

/** A training row, by its place among the used ones. */
export interface PullingRow {
  row: number;
  question: string;
  answer: string;
  /** Mean cosine of the gradients of the answer and of the row. */
  cosine: number;
}

export interface Influence {
  /** Those with the largest cosine, the largest first. */
  pulling: PullingRow[];
  /** Those nearest by their words, the nearest first. */
  nearest: PullingRow[];
  /** Rows that were compared, evenly spread over those that were trained on and those nearest by words. */
  compared: number;
  trained: number;
  /** Steps at whose adapters they were compared, besides the one that answers. */
  steps: number[];
}

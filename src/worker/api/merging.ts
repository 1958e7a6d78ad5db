import type { MatrixError } from '../../merging/merge.ts';

/** Merging, in the questions and answers of `WorkerApi`. */

/** Adapters of the shelf to make one of; src/merging/list.ts has the ways. */
export interface MergeRequest {
  adapters: readonly { id: string; name: string; weight: number }[];
  way: string;
  rank?: number;
  density?: number;
  seed?: number;
}

export interface MergeInfo {
  /** Under which what came of it stands on the shelf. */
  adapter: string;
  rank: number;
  errors: MatrixError[];
  parameters: number;
  /** Of the adapter as it is saved, its names apart. */
  bytes: number;
  /** Of what was dropped at random; null where nothing was. */
  seed: number | null;
}

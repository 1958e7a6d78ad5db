import type { Emitter } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { Width } from './rowwise.ts';

/**
 * Attention on a GPU goes through tiles in workgroup memory (shaders/attention_tile.wgsl); in software, for generation
 * and for heads that the tile does not take, each thread works alone.
 */

export type AttentionOp = 'attention-forward' | 'attention-backward';

/** Rows that a workgroup owns, its threads, and what it takes of workgroup memory. */
const OWN = 32;
const THREADS = 128;
const BYTES = 14_848;
/** The largest head, in floats. */
const LARGEST_HEAD = 256;
/** vec4s that are staged at once: three a thread. */
const STAGE = 384;
/** Columns of threads. */
const ACROSS = 16;
/** Tokens that are timed: the work grows with their square. */
const TIMED_TOKENS = 1024;

export interface AttentionTile {
  own: number;
  constants: Constants;
}

/**
 * The tile that the dispatches of an attention take, or null: direct. The tuner's choice where it made one, else the
 * tile wherever it runs; noted in `e.chosen`.
 *
 * @param again emits the operation once more, for the tuner
 */
export function chooseTile(
  e: Emitter,
  op: AttentionOp,
  shape: { heads: number; kvHeads: number; headDim: number; window: number | null },
  width: Width,
  again: (e: Emitter) => void,
): AttentionTile | null {
  if (e.software || !tileFits(e, shape.headDim, width)) return null;
  const { heads, kvHeads, headDim, window } = shape;
  const key = `${op} ${heads}/${kvHeads}x${headDim}${window ? ` window ${window}` : ''}`;
  const variants = ['tiled', 'direct'];
  const chosen = e.choices[key] === 'direct' ? 'direct' : 'tiled';
  e.chosen[key] = chosen;
  e.site({ op, key, variants, emit: again, dims: 0, mostRows: TIMED_TOKENS });
  if (chosen === 'direct') return null;
  const head = headDim / 4;
  const staged = 2 ** Math.floor(Math.log2(STAGE / head));
  return {
    own: OWN,
    constants: {
      ...{ HEAD: head, VECTORS: Math.ceil(head / ACROSS), ROWS_STAGED: Math.min(64, staged) },
      ...(e.subgroupsOf8 ? { SUBGROUPS_OF_8: true } : {}),
    },
  };
}

function tileFits({ limits }: Pick<Emitter, 'limits'>, headDim: number, width: Width): boolean {
  return (
    width.wide === 4 &&
    headDim <= LARGEST_HEAD &&
    !(limits.maxComputeInvocationsPerWorkgroup < THREADS) &&
    !(limits.maxComputeWorkgroupStorageSize < BYTES)
  );
}

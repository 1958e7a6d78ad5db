import type { Emitter, Grid } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { AttentionBackward, AttentionForward, AttentionInputs } from '../arguments.ts';
import type { Dims } from '../dims.ts';
import { chooseTile } from './attention-variants.ts';
import { groupGrid, place, sizesOf, threadGrid, type Width, widthOf } from './rowwise.ts';

/**
 * Nothing of size length² is kept: forward saves O and the log-sum-exp of the scores, backward computes the scores again
 * (FlashAttention-2, arXiv 2307.08691).
 */

/** Threads of a workgroup. */
const THREADS = 4;
/** Rows that a thread owns, queries or keys, and rows of the other kind that it takes at once. */
type Block = { own: number; taken: number };
const BLOCK: Block = { own: 4, taken: 4 };
/**
 * In software a load takes as long as some 25 multiplications, and a larger block reads less for each. It takes up to
 * eight times as long to compile, which short rows do not make up for. By the longest row, the longest first.
 */
const LARGE_BLOCKS = [
  { longest: 256, block: { own: 8, taken: 16 } },
  { longest: 128, block: { own: 8, taken: 8 } },
];

export function attentionForward(e: Emitter, args: AttentionForward): void {
  const { q, k, v, o, lse, documents, positions, heads } = args;
  const width = widthOf(args.headDim, ...sizesOf(q, k, v, o));
  // With 1 … 3 new tokens a thread has one of them.
  const block = (args.rowsHint ?? 4) < 4 ? { ...BLOCK, own: 1 } : blockOf(e, args);
  const bindings = [q.view, k.view, v.view, o.view, lse];
  // A cache holds no documents.
  const last = documents ?? positions;
  if (last) bindings.push(last);
  const tile = args.kvCapacity
    ? null
    : chooseTile(e, 'attention-forward', args, width, (again) => attentionForward(again, args));
  e.add({
    kernel: {
      shader: tile ? 'attention_forward_tiled' : 'attention_forward_direct',
      label: `attention ${heads}/${args.kvHeads}×${args.headDim}${args.kvCapacity ? ' cached' : ''}`,
      access: bindings.map((_, i) => (i === 3 || i === 4 ? 'write' : 'read')),
      constants: {
        ...shapeConstants(args, width),
        ...(tile?.constants ?? { QUERIES: block.own, KEYS: block.taken, THREADS }),
        ...place('Q', q, width),
        ...place('K', k, width),
        ...place('V', v, width),
        ...place('O', o, width),
        HEADS: heads,
        CAPACITY: args.kvCapacity ?? 0,
        ...(positions && { POSITIONS: true }),
      },
    },
    bindings,
    dims: 0,
    grid: tile ? tileGrid(tile.own, heads) : blockGrid(block.own, heads),
    flops: (dims) => 2 * pairs(dims, args.window) * heads * args.headDim,
  });
}

/** One kernel by query for dQ, one by key for dK and dV: WGSL has no float atomics. */
export function attentionBackward(e: Emitter, args: AttentionBackward): void {
  const { q, k, v, o, do: dO, dq, dk, dv, lse, documents, heads, kvHeads, headDim } = args;
  const width = widthOf(headDim, ...sizesOf(q, k, v, o, dO, dq, dk, dv));
  const stat = e.scratch('attention statistics', 2 * lse.size);
  e.add({
    kernel: {
      shader: 'attention_delta',
      label: `attention D ${heads}×${headDim}`,
      access: ['read', 'read', 'read', 'write'],
      constants: {
        ...width.constants,
        ...place('O', o, width),
        ...place('DO', dO, width),
        HEADS: heads,
        HEAD: width.of(headDim),
      },
    },
    bindings: [o.view, dO.view, lse, stat],
    dims: 0,
    grid: (dims) => threadGrid(dims.rows * heads),
  });
  const tile = chooseTile(e, 'attention-backward', args, width, (again) => attentionBackward(again, args));
  const block = blockOf(e, args);
  const constants = {
    ...shapeConstants(args, width),
    ...place('Q', q, width),
    ...place('K', k, width),
    ...place('V', v, width),
    ...place('DO', dO, width),
  };
  const inputs = [q.view, k.view, v.view, dO.view, stat];
  const read = inputs.map(() => 'read' as const);
  const last = documents ? [documents] : [];
  e.add({
    kernel: {
      shader: tile ? 'attention_backward_q_tiled' : 'attention_backward_q_direct',
      label: `attention dQ ${heads}/${kvHeads}×${headDim}`,
      access: [...read, 'write', ...last.map(() => 'read' as const)],
      constants: {
        ...constants,
        ...(tile?.constants ?? { QUERIES: block.own, KEYS: block.taken, THREADS }),
        ...place('DQ', dq, width),
      },
    },
    bindings: [...inputs, dq.view, ...last],
    dims: 0,
    grid: tile ? tileGrid(tile.own, heads) : blockGrid(block.own, heads),
    flops: (dims) => 3 * pairs(dims, args.window) * heads * headDim,
  });
  const shared = dk.view.buffer === dv.view.buffer && dk.view.offset === dv.view.offset;
  const results = shared ? [dk.view] : [dk.view, dv.view];
  e.add({
    kernel: {
      shader: tile ? 'attention_backward_kv_tiled' : 'attention_backward_kv_direct',
      label: `attention dK dV ${heads}/${kvHeads}×${headDim}`,
      access: [...read, ...results.map(() => 'write' as const), ...last.map(() => 'read' as const)],
      constants: {
        ...constants,
        ...(tile?.constants ?? { QUERIES: block.taken, KEYS: block.own, THREADS }),
        ...place('DK', dk, width),
        ...place('DV', dv, width),
        SHARED: shared,
      },
    },
    bindings: [...inputs, ...results, ...last],
    dims: 0,
    grid: tile ? tileGrid(tile.own, kvHeads) : blockGrid(block.own, kvHeads),
    flops: (dims) => 4 * pairs(dims, args.window) * heads * headDim,
  });
}

function blockOf(e: Emitter, { longest = 0 }: AttentionInputs): Block {
  return (e.software && LARGE_BLOCKS.find((large) => longest >= large.longest)?.block) || BLOCK;
}

function shapeConstants(args: AttentionInputs, width: Width): Constants {
  return {
    ...width.constants,
    GROUP: args.heads / args.kvHeads,
    HEAD: width.of(args.headDim),
    SCALE: args.scale,
    WINDOW: args.window ?? 0,
    DOCUMENTS: args.documents !== undefined,
  };
}

function blockGrid(block: number, heads: number): (dims: Dims) => Grid {
  return (dims) => [
    groupGrid(Math.ceil((dims.batch * Math.ceil(dims.length / block)) / THREADS))[0],
    heads,
    1,
  ];
}

/** A workgroup for `own` rows of a head. */
function tileGrid(own: number, heads: number): (dims: Dims) => Grid {
  return (dims) => [dims.batch * Math.ceil(dims.length / own), heads, 1];
}

/** Pairs of a query and a key in reach, over the batch, times 2: flops of one product are this × head dimensions. */
function pairs(dims: Dims, window: number | null): number {
  const { batch, length, start } = dims;
  const reach = Math.min(window ?? Number.POSITIVE_INFINITY, start + length);
  return 2 * batch * length * (start > 0 ? reach : Math.max(1, reach - (reach * reach) / (2 * length)));
}

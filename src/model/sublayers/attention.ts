import type { AttentionShape } from '../../ops/arguments.ts';
import type { Memory, View } from '../../ops/memory.ts';
import type { Matrix } from '../../ops/types.ts';
import type { TrainedKeys } from '../weights.ts';
import { type Buffers, type SharedSizes, widest } from './buffers.ts';
import {
  type AdaptedLinear,
  isAdapted,
  linearBackward,
  linearForward,
  linearKept,
  linearShared,
} from './linear.ts';
import type { Norm } from './norm.ts';
import { type BackwardIO, type ForwardIO, matrix, type Sublayer, type SublayerPass } from './sublayer.ts';

export interface AttentionParts {
  /** Which of the stack's layers it is: its place in a cache. */
  layer: number;
  shape: AttentionShape;
  /** q, k and v in one [heads + 2 · kvHeads, headDim]. */
  qkv: AdaptedLinear;
  o: AdaptedLinear;
  /** Keys and values of the tokens whose ids are `first`, `first` + 1, …: trained, in place of their own. */
  prefix?: TrainedKeys & { first: number };
  /** Norms of each head of q and of k (Qwen3, Gemma 3). */
  headNorms?: { q: Norm; k: Norm };
  /** Rotary embedding of the first `dims` of each head, by the tables that layers of this kind have. */
  rope?: { dims: number; kind: 'global' | 'local' } | null;
}

type Kept = Buffers<ReturnType<Attention['kept']>>;

/**
 * Causal self-attention: y = O·softmax(scale · q kᵀ) v, with q, k, v = QKV·x, after their norms and their rotation
 * where there are such. M = tokens, dq = heads · headDim, dkv = kvHeads · headDim.
 */
export class Attention implements Sublayer {
  readonly layer: number;
  readonly #parts: AttentionParts;
  /** Columns of q, and of k or v. */
  readonly #dq: number;
  readonly #dkv: number;

  constructor(parts: AttentionParts) {
    this.layer = parts.layer;
    this.#parts = parts;
    const { heads, kvHeads, headDim } = parts.shape;
    this.#dq = heads * headDim;
    this.#dkv = kvHeads * headDim;
  }

  get adapted(): boolean {
    const { qkv, o, prefix } = this.#parts;
    return isAdapted(qkv) || isAdapted(o) || prefix !== undefined;
  }

  kept(tokens: number) {
    const { qkv, o, headNorms, shape } = this.#parts;
    return {
      /** q, k, v [M, dq + 2 dkv]; k and q already rotated, unless they have norms. */
      qkv: tokens * (this.#dq + 2 * this.#dkv),
      /** q and k after norms and rotation [M, dq + dkv]. */
      normed: headNorms && {
        qk: tokens * (this.#dq + this.#dkv),
        q: headNorms.q.kept(tokens),
        k: headNorms.k.kept(tokens),
      },
      /** [M, dq], and the log-sum-exp of the scores [heads, M]. */
      o: tokens * this.#dq,
      lse: tokens * shape.heads,
      sQkv: linearKept(qkv, tokens),
      sO: linearKept(o, tokens),
    };
  }

  shared(tokens: number, backward: boolean): SharedSizes {
    const { qkv, o, headNorms } = this.#parts;
    const linears = widest([linearShared(qkv, tokens, backward), linearShared(o, tokens, backward)]);
    if (!backward) return linears;
    return {
      ...linears,
      dO: tokens * this.#dq,
      dQkv: tokens * (this.#dq + 2 * this.#dkv),
      ...(headNorms ? { dQk: tokens * (this.#dq + this.#dkv) } : {}),
    };
  }

  /** Keys and values of `capacity` positions, for generation. */
  allocateCache<V extends View>(memory: Memory<V>, capacity: number): { k: V; v: V } {
    const bytes = 4 * capacity * this.#dkv;
    return {
      k: memory.allocate(`keys ${this.layer}`, bytes, 'activation'),
      v: memory.allocate(`values ${this.layer}`, bytes, 'activation'),
    };
  }

  forward(pass: SublayerPass, kept: Kept, { x, y, residual }: ForwardIO): void {
    const { qkv, o } = this.#parts;
    linearForward(pass, qkv, kept.sQkv, { x, y: matrix(kept.qkv, qkv.out) });
    this.#position(pass, kept);
    this.#putPrefix(pass, this.#views(kept));
    this.#attend(pass, kept);
    linearForward(pass, o, kept.sO, { x: matrix(kept.o, this.#dq), y, residual });
  }

  /** Norms and rotation of q and k. */
  #position({ ops, positions, rope: tables }: SublayerPass, kept: Kept): void {
    const { headNorms, rope, shape } = this.#parts;
    const { q, k } = this.#views(kept);
    if (headNorms && kept.normed) {
      const stride = this.#dq + 2 * this.#dkv;
      headNorms.q.forward(ops, kept.normed.q, { x: matrix(kept.qkv, stride), y: q });
      headNorms.k.forward(ops, kept.normed.k, { x: matrix(kept.qkv, stride, this.#dq), y: k });
    }
    if (!rope) return;
    ops.ropeForward({
      x: q, // k stands right after q in the same matrix
      heads: shape.heads + shape.kvHeads,
      headDim: shape.headDim,
      rotaryDims: rope.dims,
      table: tables![rope.kind],
      positions,
    });
  }

  /** Trained keys and values in the place of those of virtual tokens; `scale` 0: zeros. */
  #putPrefix({ ops, ids }: SublayerPass, { k, v }: { k: Matrix; v: Matrix }, scale = 1): void {
    const { prefix } = this.#parts;
    if (!prefix) return;
    const common = { ids: ids!, first: prefix.first, width: this.#dkv, scale };
    ops.embed({ ...common, table: prefix.k.table, out: k });
    ops.embed({ ...common, table: prefix.v.table, out: v });
  }

  /** Adds to the gradients of trained keys and values, which goes no further down. */
  #prefixBackward(pass: SublayerPass, d: { k: Matrix; v: Matrix }): void {
    const { prefix } = this.#parts;
    if (!prefix) return;
    for (const name of ['k', 'v'] as const) {
      const { table, gradient } = prefix[name];
      pass.ops.embedBackward({
        ...{ ids: pass.ids!, first: prefix.first, dout: d[name], width: this.#dkv },
        ...{ gradient, count: table.rows },
      });
    }
    this.#putPrefix(pass, d, 0);
  }

  #attend({ ops, documents, positions, cache, rowsHint, longest }: SublayerPass, kept: Kept): void {
    const { shape } = this.#parts;
    const { q, k, v } = this.#views(kept);
    const o = matrix(kept.o, this.#dq);
    if (!cache) {
      ops.attentionForward({ ...shape, q, k, v, o, lse: kept.lse, documents, longest });
      return;
    }
    const { capacity, layers } = cache;
    const cachedK = matrix(layers[this.layer].k, this.#dkv);
    const cachedV = matrix(layers[this.layer].v, this.#dkv);
    ops.appendRows({ x: k, out: cachedK, width: this.#dkv, capacity, positions });
    ops.appendRows({ x: v, out: cachedV, width: this.#dkv, capacity, positions });
    ops.attentionForward({
      ...shape,
      q,
      k: cachedK,
      v: cachedV,
      o,
      lse: kept.lse,
      kvCapacity: capacity,
      positions,
      // Answers side by side have one new token each.
      rowsHint: positions ? 1 : rowsHint,
    });
  }

  backward(pass: SublayerPass, kept: Kept, { dy, input, dx, wantsInput }: BackwardIO): void {
    const { qkv, o } = this.#parts;
    const attended = matrix(kept.o, this.#dq);
    const dO = matrix(pass.shared('dO'), this.#dq);
    const wantsQkv = wantsInput || isAdapted(qkv);
    const wantsKeys = wantsQkv || this.#parts.prefix !== undefined;
    linearBackward(pass, o, kept.sO, { dy, input: () => attended, dx: dO, wantsInput: wantsKeys });
    if (!wantsKeys) return;
    const dqkv = this.#attendBackward(pass, kept, dO);
    if (!wantsQkv) return;
    linearBackward(pass, qkv, kept.sQkv, { dy: dqkv, input, dx, wantsInput });
  }

  /** Gradient of attention's output → gradient of the fused q, k, v before norms and rotation. */
  #attendBackward(pass: SublayerPass, kept: Kept, dO: Matrix): Matrix {
    const { ops, shared, positions, documents, longest, rope: tables } = pass;
    const { shape, rope, headNorms } = this.#parts;
    const dqkv = matrix(shared('dQkv'), this.#dq + 2 * this.#dkv);
    const dqk = headNorms ? matrix(shared('dQk'), this.#dq + this.#dkv) : dqkv;
    ops.attentionBackward({
      ...shape,
      ...this.#views(kept),
      o: matrix(kept.o, this.#dq),
      lse: kept.lse,
      do: dO,
      dq: dqk,
      dk: { ...dqk, column: this.#dq },
      dv: { ...dqkv, column: this.#dq + this.#dkv },
      documents,
      longest,
    });
    this.#prefixBackward(pass, {
      k: { ...dqk, column: this.#dq },
      v: { ...dqkv, column: this.#dq + this.#dkv },
    });
    if (rope)
      ops.ropeBackward({
        x: dqk,
        heads: shape.heads + shape.kvHeads,
        headDim: shape.headDim,
        rotaryDims: rope.dims,
        table: tables![rope.kind],
        positions,
      });
    if (headNorms && kept.normed) {
      const qkv = matrix(kept.qkv, this.#dq + 2 * this.#dkv);
      const k = (m: Matrix) => ({ ...m, column: this.#dq });
      headNorms.q.backward(ops, kept.normed.q, { dy: dqk, x: qkv, dx: dqkv, accumulate: false });
      headNorms.k.backward(ops, kept.normed.k, { dy: k(dqk), x: k(qkv), dx: k(dqkv), accumulate: false });
    }
    return dqkv;
  }

  /** q, k (after their norms and rotation) and v as columns of what is kept. */
  #views(kept: Kept): { q: Matrix; k: Matrix; v: Matrix } {
    const [dq, dkv] = [this.#dq, this.#dkv];
    const qk = kept.normed ? matrix(kept.normed.qk, dq + dkv) : matrix(kept.qkv, dq + 2 * dkv);
    return { q: qk, k: { ...qk, column: dq }, v: matrix(kept.qkv, dq + 2 * dkv, dq + dkv) };
  }
}

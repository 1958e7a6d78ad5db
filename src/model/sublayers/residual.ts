import type { Matrix } from '../../ops/types.ts';
import type { Buffers, SharedSizes } from './buffers.ts';
import type { Norm } from './norm.ts';
import { matrix, type Sublayer, type SublayerPass } from './sublayer.ts';

type Kept = Buffers<ReturnType<Residual['kept']>>;

/** A residual branch: out = residual + post(f(norm(x))) with a sublayer f; `post` in Gemma alone. */
export class Residual {
  readonly #width: number;

  constructor(
    readonly norm: Norm,
    readonly sublayer: Sublayer,
    readonly post?: Norm,
  ) {
    this.#width = norm.shape.width;
  }

  get adapted(): boolean {
    return this.sublayer.adapted;
  }

  kept(tokens: number) {
    return {
      norm: this.norm.kept(tokens),
      sublayer: this.sublayer.kept(tokens),
      /** What the second norm reads, and its statistics. */
      post: this.post && { x: tokens * this.#width, norm: this.post.kept(tokens) },
    };
  }

  shared(tokens: number, backward: boolean): SharedSizes {
    const row = tokens * this.#width;
    return {
      ...this.sublayer.shared(tokens, backward),
      normed: row,
      ...(backward && this.post ? { dPost: row } : {}),
    };
  }

  /** @param io.residual may be `out` itself */
  forward(pass: SublayerPass, kept: Kept, io: { x: Matrix; residual: Matrix; out: Matrix }): void {
    const { ops } = pass;
    const { x, residual, out } = io;
    const normed = this.#normed(pass, kept, x);
    if (!this.post || !kept.post) {
      this.sublayer.forward(pass, kept.sublayer, { x: normed, y: out, residual });
      return;
    }
    const y = matrix(kept.post.x, this.#width);
    this.sublayer.forward(pass, kept.sublayer, { x: normed, y });
    this.post.forward(ops, kept.post.norm, { x: y, y: out, residual });
  }

  /** d loss / d out → gradient of norm(x), in `dNormed`; those of adapters are added to on the way. */
  backward(
    pass: SublayerPass,
    kept: Kept,
    io: { x: Matrix; dOut: Matrix; dNormed: Matrix; wantsInput: boolean },
  ): void {
    let dy = io.dOut;
    if (this.post && kept.post) {
      dy = matrix(pass.shared('dPost'), this.#width);
      const x = matrix(kept.post.x, this.#width);
      this.post.backward(pass.ops, kept.post.norm, { dy: io.dOut, x, dx: dy, accumulate: false });
    }
    this.sublayer.backward(pass, kept.sublayer, {
      dy,
      input: () => this.#normed(pass, kept, io.x),
      dx: io.dNormed,
      wantsInput: io.wantsInput,
    });
  }

  /** Adds what comes through the first norm to the gradient of x. */
  normBackward(pass: SublayerPass, kept: Kept, io: { x: Matrix; dNormed: Matrix; dx: Matrix }): void {
    this.norm.backward(pass.ops, kept.norm, { dy: io.dNormed, x: io.x, dx: io.dx, accumulate: true });
  }

  #normed({ ops, shared }: SublayerPass, kept: Kept, x: Matrix): Matrix {
    const y = matrix(shared('normed'), this.#width);
    this.norm.forward(ops, kept.norm, { x, y });
    return y;
  }
}

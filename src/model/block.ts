import type { Matrix } from '../ops/types.ts';
import { type Buffers, type SharedSizes, widest } from './sublayers/buffers.ts';
import type { Residual } from './sublayers/residual.ts';
import { matrix, type SublayerPass } from './sublayers/sublayer.ts';

type Kept = Buffers<ReturnType<Block['kept']>>;

/**
 * Residual branches in order.
 *
 * Sequential:        x₁ = x + f₁(x);  x₂ = x₁ + f₂(x₁);  …
 * Parallel (NeoX):   x′ = x + f₁(x) + f₂(x) + …
 */
export class Block {
  readonly #width: number;

  constructor(
    readonly branches: readonly Residual[],
    readonly parallel: boolean,
  ) {
    this.#width = branches[0].norm.shape.width;
  }

  get adapted(): boolean {
    return this.branches.some((branch) => branch.adapted);
  }

  kept(tokens: number) {
    const between = this.parallel ? [] : this.branches.slice(1);
    return {
      /** Sums between the branches [M, d]. */
      sums: between.map(() => tokens * this.#width),
      branches: this.branches.map((branch) => branch.kept(tokens)),
    };
  }

  shared(tokens: number, backward: boolean): SharedSizes {
    const gradients = this.branches.map((_, i) => [gradientOf(this.parallel ? i : 0), tokens * this.#width]);
    return widest<SharedSizes>([
      ...this.branches.map((branch) => branch.shared(tokens, backward)),
      backward ? Object.fromEntries(gradients) : {},
    ]);
  }

  /** x [M, d] → out [M, d], another buffer. */
  forward(pass: SublayerPass, kept: Kept, { x, out }: { x: Matrix; out: Matrix }): void {
    let sum = x;
    this.branches.forEach((branch, i) => {
      const last = this.parallel || i === this.branches.length - 1;
      const to = last ? out : matrix(kept.sums[i], this.#width);
      branch.forward(pass, kept.branches[i], { x: this.parallel ? x : sum, residual: sum, out: to });
      sum = to;
    });
  }

  /**
   * d loss / d out → d loss / d x, both in `dx`, which is the gradient of the residual stream all along. Nothing is
   * computed that neither an adapter of this block nor (with `wantsInput`) what lies below it needs.
   */
  backward(pass: SublayerPass, kept: Kept, io: { x: Matrix; dx: Matrix; wantsInput: boolean }): void {
    const { x, dx, wantsInput } = io;
    const gradient = (i: number) => matrix(pass.shared(gradientOf(this.parallel ? i : 0)), this.#width);
    const input = (i: number) => (this.parallel || i === 0 ? x : matrix(kept.sums[i - 1], this.#width));
    const through = (i: number) =>
      this.branches[i].normBackward(pass, kept.branches[i], { x: input(i), dNormed: gradient(i), dx });
    for (let i = this.branches.length - 1; i >= 0; i--) {
      const branch = this.branches[i];
      const below = !this.parallel && this.branches.slice(0, i).some(({ adapted }) => adapted);
      const wanted = wantsInput || below;
      if (!wanted && !branch.adapted) continue;
      branch.backward(pass, kept.branches[i], {
        x: input(i),
        dOut: dx,
        dNormed: gradient(i),
        wantsInput: wanted,
      });
      if (wanted && !this.parallel) through(i);
    }
    // Parallel branches all take the gradient of `out` first.
    if (wantsInput && this.parallel) for (const i of this.branches.keys()) through(i);
  }
}

/** Name of the shared buffer for the gradient of a branch's normed input. */
function gradientOf(branch: number): string {
  return `dNormed ${branch}`;
}

import type { Activation } from '../../ops/arguments.ts';
import type { Matrix } from '../../ops/types.ts';
import { type Buffers, type SharedSizes, widest } from './buffers.ts';
import {
  type AdaptedLinear,
  isAdapted,
  linearBackward,
  linearForward,
  linearKept,
  linearShared,
} from './linear.ts';
import { type BackwardIO, type ForwardIO, matrix, type Sublayer, type SublayerPass } from './sublayer.ts';

export interface FeedForwardParts {
  /** gate and up in one where it is gated, else up alone. */
  gateUp: AdaptedLinear;
  down: AdaptedLinear;
  activation: Activation;
  /** act(gate) · up, against act(up). */
  gated: boolean;
}

type Kept = Buffers<ReturnType<FeedForward['kept']>>;

/** y = down(act(gate·x) · up·x), or down(act(up·x)). What the activation gives is computed again in backward. */
export class FeedForward implements Sublayer {
  readonly #parts: FeedForwardParts;
  /** Columns of the activation. */
  readonly #width: number;

  constructor(parts: FeedForwardParts) {
    this.#parts = parts;
    this.#width = parts.down.in;
  }

  get adapted(): boolean {
    return isAdapted(this.#parts.gateUp) || isAdapted(this.#parts.down);
  }

  kept(tokens: number) {
    const { gateUp, down } = this.#parts;
    return {
      /** [gate | up] before the activation; backward writes its gradient over it. */
      gateUp: tokens * gateUp.out,
      sGateUp: linearKept(gateUp, tokens),
      sDown: linearKept(down, tokens),
    };
  }

  shared(tokens: number, backward: boolean): SharedSizes {
    const activated = tokens * this.#width;
    const { gateUp, down } = this.#parts;
    const linears = widest<SharedSizes>(
      [gateUp, down].map((linear) => linearShared(linear, tokens, backward)),
    );
    return { activated, ...(backward && { dActivated: activated }), ...linears };
  }

  forward(pass: SublayerPass, kept: Kept, { x, y, residual }: ForwardIO): void {
    const { gateUp, down } = this.#parts;
    linearForward(pass, gateUp, kept.sGateUp, { x, y: this.#gateUp(kept) });
    linearForward(pass, down, kept.sDown, { x: this.#activate(pass, kept), y, residual });
  }

  backward(pass: SublayerPass, kept: Kept, { dy, input, dx, wantsInput }: BackwardIO): void {
    const { gateUp, down } = this.#parts;
    const gu = this.#gateUp(kept);
    const dact = matrix(pass.shared('dActivated'), this.#width);
    const wantsGateUp = wantsInput || isAdapted(gateUp);
    linearBackward(pass, down, kept.sDown, {
      dy,
      input: () => this.#activate(pass, kept),
      dx: dact,
      wantsInput: wantsGateUp,
    });
    if (!wantsGateUp) return;
    pass.ops.gatedBackward({ ...this.#activation(kept), dact });
    linearBackward(pass, gateUp, kept.sGateUp, { dy: gu, input, dx, wantsInput });
  }

  #activate({ ops, shared }: SublayerPass, kept: Kept): Matrix {
    const act = matrix(shared('activated'), this.#width);
    ops.gatedForward({ ...this.#activation(kept), act });
    return act;
  }

  #activation(kept: Kept) {
    const { activation, gated } = this.#parts;
    return { gu: this.#gateUp(kept), width: this.#width, kind: activation, gated };
  }

  #gateUp(kept: Kept): Matrix {
    return matrix(kept.gateUp, this.#parts.gateUp.out);
  }
}

import type { Memory, View } from '../ops/memory.ts';
import type { Block } from './block.ts';
import { Attention } from './sublayers/attention.ts';
import { allocate, allocateShared, type Buffers, type Shared, widest } from './sublayers/buffers.ts';
import { matrix, type Pass } from './sublayers/sublayer.ts';

/** What the layers keep for a backward pass: all that it needs, their inputs alone (checkpointing), or nothing. */
export type Keep = 'all' | 'inputs' | 'none';

/** Buffers of a stack for at most so many tokens. */
export interface StackBuffers {
  keep: Keep;
  /** Input of each block, and the output of the last [M, d]; without a backward pass two take turns. */
  x: readonly View[];
  /** What each block keeps; one set for all of them unless all is kept. */
  kept: readonly Buffers<ReturnType<Block['kept']>>[];
  shared: Shared;
  /** Gradient of the residual stream [M, d], where there is a backward pass. */
  dx: View | null;
}

/** Blocks in order over one residual stream. */
export class Stack {
  constructor(
    readonly blocks: readonly Block[],
    readonly width: number,
  ) {}

  /** The same on memory that only counts is the plan. */
  allocate(memory: Memory, { tokens, keep }: { tokens: number; keep: Keep }): StackBuffers {
    const backward = keep !== 'none';
    const stream = (label: string) => memory.allocate(label, 4 * tokens * this.width, 'activation');
    const turns = backward ? null : [stream('x even'), stream('x odd')];
    const x = Array.from({ length: this.blocks.length + 1 }, (_, i) => turns?.[i % 2] ?? stream(`x ${i}`));
    const sizes = this.blocks.map((block) => block.kept(tokens));
    const one = keep === 'all' ? null : allocate(memory, 'block', widest(sizes));
    return {
      keep,
      x,
      kept: sizes.map((size, i) => one ?? allocate(memory, `block ${i}`, size)),
      shared: allocateShared(memory, widest(this.blocks.map((block) => block.shared(tokens, backward)))),
      dx: backward ? stream('dx') : null,
    };
  }

  /** In order of the blocks; one a block, as caches are. */
  get attentions(): Attention[] {
    return this.blocks
      .flatMap(({ branches }) => branches.map(({ sublayer }) => sublayer))
      .filter((sublayer) => sublayer instanceof Attention);
  }

  output({ x }: StackBuffers): View {
    return x[this.blocks.length];
  }

  /** The first of `buffers.x` → the last. */
  forward(pass: Pass, buffers: StackBuffers): void {
    for (let layer = 0; layer < this.blocks.length; layer++) this.#forward(pass, buffers, layer);
  }

  #forward(pass: Pass, { x, kept, shared }: StackBuffers, layer: number): void {
    const [from, to] = [x[layer], x[layer + 1]].map((view) => matrix(view, this.width));
    this.blocks[layer].forward({ ...pass, shared }, kept[layer], { x: from, out: to });
  }

  /**
   * `buffers.dx` holds the gradient after the last block; it flows down to the lowest block with an adapter, or with
   * `wantsInput` through the first, and each adapter adds to its own on the way. With checkpointing each block's forward
   * pass is run again first.
   */
  backward(pass: Pass, buffers: StackBuffers, { wantsInput = false } = {}): void {
    const { x, kept, shared, dx } = buffers;
    if (!dx) throw new Error('these buffers are for a forward pass alone');
    const lowest = wantsInput ? 0 : this.blocks.findIndex((block) => block.adapted);
    if (lowest < 0) return;
    for (let layer = this.blocks.length - 1; layer >= lowest; layer--) {
      if (buffers.keep === 'inputs') this.#forward(pass, buffers, layer);
      this.blocks[layer].backward({ ...pass, shared }, kept[layer], {
        x: matrix(x[layer], this.width),
        dx: matrix(dx, this.width),
        wantsInput: wantsInput || layer > lowest,
      });
    }
  }
}

import type { AdaptedWeights, AdapterLayout, MaskSlots } from '../methods/method.ts';
import type { DecoderConfig } from '../model/config.ts';
import { buildDecoder, type Decoder, decoderBackward, decoderForward } from '../model/decoder.ts';
import type { StackBuffers } from '../model/stack.ts';
import type { HeadBuffers, SoftLoss } from '../model/sublayers/head.ts';
import type { Pass } from '../model/sublayers/sublayer.ts';
import type { Dims } from '../ops/dims.ts';
import { type Memory, slice, type View } from '../ops/memory.ts';
import type { Operations } from '../ops/operations.ts';
import { dimsSlots } from './dims-slots.ts';

/** AdamW's eight numbers of each optimizer group, as far apart as a bound offset must be. */
const HYPER_BYTES = 32;
const HYPER_STRIDE = 256;

export interface ProgramShape {
  /** Most tokens of a batch. */
  tokens: number;
  /** Most positions of a row, where they are known, for the choice of kernels. */
  longest?: number;
  /** Rows in a chunk of the head. */
  chunkRows: number;
  /** Every layer is computed twice, to keep only its input. */
  checkpointing: boolean;
  /** Batches carry positions and documents. */
  packing: boolean;
  /** Batches carry a teacher's soft targets. */
  soft?: SoftLoss;
}

/** Emits the operations of a program, in order. */
export type Emit = (ops: Operations) => void;

/**
 * What a run computes, as programs over operations, with the memory that they work on. An engine executes them: it
 * writes a batch to `inputs` and `head` and its dims to the slots, and reads what comes out.
 */
export class RunPrograms<V extends View> {
  readonly decoder: Decoder;
  /** The adapter, its gradients and both moments, in the layout's order; what is frozen of it has only values. */
  readonly flat: Readonly<Record<'weights' | 'gradients' | 'm' | 'v', V>>;
  readonly inputs: { ids: V; positions: V | null; documents: V | null };
  readonly head: HeadBuffers<V>;
  /** AdamW's numbers, by optimizer group. */
  readonly hyper: readonly V[];
  /** Norms of rows, where the method needs them, and how they are computed. */
  readonly norms: { view: V; emit: NonNullable<AdaptedWeights['norms']> } | null;
  readonly #merge: AdaptedWeights['merge'];
  readonly #masks: MaskSlots;
  readonly #buffers: StackBuffers;

  constructor(
    memory: Memory<V>,
    readonly model: { config: DecoderConfig; rope: Pass['rope'] },
    readonly layout: AdapterLayout,
    readonly shape: ProgramShape,
  ) {
    const { tokens, chunkRows, checkpointing, packing, soft } = shape;
    const bytes = 4 * layout.length;
    this.flat = {
      weights: memory.allocate('adapter', bytes + 4 * layout.frozen, 'adapter'),
      gradients: memory.allocate('adapter gradients', bytes, 'optimizer'),
      m: memory.allocate('first moments', bytes, 'optimizer'),
      v: memory.allocate('second moments', bytes, 'optimizer'),
    };
    const groups = layout.groups.length;
    const hyper = memory.allocate(
      'optimizer settings',
      HYPER_STRIDE * (groups - 1) + HYPER_BYTES,
      'optimizer',
    );
    this.hyper = layout.groups.map((_, i) => slice(hyper, HYPER_STRIDE * i, HYPER_BYTES));
    const rowNorms = layout.norms && memory.allocate('row norms', 4 * layout.norms.length, 'adapter');
    const { weights, trained, masks, norms, merge } = layout.adapt({
      weights: this.flat.weights,
      gradients: this.flat.gradients,
      norms: rowNorms,
      // After the slots of the batch, of the head's chunks and of the loss.
      firstMask: Math.ceil(tokens / chunkRows) + 2,
      allocate: (label, bytes) => memory.allocate(label, bytes, 'adapter'),
    });
    this.norms = norms && rowNorms ? { view: rowNorms, emit: norms } : null;
    this.#merge = merge;
    this.#masks = masks;
    this.decoder = buildDecoder(model.config, weights, trained);
    const integers = (label: string) => memory.allocate(label, 4 * tokens, 'activation');
    const ids = integers('ids');
    this.#buffers = this.decoder.stack.allocate(memory, { tokens, keep: checkpointing ? 'inputs' : 'all' });
    this.head = this.decoder.head.allocate(memory, tokens, chunkRows, soft);
    this.inputs = {
      ids,
      positions: packing ? integers('positions') : null,
      documents: packing ? integers('documents') : null,
    };
  }

  /** Whether the other programs compute with weights that the adapter is merged into. */
  get merges(): boolean {
    return this.#merge !== undefined;
  }

  get slots(): number {
    return this.#masks.first + this.#masks.modules.length;
  }

  /** Largest number of rows of a dims slot. */
  mostRows(slot: number): number {
    const { tokens, chunkRows } = this.shape;
    return slot === 0 || slot >= this.#masks.first ? tokens : chunkRows;
  }

  /** Dims of all slots for a batch with so many supervised rows. */
  dims(batch: Dims, supervised: number): Dims[] {
    return dimsSlots(batch, supervised, this.head, this.#masks);
  }

  /** Adds the gradient of a batch to those of the adapter, and its loss to `head.result[0]`. */
  readonly train: Emit = (ops) => {
    const pass = this.#pass(ops, true);
    const x = this.#forward(pass);
    this.decoder.head.loss(ops, this.head, { x, dx: this.#buffers.dx, taught: this.head.soft !== null });
    decoderBackward(this.decoder, pass, this.#buffers, this.inputs.ids);
  };

  /** Losses of the labels without a gradient. */
  readonly evaluate: Emit = (ops) => {
    this.decoder.head.loss(ops, this.head, { x: this.#forward(this.#pass(ops, false)) });
  };

  /** The same of soft targets, where batches carry them. */
  readonly compare: Emit = (ops) => {
    this.decoder.head.loss(ops, this.head, { x: this.#forward(this.#pass(ops, false)), taught: true });
  };

  /** The residual stream after the last block alone, for `logits`. */
  readonly hidden: Emit = (ops) => {
    this.#forward(this.#pass(ops, false));
  };

  /** Logits of the chunk of rows in slot 1. */
  readonly logits: Emit = (ops) => {
    this.decoder.head.logits(ops, this.head, { x: this.decoder.stack.output(this.#buffers), dims: 1 });
  };

  /** The residual stream before a block, or after the last, as `hidden` leaves it [tokens, d]. */
  stateAt(layer: number): V {
    // A stack takes its buffers from the memory that this class was given, which has views of no other kind.
    return this.#buffers.x[layer] as V;
  }

  /** Norms of the rows as adapted: what the other programs read, and what follows from the parameters. */
  readonly adaptedNorms: Emit = (ops) => this.norms?.emit(ops, 'adapted');

  /** Norms of the rows of the base, in the same place. */
  readonly baseNorms: Emit = (ops) => this.norms?.emit(ops, 'base');

  /** The adapter in the weights, at the strength of slot 0: follows from that and from the parameters. */
  readonly merge: Emit = (ops) => this.#merge?.(ops);

  /** One step of AdamW along the gradients. */
  readonly update: Emit = (ops) => {
    const { weights, gradients, m, v } = this.flat;
    const { result } = this.head;
    ops.gradNorm({ gradients, count: this.layout.length, result });
    for (const [i, { begin, length }] of this.layout.groups.entries()) {
      const range = (flat: V) => slice(flat, 4 * begin, 4 * length);
      ops.adamw({
        ...{ weights: range(weights), gradients: range(gradients), m: range(m), v: range(v) },
        ...{ count: length, hyper: this.hyper[i], result },
      });
    }
  };

  #pass(ops: Operations, training: boolean): Pass {
    const { positions, documents } = this.inputs;
    const { index, weights: ones, chunkRows, chunks } = this.head;
    return {
      ...{ ops, training, supervised: { index, ones, chunkRows, chunks } },
      ...{ positions: positions ?? undefined, documents: documents ?? undefined },
      ...{ longest: this.shape.longest, rope: this.model.rope },
    };
  }

  #forward(pass: Pass): View {
    decoderForward(this.decoder, pass, this.#buffers, this.inputs.ids);
    return this.decoder.stack.output(this.#buffers);
  }
}

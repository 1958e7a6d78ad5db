import type { Batch, Supervised } from '../data/batch.ts';
import type { Dims } from '../ops/dims.ts';
import type { View, WritableMemory } from '../ops/memory.ts';
import type { RunPrograms } from './run-programs.ts';
import { withoutPadding } from './without-padding.ts';

type LaidOut = Pick<Batch, 'rows' | 'length' | 'ids' | 'positions' | 'documents'>;

/** What a batch is put on the device for. */
export interface UploadOptions {
  /** What the gradient is divided by. */
  divisor: number;
  /** Of the adapter. */
  strength: number;
  /** Dropout is that of this step and this micro-batch of it. */
  step?: number;
  micro?: number;
}

/** Puts batches where the programs of a run read them. */
export class BatchUpload<V extends View> {
  /** The token weights on the device are not all ones; nothing is there at first. */
  #weighted = true;

  constructor(
    readonly memory: WritableMemory<V>,
    readonly programs: RunPrograms<V>,
    readonly dims: { write(slots: readonly Dims[]): void },
    readonly seed: number,
    /** Where the device takes batches without padding: room for where their tokens stood. */
    readonly origins: V | null,
  ) {}

  /** @returns the dims of the batch */
  put(given: Batch, asked: Supervised, { divisor, strength, step = 0, micro = 0 }: UploadOptions): Dims {
    const { inputs, head, shape } = this.programs;
    const unpadded = this.origins && withoutPadding(given, asked);
    const batch: LaidOut = unpadded?.batch ?? given;
    const supervised = unpadded?.supervised ?? asked;
    const { count, index, targets } = supervised;
    const rows = batch.rows * batch.length;
    if (rows > shape.tokens) throw new Error(`a batch of ${rows} tokens on buffers for ${shape.tokens}`);
    if (batch.documents && !inputs.documents) throw new Error('a packed batch on an engine for rows apart');
    if (this.origins && unpadded) this.memory.write(this.origins, unpadded.origins);
    this.memory.write(inputs.ids, batch.ids);
    this.memory.write(head.index, index.subarray(0, count));
    this.memory.write(head.targets, targets.subarray(0, count));
    this.#weigh(supervised);
    if (inputs.positions && inputs.documents) {
      const { positions, documents } = batch.positions && batch.documents ? batch : oneDocumentEach(batch);
      this.memory.write(inputs.positions, positions!);
      this.memory.write(inputs.documents, documents!);
    }
    const dims: Dims = {
      rows,
      batch: batch.rows,
      length: batch.length,
      start: 0,
      offset: 0,
      supervised: count,
      step,
      seed: this.seed,
      scale: 1 / divisor,
      strength,
      micro,
    };
    this.dims.write(this.programs.dims(dims, count));
    return dims;
  }

  /** Ones stay on the device from batch to batch: no weights, no upload. */
  #weigh({ count, weights }: Supervised): void {
    const { head, shape } = this.programs;
    if (weights) this.memory.write(head.weights, weights.subarray(0, count));
    else if (this.#weighted) this.memory.write(head.weights, new Float32Array(shape.tokens).fill(1));
    this.#weighted = weights !== null;
  }
}

/** Rows that are not packed, for an engine that takes packed ones: each is one document. */
function oneDocumentEach({ rows, length }: LaidOut): Pick<Batch, 'positions' | 'documents'> {
  return {
    positions: Int32Array.from({ length: rows * length }, (_, i) => i % length),
    documents: new Int32Array(rows * length),
  };
}

import type { Batch, Supervised } from '../data/batch.ts';
import { UserError } from '../errors.ts';
import type { Dims } from '../ops/dims.ts';
import type { View, WritableMemory } from '../ops/memory.ts';
import { type VirtualTokens, withoutPadding, withVirtualTokens } from './laid-out.ts';
import type { RunPrograms } from './run-programs.ts';

type Placed = Pick<Batch, 'rows' | 'length' | 'ids' | 'positions' | 'documents'>;

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

export interface UploadSettings<V extends View> {
  dims: { write(slots: readonly Dims[]): void };
  seed: number;
  /** Where the device takes batches without padding: room for where their tokens stood. */
  origins: V | null;
  /** What the adapter puts in front of every row; where it does not count, nothing. */
  virtual: VirtualTokens;
  /** Most tokens of a row, with those. */
  maxLength: number;
  /** Most of its own tokens that a row may have behind those. */
  positions: number;
}

/** Puts batches where the programs of a run read them. */
export class BatchUpload<V extends View> {
  /** The token weights on the device are not all ones; nothing is there at first. */
  #weighted = true;

  constructor(
    readonly memory: WritableMemory<V>,
    readonly programs: RunPrograms<V>,
    readonly settings: UploadSettings<V>,
  ) {}

  /** @returns the dims of the batch */
  put(given: Batch, asked: Supervised, { divisor, strength, step = 0, micro = 0 }: UploadOptions): Dims {
    const { inputs, head, shape } = this.programs;
    const { origins, seed } = this.settings;
    const laidOut = this.#laidOut(given, asked, strength);
    const batch: Placed = laidOut?.batch ?? given;
    const supervised = laidOut?.supervised ?? asked;
    const { count, index, targets } = supervised;
    const rows = batch.rows * batch.length;
    if (rows > shape.tokens) throw new Error(`a batch of ${rows} tokens on buffers for ${shape.tokens}`);
    if (given.documents && !inputs.documents) throw new Error('a packed batch on an engine for rows apart');
    if (origins && laidOut) this.memory.write(origins, laidOut.origins);
    this.memory.write(inputs.ids, batch.ids);
    this.memory.write(head.index, index.subarray(0, count));
    this.memory.write(head.targets, targets.subarray(0, count));
    this.#weigh(supervised);
    if (given.soft && head.soft) {
      if (given.soft.top !== head.soft.top)
        throw new Error(`${given.soft.top} soft targets a token on an engine for ${head.soft.top}`);
      this.memory.write(head.soft.ids, given.soft.ids);
      this.memory.write(head.soft.probabilities, given.soft.probabilities);
    }
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
      seed,
      scale: 1 / divisor,
      strength,
      micro,
    };
    this.settings.dims.write(this.programs.dims(dims, count));
    return dims;
  }

  /** Null where the batch is taken as it is. */
  #laidOut(given: Batch, asked: Supervised, strength: number) {
    const { origins, virtual, maxLength, positions } = this.settings;
    const own = strength === 0 ? undefined : virtual;
    if (own && own.count > 0) refuseLonger(given, own.count, positions);
    if (origins) return withoutPadding(given, asked, own);
    return own && own.count > 0 ? withVirtualTokens(given, asked, own, maxLength) : null;
  }

  /** Ones stay on the device from batch to batch: no weights, no upload. */
  #weigh({ count, weights }: Supervised): void {
    const { head, shape } = this.programs;
    if (weights) this.memory.write(head.weights, weights.subarray(0, count));
    else if (this.#weighted) this.memory.write(head.weights, new Float32Array(shape.tokens).fill(1));
    this.#weighted = weights !== null;
  }
}

/** @throws UserError `does-not-fit` where the model has no positions for a row behind its virtual tokens */
function refuseLonger({ lengths, positions }: Batch, virtual: number, most: number): void {
  const longest = positions ? Math.max(...positions) + 1 : Math.max(...lengths);
  if (longest <= most) return;
  throw new UserError(
    'does-not-fit',
    `A row has ${longest} tokens, and with the adapter’s ${virtual} virtual tokens in front this model has positions for ${most}. Nothing was changed. Choose a max length (--max-length) of ${most}.`,
  );
}

/** Rows that are not packed, for an engine that takes packed ones: each is one document. */
function oneDocumentEach({ rows, length }: Placed): Pick<Batch, 'positions' | 'documents'> {
  return {
    positions: Int32Array.from({ length: rows * length }, (_, i) => i % length),
    documents: new Int32Array(rows * length),
  };
}

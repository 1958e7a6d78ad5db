import {
  type Batch,
  type LogProbabilities,
  logProbabilitiesOf,
  type SoftTargets,
  supervisedRows,
} from '../data/batch.ts';
import { RunRope, ropePositions } from '../loading/rope-tables.ts';
import { methodOf, virtualTokensOf } from '../methods/list.ts';
import { joinValues, parametersOf, splitValues } from '../methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { AdapterModule } from '../model/modules.ts';
import { headChunkRows, PARTS, type SoftLoss } from '../model/sublayers/head.ts';
import type { DecoderWeights } from '../model/weights.ts';
import { adamwHyper } from '../ops/adamw.ts';
import type { Dims } from '../ops/dims.ts';
import type { View, WritableMemory } from '../ops/memory.ts';
import { BatchUpload } from './batch-upload.ts';
import { type Decoding, oneSequence } from './decoding.ts';
import { Decodings } from './decodings.ts';
import type {
  BatchDecodeSession,
  DecodeSession,
  Engine,
  EngineInfo,
  EngineShape,
  LossParts,
  MemoryReport,
  OptimizerSettings,
  OptimizerState,
  StepResult,
} from './engine.ts';
import { InOrder } from './in-order.ts';
import type { VirtualTokens } from './laid-out.ts';
import { MergedWeights } from './merged-weights.ts';
import { movementOf } from './movement.ts';
import { NORM_PROGRAMS, RowNorms } from './row-norms.ts';
import { RunPrograms } from './run-programs.ts';
import { States } from './states.ts';

/** A model where it is computed with: what engines share and none of them frees. */
export interface ProgramBase {
  config: DecoderConfig;
  weights: DecoderWeights;
}

export interface ProgramOptions {
  shape: EngineShape;
  seed: number;
  /** Every layer computed twice, to keep only its input. */
  checkpointing: boolean;
  /** Batches carry positions and documents. */
  packing: boolean;
  /** Batches carry a teacher's soft targets. */
  soft?: SoftLoss;
  planBytes: number;
}

/** What an engine brings of its device. */
export interface ProgramDevice<V extends View> {
  /** Of this engine alone. */
  memory: WritableMemory<V>;
  /** Room for a program's slots of dims. */
  dims(slots: number, mostRows: (slot: number) => number): { write(slots: readonly Dims[]): void };
  /** Whether the device is the processor, which no long operation freezes. */
  software: boolean;
  /** Whether it takes batches without padding, as one row of documents. */
  unpadded: boolean;
}

export const PROGRAMS = ['train', 'evaluate', 'hidden', 'logits', 'update'] as const;
export type ProgramName = (typeof PROGRAMS)[number] | (typeof NORM_PROGRAMS)[number] | 'merge' | 'compare';

/** What is read of the dims where there are no rows. */
const NO_BATCH: Omit<Dims, 'strength'> = {
  ...{ rows: 0, batch: 0, length: 0, start: 0, offset: 0, supervised: 0 },
  ...{ step: 0, seed: 0, scale: 0, micro: 0 },
};

/** Training and inference by programs that are recorded once and replayed: all of an engine but its executor. */
export abstract class ProgramEngine<V extends View> implements Engine {
  readonly config: DecoderConfig;
  readonly modules: readonly AdapterModule[];
  readonly positions: number;
  protected readonly programs: RunPrograms<V>;
  /** What was asked for is put on the device in order. */
  protected readonly queue = new InOrder();
  readonly #device: ProgramDevice<V>;
  readonly #dims: { write(slots: readonly Dims[]): void };
  readonly #upload: BatchUpload<V>;
  readonly #weights: DecoderWeights;
  readonly #virtual: VirtualTokens;
  readonly #norms: RowNorms<V>;
  readonly #merged: MergedWeights;
  readonly #states: States<V>;
  /** Of an unpadded batch, for each token: its row · length + position before, which dropout is drawn for. */
  protected readonly origins: V | null;
  protected readonly decodings: Decodings;
  protected readonly rope: RunRope<V>;

  protected constructor(
    base: ProgramBase,
    readonly adapterSettings: AdapterSettings,
    modules: readonly AdapterModule[],
    options: Omit<ProgramOptions, 'planBytes'>,
    device: ProgramDevice<V>,
  ) {
    const { config, weights } = base;
    const { shape, checkpointing, packing, seed, soft } = options;
    const tokens = shape.maxRows * shape.maxLength;
    const chunkRows = headChunkRows(config, tokens, checkpointing ? 'short' : 'ample', device.software);
    const layout = methodOf(adapterSettings).layout(weights, modules, adapterSettings);
    this.config = config;
    this.modules = layout.modules;
    this.#virtual = { count: virtualTokensOf(adapterSettings), first: config.vocab };
    const positions = config.rope
      ? Math.min(config.maxPositions, ropePositions(config, shape.maxLength))
      : config.maxPositions;
    this.positions = positions - this.#virtual.count;
    this.rope = new RunRope(device.memory, config, Math.min(tokens, ropePositions(config, shape.maxLength)));
    this.programs = new RunPrograms(device.memory, { config, rope: this.rope.tables }, layout, {
      tokens,
      longest: shape.maxLength,
      chunkRows,
      checkpointing,
      packing: packing || device.unpadded,
      soft,
    });
    this.origins = device.unpadded ? device.memory.allocate('origins', 4 * tokens, 'activation') : null;
    this.#norms = new RowNorms(this.programs, {
      run: (program) => this.run(program, false),
      read: (view) => this.read(view),
    });
    this.#merged = new MergedWeights(this.programs.merges, async (strength) => {
      this.#dims.write([{ ...NO_BATCH, strength }]);
      await this.run('merge', false);
    });
    this.decodings = new Decodings({
      ...{ config, virtual: this.#virtual, queue: this.queue },
      make: (sequences) => this.newDecoding(sequences),
      prepare: (strength) => this.#prepare(strength),
    });
    this.#device = device;
    this.#dims = device.dims(this.programs.slots, (slot) => this.programs.mostRows(slot));
    this.#upload = new BatchUpload(device.memory, this.programs, {
      dims: this.#dims,
      seed,
      origins: this.origins,
      virtual: this.#virtual,
      maxLength: shape.maxLength,
      positions: this.positions,
    });
    this.#weights = weights;
    this.#states = new States(this.programs, config, {
      dims: this.#dims,
      put: (batch, asked, strength) =>
        this.#upload.put(batch, asked, { divisor: Math.max(1, asked.count), strength }),
      prepare: (strength) => this.#prepare(strength),
      run: (program) => this.run(program, true),
      read: (view, bytes) => this.read(view, bytes),
    });
  }

  /** Programs that this engine runs. */
  protected get programNames(): readonly ProgramName[] {
    const { norms, merges, head } = this.programs;
    return [
      ...PROGRAMS,
      ...(norms ? NORM_PROGRAMS : []),
      ...(merges ? (['merge'] as const) : []),
      ...(head.soft ? (['compare'] as const) : []),
    ];
  }

  /** Runs a program; with `submit` nothing else is to go with it. */
  protected abstract run(program: ProgramName, submit: boolean): Promise<void>;
  /** What stands in a view, in its first `bytes`. */
  protected abstract read(view: V, bytes?: number): Promise<Float32Array<ArrayBuffer>>;
  protected abstract clear(view: V): void;
  protected abstract newDecoding(sequences: number): Decoding;
  abstract step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult>;
  abstract memory(): MemoryReport;
  abstract info(): EngineInfo;
  abstract dispose(): Promise<void>;

  /** Puts an adapter in the place of the one there is. */
  #write(weights: AdapterWeights): void {
    this.#device.memory.write(this.programs.flat.weights, this.programs.layout.pack(weights));
    this.#outdate();
  }

  /** The parameters are others now. */
  #outdate(): void {
    this.#norms.outdate();
    this.#merged.outdate();
  }

  /** Before anything is computed, and before a batch is put there: what follows from the adapter’s parameters. */
  async #prepare(strength: number): Promise<void> {
    this.rope.fill();
    await this.#norms.prepare();
    await this.#merged.prepare(strength);
  }

  /** A step but for its result, which then stands in `head.result`. @returns what the loss is divided by */
  protected async takeStep(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<number> {
    const supervised = batches.map(supervisedRows);
    const n =
      divisor ??
      Math.max(
        1,
        supervised.reduce((sum, one) => sum + one.count, 0),
      );
    const { head, flat, hyper, layout } = this.programs;
    this.clear(head.result);
    this.clear(flat.gradients);
    for (const [i, { rate }] of layout.groups.entries()) {
      const own = { ...settings, learningRate: settings.learningRate * rate };
      this.#device.memory.write(hyper[i], adamwHyper(own, step));
    }
    for (const [micro, batch] of batches.entries()) {
      if (head.soft && !batch.soft)
        throw new Error('a batch without soft targets on an engine that learns them');
      await this.#prepare(1);
      this.#upload.put(batch, supervised[micro], { divisor: n, strength: 1, step, micro });
      await this.run('train', micro < batches.length - 1);
    }
    await this.run('update', false);
    this.#outdate();
    return n;
  }

  /** The parts of a loss whose result this is, over what it is divided by; none where there are no soft targets. */
  protected partsOf(result: Float32Array, divisor: number): { parts?: LossParts } {
    if (!this.programs.head.soft) return {};
    const { crossEntropy, divergence } = PARTS;
    return {
      parts: { crossEntropy: result[crossEntropy] / divisor, divergence: result[divergence] / divisor },
    };
  }

  evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number; parts?: LossParts }> {
    return this.queue.run(async () => {
      const { result, soft } = this.programs.head;
      const taught = batch.soft !== undefined;
      if (taught && !soft) throw new Error('a batch with soft targets on an engine for labels alone');
      const supervised = supervisedRows(batch);
      await this.#prepare(strength);
      this.#upload.put(batch, supervised, { divisor: Math.max(1, supervised.count), strength });
      this.clear(result);
      await this.run(taught ? 'compare' : 'evaluate', true);
      const read = await this.read(result, 32);
      return { lossSum: read[0], tokens: supervised.count, ...(taught && this.partsOf(read, 1)) };
    });
  }

  logProbabilities(batch: Batch, strength: number, by?: AdapterWeights): Promise<LogProbabilities> {
    return this.queue.run(async () => {
      const supervised = { ...supervisedRows(batch), weights: null };
      const { count } = supervised;
      if (count === 0) return logProbabilitiesOf(batch, supervised, new Float32Array(0));
      const { weights } = this.programs.flat;
      const own = by && (await this.read(weights));
      if (by) this.#write(by);
      try {
        await this.#prepare(strength);
        this.#upload.put(batch, supervised, { divisor: count, strength });
        await this.run('evaluate', true);
        const losses = await this.read(this.programs.head.losses, 4 * count);
        return logProbabilitiesOf(batch, supervised, losses);
      } finally {
        if (own) {
          this.#device.memory.write(weights, own);
          this.#outdate();
        }
      }
    });
  }

  gradient(batch: Batch): Promise<Float32Array> {
    return this.queue.run(async () => {
      const { head, flat, layout } = this.programs;
      if (head.soft && !batch.soft)
        throw new Error('a batch without soft targets on an engine that learns them');
      const supervised = supervisedRows(batch);
      this.clear(head.result);
      this.clear(flat.gradients);
      await this.#prepare(1);
      this.#upload.put(batch, supervised, { divisor: Math.max(1, supervised.count), strength: 1 });
      await this.run('train', true);
      return joinValues(layout.unpack(await this.read(flat.gradients)));
    });
  }

  likeliest(batch: Batch, strength: number, options: { top: number; vocab: number }): Promise<SoftTargets> {
    return this.queue.run(() => this.#states.likeliest(batch, strength, options));
  }

  pooledState(ids: readonly number[], layer: number): Promise<Float32Array> {
    return this.queue.run(() => this.#states.pooled(ids, layer));
  }

  logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    return this.queue.run(() => this.#states.logits(ids, strength));
  }

  async decode(maxLength: number, strength: number): Promise<DecodeSession> {
    return oneSequence(await this.decodeBatch(1, maxLength, strength));
  }

  keysAndValues(ids: readonly number[]): Promise<Float32Array[]> {
    return this.decodings.keysAndValues(ids);
  }

  sequencesAtOnce(maxLength: number): number {
    return this.decodings.atOnce(maxLength);
  }

  decodeBatch(sequences: number, maxLength: number, strength: number): Promise<BatchDecodeSession> {
    return this.decodings.open(sequences, maxLength, strength);
  }

  setAdapter(weights: AdapterWeights): Promise<void> {
    return this.queue.run(async () => {
      const missing = parametersOf(this.modules, this.adapterSettings).filter(
        ({ parameter, key }) => parameter.begins && !weights.values.has(key),
      );
      if (missing.length === 0) return this.#write(weights);
      const values = new Map(weights.values);
      for (const { parameter, key } of missing) values.set(key, new Float32Array(parameter.shape[0]));
      this.#write({ ...weights, values });
      const norms = await this.#norms.adapted();
      for (const { site, key } of missing) values.set(key, norms.get(site.path)!);
      this.#write({ ...weights, values });
    });
  }

  getAdapter(): Promise<AdapterWeights> {
    return this.queue.run(async () => {
      const { flat, layout } = this.programs;
      return layout.unpack(await this.read(flat.weights));
    });
  }

  getOptimizer(): Promise<OptimizerState> {
    const { flat, layout } = this.programs;
    const read = async (view: V) => joinValues(layout.unpack(await this.read(view)));
    return this.queue.run(async () => ({ m: await read(flat.m), v: await read(flat.v) }));
  }

  setOptimizer(state: OptimizerState): Promise<void> {
    return this.queue.run(async () => {
      const { flat, layout } = this.programs;
      for (const key of ['m', 'v'] as const)
        this.#device.memory.write(
          flat[key],
          layout.pack(splitValues(state[key], this.modules, layout.trained)),
        );
    });
  }

  movement(): Promise<Float32Array | null> {
    return this.queue.run(async () => {
      const { flat, layout, norms } = this.programs;
      const weights = layout.unpack(await this.read(flat.weights));
      const { squaredNorms } = this.#weights;
      if (!norms) return movementOf(weights, squaredNorms);
      const [base, adapted] = [await this.#norms.base(), await this.#norms.adapted()];
      return movementOf(weights, squaredNorms, (path) => ({
        base: base.get(path)!,
        adapted: adapted.get(path)!,
      }));
    });
  }
}

import {
  type Batch,
  type LogProbabilities,
  logProbabilitiesOf,
  type SoftTargets,
  supervisedRows,
} from '../../../src/data/batch.ts';
import type { Dataset } from '../../../src/data/types.ts';
import type { Engine, OptimizerState, StepResult } from '../../../src/engine/engine.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import type { DecoderConfig } from '../../../src/model/config.ts';
import { llama } from '../../../src/model/families/llama.ts';

/** A model with one adapted layer whose every update adds 1, and whose losses are written down beforehand. */

export const LORA: LoraSettings = { rank: 1, alpha: 1, dropout: 0, targets: ['q_proj'] };
const MODULES = [{ layer: 0, target: 'q_proj', path: 'model.layers.0.self_attn.q_proj', in: 2, out: 2 }];

export interface Script {
  /** Loss of a step: NaN skips the update, as the real kernels do. */
  loss?: (step: number) => number;
  /** Held-out loss of an adapter that was updated so often. */
  heldOut?: (updates: number) => number;
  /** log p of a supervised token under an adapter that was updated so often; the base's own: of 0 updates. */
  logProbability?: (updates: number, strength: number) => number;
  /** Awaited before each answer. */
  before?: (
    what: 'step' | 'evaluate' | 'logProbabilities' | 'likeliest' | 'getAdapter' | 'getOptimizer',
  ) => Promise<void> | void;
  device?: 'wasm' | 'software';
}

export class ToyEngine implements Engine {
  readonly config = {
    family: llama,
    vocab: 8,
    maxPositions: 64,
    eosTokenIds: [0],
  } as unknown as DecoderConfig;
  readonly adapterSettings = LORA;
  readonly modules = MODULES;
  readonly positions = 64;
  /** Of this engine, resumed or not. */
  steps: number[] = [];
  /** What each of them was asked for. */
  asked: { batches: readonly Batch[]; divisor: number | undefined }[] = [];
  disposed = false;
  updates = 0;
  #optimizer: OptimizerState = { m: new Float32Array(4), v: new Float32Array(4) };

  constructor(readonly script: Script = {}) {}

  async setAdapter({ values }: AdapterWeights): Promise<void> {
    const [first] = values.get(`${MODULES[0].path}.lora_A`)!;
    // Where a fresh adapter begins says nothing here; one of ours holds whole numbers.
    this.updates = Number.isInteger(first) ? first : 0;
  }

  async getAdapter(): Promise<AdapterWeights> {
    await this.script.before?.('getAdapter');
    const values = new Map(
      ['lora_A', 'lora_B'].map((name) => [
        `${MODULES[0].path}.${name}`,
        new Float32Array(2).fill(this.updates),
      ]),
    );
    return { settings: LORA, modules: [...MODULES], values };
  }

  async getOptimizer(): Promise<OptimizerState> {
    await this.script.before?.('getOptimizer');
    return this.#optimizer;
  }

  async setOptimizer(state: OptimizerState): Promise<void> {
    this.#optimizer = state;
  }

  async step(
    batches: readonly Batch[],
    step: number,
    _settings: unknown,
    divisor?: number,
  ): Promise<StepResult> {
    this.asked.push({ batches, divisor });
    await this.script.before?.('step');
    const loss = this.script.loss?.(step) ?? 1 / step;
    const applied = Number.isFinite(loss);
    if (applied) this.updates++;
    this.steps.push(step);
    return { loss, gradNorm: applied ? 1 : Number.NaN, applied };
  }

  async evaluate(batch: Batch, strength: number) {
    await this.script.before?.('evaluate');
    const lossSum = this.script.heldOut?.(this.updates) ?? 1;
    // A student with its adapter is half as far from its teacher.
    const parts = batch.soft && { crossEntropy: 1, divergence: (2 - strength) * supervisedRows(batch).count };
    return { lossSum, tokens: 1, ...(parts && { parts }) };
  }

  async logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    await this.script.before?.('logProbabilities');
    const supervised = supervisedRows(batch);
    const { logProbability = (updates: number) => -1 / (1 + updates) } = this.script;
    const value = logProbability(strength === 0 ? 0 : this.updates, strength);
    return logProbabilitiesOf(batch, supervised, new Float32Array(supervised.count).fill(-value));
  }

  async likeliest(batch: Batch, strength: number, { top }: { top: number }): Promise<SoftTargets> {
    await this.script.before?.('likeliest');
    const { count } = supervisedRows(batch);
    return {
      top,
      ids: Uint32Array.from({ length: count * top }, (_, i) => i % top),
      probabilities: new Float32Array(count * (top + 1)).fill((1 - strength) / (top + 1)),
    };
  }

  async logits(): Promise<Float32Array> {
    return new Float32Array(8);
  }

  async decode() {
    let at = 0;
    const feed = async () => {
      // Nothing but tokens 1, 2, 3, … and never the end.
      const logits = new Float32Array(8);
      logits[1 + (at++ % 7)] = 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.disposed) throw new Error('asked after its end');
      return logits;
    };
    return { feed, close() {} };
  }

  async movement(): Promise<null> {
    return null;
  }

  memory() {
    return {
      plan_bytes: 0,
      peak_bytes: 0,
      base_bytes: 0,
      adapter_bytes: 0,
      optimizer_bytes: 0,
      activation_bytes: 0,
    };
  }

  info() {
    const device = this.script.device ?? ('wasm' as const);
    return { device, gpu: null, kernels: {}, dispatchesPerStep: null, submitsPerStep: null };
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

/** Rows of two tokens. */
export function toyDataset(rows: number): Dataset {
  const example = (index: number) => ({
    index,
    line: index + 1,
    ids: Int32Array.of(1, 2),
    labels: Int32Array.of(-100, 2),
    truncated: 0,
  });
  return {
    report: {
      name: 'toy.jsonl',
      rowKind: 'answers',
      calledFor: 'answers',
      read: rows,
      used: rows,
      dropped: 0,
      badCount: 0,
      needTemplate: 0,
      skipped: { bad: 0, dropped: 0, isEstimate: false },
      maxLength: 16,
      keepsAll: 0,
      bad: [],
      warnings: [],
      longest: 2,
      tokens: 2 * rows,
      sha256: 'ab',
      bytes: 1,
    },
    rows,
    examples: async (indices: readonly number[]) => indices.map(example),
  } as unknown as Dataset;
}

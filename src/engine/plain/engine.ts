import * as tf from '@tensorflow/tfjs-core';
import { type Batch, type LogProbabilities, logProbabilitiesOf, supervisedRows } from '../../data/batch.ts';
import { methodOf } from '../../methods/list.ts';
import {
  initialAdapter,
  joinValues,
  parametersOf,
  splitValues,
  trainableParameters,
} from '../../methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { adapterModules } from '../../model/families/names.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { PlainDecoder } from '../../model/plain/decoder.ts';
import { type BaseWeights, loadPlainWeights } from '../../model/plain/weights.ts';
import { dropoutKey } from '../../ops/dropout-hash.ts';
import type {
  DecodeSession,
  Engine,
  EngineInfo,
  MemoryReport,
  OptimizerSettings,
  OptimizerState,
  StepResult,
} from '../engine.ts';
import { InOrder } from '../in-order.ts';
import { movementOf } from '../movement.ts';
import { nextTask } from '../next-task.ts';
import { type AdamWTensors, adamW } from './adamw.ts';
import { decodeSession } from './decoding.ts';
import { type Adapter, type LossAndGradient, PlainPasses } from './passes.ts';
import { plainInfo } from './report.ts';

/**
 * Training and inference in plain tfjs ops, on whatever backend tfjs has chosen: the baseline of the benchmark. Same
 * mathematics, same dropout masks and same flat parameters as the engines of the product.
 *
 * The caller opens the backend (`gpu/wasm.ts`, `gpu/tfjs.ts`) before.
 */
export async function createPlainEngine(
  config: DecoderConfig,
  weights: BaseWeights,
  lora: LoraSettings,
  seed: number,
): Promise<Engine> {
  if ((lora.method ?? 'lora') !== 'lora') throw new RangeError('the plain engine knows LoRA alone');
  const decoder = new PlainDecoder(config, await loadPlainWeights(config, weights));
  const engine = new PlainEngine(decoder, lora, seed);
  await engine.setAdapter(initialAdapter(engine.modules, lora, seed));
  return engine;
}

class PlainEngine implements Engine {
  readonly config: DecoderConfig;
  readonly modules: readonly AdapterModule[];
  readonly positions: number;
  /** Each parameter's learning rate as a multiple of the run's; null where there is one group. */
  readonly #rates: tf.Tensor1D | null;
  readonly #passes: PlainPasses;
  #state: AdamWTensors;
  /** A step lets other tasks run between its micro-batches; what they ask for waits its turn. */
  readonly #queue = new InOrder();

  constructor(
    readonly decoder: PlainDecoder,
    readonly adapterSettings: LoraSettings,
    readonly seed: number,
  ) {
    this.config = decoder.config;
    this.modules = adapterModules(this.config, adapterSettings.targets);
    this.positions = this.config.maxPositions;
    this.#passes = new PlainPasses(decoder, this.modules, adapterSettings);
    const zeros = () => tf.zeros([this.#parameterCount()]) as tf.Tensor1D;
    this.#state = { parameters: zeros(), m: zeros(), v: zeros() };
    this.#rates = ratesOf(this.modules, adapterSettings);
  }

  setAdapter(weights: AdapterWeights): Promise<void> {
    return this.#queue.run(() => this.#setAdapter(weights));
  }

  getAdapter(): Promise<AdapterWeights> {
    return this.#queue.run(() => this.#getAdapter());
  }

  getOptimizer(): Promise<OptimizerState> {
    return this.#queue.run(async () => {
      const [m, v] = await Promise.all([this.#state.m.data(), this.#state.v.data()]);
      return { m: Float32Array.from(m), v: Float32Array.from(v) };
    });
  }

  setOptimizer({ m, v }: OptimizerState): Promise<void> {
    return this.#queue.run(async () => {
      this.#replace({ ...this.#state, m: tf.tensor1d(m.slice()), v: tf.tensor1d(v.slice()) });
    });
  }

  step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    return this.#queue.run(() => this.#step(batches, step, settings, divisor));
  }

  evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number }> {
    return this.#queue.run(() => this.#evaluate(batch, strength));
  }

  logProbabilities(batch: Batch, strength: number, by?: AdapterWeights): Promise<LogProbabilities> {
    if (by) throw new RangeError('the plain engine measures by its own adapter alone');
    return this.#queue.run(() => this.#logProbabilities(batch, strength));
  }

  likeliest(): Promise<never> {
    return Promise.reject(new RangeError('the plain engine learns from labels alone'));
  }

  logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    return this.#queue.run(() => this.#logits(ids, strength));
  }

  async #setAdapter(weights: AdapterWeights): Promise<void> {
    // Of the engine's own settings: values of another size are refused by name.
    const flat = joinValues({
      settings: this.adapterSettings,
      modules: [...this.modules],
      values: weights.values,
    });
    this.#replace({ ...this.#state, parameters: tf.tensor1d(flat) });
  }

  async #getAdapter(): Promise<AdapterWeights> {
    const flat = await this.#state.parameters.data();
    return splitValues(Float32Array.from(flat), this.modules, this.adapterSettings);
  }

  async #step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    const prepared = batches.map((batch) => this.#passes.prepare(batch));
    const total = prepared.reduce((sum, { predicting }) => sum + predicting.at.length, 0);
    if (total === 0) return { loss: Number.NaN, gradNorm: Number.NaN, applied: false };
    let sum: LossAndGradient | null = null;
    for (const [micro, one] of prepared.entries()) {
      if (one.predicting.at.length === 0) continue;
      const key = dropoutKey(this.seed, step, micro);
      const next = this.#passes.gradient(this.#state.parameters, one, divisor ?? total, key);
      if (sum) {
        const added: LossAndGradient = {
          loss: tf.add(sum.loss, next.loss),
          gradient: tf.add(sum.gradient, next.gradient),
        };
        tf.dispose([sum.loss, sum.gradient, next.loss, next.gradient]);
        sum = added;
      } else sum = next;
      await nextTask();
    }
    const { loss, gradient } = sum!;
    const summary = tf.tidy(() => tf.stack([tf.reshape(loss, []), tf.sqrt(tf.sum(tf.square(gradient)))]));
    const [lossValue, gradNorm] = await summary.data();
    const applied = Number.isFinite(lossValue) && Number.isFinite(gradNorm);
    if (applied) {
      const update = { gradient: gradient as tf.Tensor1D, gradNorm, rates: this.#rates };
      this.#replace(adamW(this.#state, update, step, settings));
    }
    tf.dispose([loss, gradient, summary]);
    return { loss: lossValue, gradNorm, applied };
  }

  async #evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number }> {
    const prepared = this.#passes.prepare(batch);
    const tokens = prepared.predicting.at.length;
    if (tokens === 0) return { lossSum: 0, tokens };
    const loss = tf.tidy(() => this.#passes.loss(prepared, this.#adapter(strength)));
    const [lossSum] = await loss.data();
    loss.dispose();
    await nextTask();
    return { lossSum, tokens };
  }

  async #logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    const prepared = this.#passes.prepare(batch);
    const supervised = supervisedRows(batch);
    if (supervised.count === 0) return logProbabilitiesOf(batch, supervised, new Float32Array(0));
    const losses = tf.tidy(() => this.#passes.tokenLosses(prepared, this.#adapter(strength)));
    const values = (await losses.data()) as Float32Array;
    losses.dispose();
    await nextTask();
    return logProbabilitiesOf(batch, supervised, values);
  }

  async #logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    const logits = tf.tidy(() => this.#passes.logits(ids, this.#adapter(strength)));
    try {
      return Float32Array.from(await logits.data());
    } finally {
      logits.dispose();
    }
  }

  decode(maxLength: number, strength: number): Promise<DecodeSession> {
    return this.#queue.run(async () => {
      const matrices = tf.tidy(() => this.#passes.matrices(this.#state.parameters));
      const session = decodeSession(
        this.decoder,
        this.#passes.adapter(matrices, strength),
        this.#passes.oneByOne,
        maxLength,
        () => tf.dispose(matrices),
      );
      return { feed: (ids) => this.#queue.run(() => session.feed(ids)), close: () => session.close() };
    });
  }

  async movement(): Promise<Float32Array | null> {
    const norms = new Map<string, number>();
    for (const { linears } of this.decoder.weights.blocks) {
      for (const { path, squaredNorm } of linears) norms.set(path, squaredNorm);
    }
    return movementOf(await this.getAdapter(), norms);
  }

  memory(): MemoryReport {
    const adapter = this.#state.parameters.size * 4;
    const base = this.decoder.weights.bytes;
    // What tfjs counts: its wasm kernels take more, for copies that they pack.
    const peak = Math.max(this.#passes.peakBytes, tf.memory().numBytes);
    return {
      plan_bytes: 0,
      peak_bytes: peak,
      base_bytes: base,
      adapter_bytes: adapter,
      optimizer_bytes: 2 * adapter,
      activation_bytes: Math.max(0, peak - base - 3 * adapter),
    };
  }

  info(): EngineInfo {
    return plainInfo();
  }

  dispose(): Promise<void> {
    return this.#queue.end(() => {
      tf.dispose([this.#state.parameters, this.#state.m, this.#state.v]);
      this.#rates?.dispose();
      this.decoder.dispose();
    });
  }

  /** The adapter as it is; within a tidy. */
  #adapter(strength: number): Adapter {
    return this.#passes.adapter(
      strength === 0 ? [] : this.#passes.matrices(this.#state.parameters),
      strength,
    );
  }

  #parameterCount(): number {
    return trainableParameters(this.modules, this.adapterSettings);
  }

  #replace(next: AdamWTensors): void {
    const before = this.#state;
    this.#state = next;
    for (const key of ['parameters', 'm', 'v'] as const) if (before[key] !== next[key]) before[key].dispose();
  }
}

function ratesOf(modules: readonly AdapterModule[], settings: LoraSettings): tf.Tensor1D | null {
  const groups = methodOf(settings).groups(settings);
  if (groups.length === 1) return null;
  const rates = new Float32Array(trainableParameters(modules, settings));
  let at = 0;
  for (const { parameter } of parametersOf(modules, settings)) {
    const size = parameter.shape[0] * parameter.shape[1];
    rates.fill(groups[parameter.group].rate, at, at + size);
    at += size;
  }
  return tf.tensor1d(rates);
}

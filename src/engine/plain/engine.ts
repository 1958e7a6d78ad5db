import * as tf from '@tensorflow/tfjs-core';
import { type Batch, type LogProbabilities, logProbabilitiesOf, supervisedRows } from '../../data/batch.ts';
import { wasmHeapBytes, withoutWasmErrors } from '../../gpu/wasm.ts';
import { methodOf } from '../../methods/list.ts';
import { loraScale } from '../../methods/lora/scale.ts';
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
import { attention } from '../../model/plain/attention.ts';
import { PlainDecoder } from '../../model/plain/decoder.ts';
import type { LoraUse } from '../../model/plain/linear.ts';
import { crossEntropy, tokenLosses } from '../../model/plain/loss.ts';
import type { RowChoice } from '../../model/plain/tape.ts';
import { groupMasks, type Tokens } from '../../model/plain/tokens.ts';
import { type BaseWeights, loadPlainWeights } from '../../model/plain/weights.ts';
import { dropoutKey, dropoutMask } from '../../ops/dropout-hash.ts';
import type {
  DecodeSession,
  Engine,
  EngineInfo,
  EngineShape,
  MemoryReport,
  OptimizerSettings,
  OptimizerState,
  StepResult,
} from '../engine.ts';
import { InOrder } from '../in-order.ts';
import { movementOf } from '../movement.ts';
import { type AdamWTensors, adamW } from './adamw.ts';
import { compactTokens, type Predicting, paddedTokens, predicting, sequenceTokens } from './batch.ts';
import { decodeSession } from './decoding.ts';
import { plainPlan, WASM_BYTES_PER_WEIGHT } from './plan.ts';
import { plainInfo } from './report.ts';

/**
 * Training and inference in plain tfjs ops, on whatever backend tfjs has chosen: the fallback on wasm, the baseline
 * of the benchmark on webgpu. Same mathematics, same dropout masks and same flat parameters as the GPU engine.
 *
 * The caller opens the backend (`gpu/wasm.ts`, `gpu/tfjs.ts`) before.
 */
export async function createPlainEngine(
  config: DecoderConfig,
  weights: BaseWeights,
  lora: LoraSettings,
  shape: EngineShape,
  seed: number,
): Promise<Engine> {
  const decoder = new PlainDecoder(config, await loadPlainWeights(config, weights));
  const engine = new PlainEngine(decoder, lora, shape, seed);
  await engine.setAdapter(initialAdapter(engine.modules, lora, seed));
  return engine;
}

/** Supervised rows are filled up to a multiple of this where shapes should repeat. */
const ROW_BUCKET = 64;

interface LossAndGradient {
  loss: tf.Tensor;
  gradient: tf.Tensor;
}

interface Prepared {
  tokens: Tokens;
  predicting: Predicting;
}

class PlainEngine implements Engine {
  readonly config: DecoderConfig;
  readonly modules: readonly AdapterModule[];
  readonly positions: number;
  readonly #indexOf: ReadonlyMap<string, number>;
  /** GPU backends pool buffers by size: there batches keep their padding, so that shapes repeat. */
  readonly #padded: boolean;
  /** tfjs's wasm backend has a fast matrix product only without a batch. */
  readonly #oneByOne: boolean;
  /** Each parameter's learning rate as a multiple of the run's; null where there is one group. */
  readonly #rates: tf.Tensor1D | null;
  #state: AdamWTensors;
  #peakBytes = 0;
  /** A step lets other tasks run between its micro-batches; what they ask for waits its turn. */
  readonly #queue = new InOrder(withoutWasmErrors);

  constructor(
    readonly decoder: PlainDecoder,
    readonly lora: LoraSettings,
    readonly shape: EngineShape,
    readonly seed: number,
  ) {
    this.config = decoder.config;
    this.modules = adapterModules(this.config, lora.targets);
    this.positions = this.config.maxPositions;
    this.#indexOf = new Map(this.modules.map((module, i) => [module.path, i]));
    this.#padded = tf.getBackend() === 'webgpu';
    this.#oneByOne = tf.getBackend() === 'wasm';
    const zeros = () => tf.zeros([this.#parameterCount()]) as tf.Tensor1D;
    this.#state = { parameters: zeros(), m: zeros(), v: zeros() };
    this.#rates = ratesOf(this.modules, lora);
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

  logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    return this.#queue.run(() => this.#logProbabilities(batch, strength));
  }

  logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    return this.#queue.run(() => this.#logits(ids, strength));
  }

  async #setAdapter(weights: AdapterWeights): Promise<void> {
    // Of the engine's own settings: values of another size are refused by name.
    const flat = joinValues({ settings: this.lora, modules: [...this.modules], values: weights.values });
    this.#replace({ ...this.#state, parameters: tf.tensor1d(flat) });
  }

  async #getAdapter(): Promise<AdapterWeights> {
    const flat = await this.#state.parameters.data();
    return splitValues(Float32Array.from(flat), this.modules, this.lora);
  }

  async #step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    const prepared = batches.map((batch) => this.#prepare(batch));
    const total = prepared.reduce((sum, { predicting }) => sum + predicting.at.length, 0);
    if (total === 0) return { loss: Number.NaN, gradNorm: Number.NaN, applied: false };
    let sum: LossAndGradient | null = null;
    for (const [micro, one] of prepared.entries()) {
      if (one.predicting.at.length === 0) continue;
      const next = this.#gradient(one, divisor ?? total, dropoutKey(this.seed, step, micro));
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
    const prepared = this.#prepare(batch);
    const tokens = prepared.predicting.at.length;
    if (tokens === 0) return { lossSum: 0, tokens };
    const loss = tf.tidy(() => this.#loss(prepared, this.#adapter(strength), 1, null));
    const [lossSum] = await loss.data();
    loss.dispose();
    await nextTask();
    return { lossSum, tokens };
  }

  async #logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    const prepared = this.#prepare(batch);
    const supervised = supervisedRows(batch);
    if (supervised.count === 0) return logProbabilitiesOf(batch, supervised, new Float32Array(0));
    const losses = tf.tidy(() => {
      const { hidden, targets } = this.#supervised(prepared, this.#adapter(strength), null);
      const losses = tokenLosses(hidden, this.decoder.weights.head, targets);
      this.#peakBytes = Math.max(this.#peakBytes, tf.memory().numBytes);
      return losses;
    });
    const values = (await losses.data()) as Float32Array;
    losses.dispose();
    await nextTask();
    return logProbabilitiesOf(batch, supervised, values);
  }

  async #logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    const tokens = sequenceTokens(ids);
    const logits = tf.tidy(() =>
      this.decoder.logits(this.#hidden(tokens, this.#adapter(strength), null, tokens.source, null)),
    );
    try {
      return Float32Array.from(await logits.data());
    } finally {
      logits.dispose();
    }
  }

  decode(maxLength: number, strength: number): Promise<DecodeSession> {
    return this.#queue.run(async () => {
      const parameters = tf.tidy(() => this.#parameters());
      const session = decodeSession(
        this.decoder,
        this.#adapter(strength, parameters),
        this.#oneByOne,
        maxLength,
        () => tf.dispose(parameters),
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
    const wasm = tf.getBackend() === 'wasm';
    // tfjs knows nothing of the copies that its wasm kernels pack, nor of what they take while they run.
    const base = wasm ? (WASM_BYTES_PER_WEIGHT / 8) * this.decoder.weights.bytes : this.decoder.weights.bytes;
    const peak = wasm ? wasmHeapBytes() : Math.max(this.#peakBytes, tf.memory().numBytes);
    return {
      plan_bytes: Object.values(plainPlan(this.config, base, adapter, this.shape)).reduce((a, b) => a + b),
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

  #parameterCount(): number {
    return trainableParameters(this.modules, this.lora);
  }

  #replace(next: AdamWTensors): void {
    const before = this.#state;
    this.#state = next;
    for (const key of ['parameters', 'm', 'v'] as const) if (before[key] !== next[key]) before[key].dispose();
  }

  #prepare(batch: Batch): Prepared {
    const tokens = this.#padded ? paddedTokens(batch) : compactTokens(batch);
    return { tokens, predicting: predicting(batch, tokens) };
  }

  /** A [r, in] and B [out, r] of every module, in order, cut from the flat parameters. */
  #parameters(): tf.Tensor[] {
    let at = 0;
    return parametersOf(this.modules, this.lora).map(({ parameter: { shape } }) => {
      const size = shape[0] * shape[1];
      const part = tf.slice(this.#state.parameters, at, size);
      at += size;
      return tf.reshape(part, [...shape]);
    });
  }

  /** Adapters by path, without dropout; none at strength 0. */
  #adapter(strength: number, parameters?: tf.Tensor[]): Map<string, LoraUse> {
    const uses = new Map<string, LoraUse>();
    if (strength === 0) return uses;
    const list = parameters ?? this.#parameters();
    this.modules.forEach((module, i) => {
      const [a, b] = [list[2 * i] as tf.Tensor2D, list[2 * i + 1] as tf.Tensor2D];
      uses.set(module.path, { a, b, scale: loraScale(this.lora, module) * strength, mask: null });
    });
    return uses;
  }

  /** Loss over `divisor` and the flat gradient of one micro-batch. */
  #gradient(prepared: Prepared, divisor: number, key: number): LossAndGradient {
    const [loss, gradient] = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads(
        (...parameters: tf.Tensor[]) =>
          this.#loss(prepared, this.#adapter(1, parameters), 1 / divisor, key) as tf.Scalar,
      )(this.#parameters());
      return [value, tf.concat(grads.map((gradient) => tf.reshape(gradient, [gradient.size])))];
    });
    return { loss, gradient };
  }

  /**
   * Sum of the token losses, each times its weight and `factor`.
   * @param key of dropout; null outside training, where no gradient will be asked for
   */
  #loss(
    prepared: Prepared,
    adapter: ReadonlyMap<string, LoraUse>,
    factor: number,
    key: number | null,
  ): tf.Tensor {
    const { at, weights: own } = prepared.predicting;
    const { hidden, targets } = this.#supervised(prepared, adapter, key);
    const weights = new Float32Array(targets.length).fill(factor, 0, at.length);
    own?.forEach((weight, i) => {
      weights[i] = factor * weight;
    });
    const loss = crossEntropy(hidden, this.decoder.weights.head, targets, weights, key !== null);
    this.#peakBytes = Math.max(this.#peakBytes, tf.memory().numBytes);
    return loss;
  }

  /** What the head sees of the supervised rows, and their targets, both filled up where shapes should repeat. */
  #supervised(
    { tokens, predicting: { at, targets } }: Prepared,
    adapter: ReadonlyMap<string, LoraUse>,
    key: number | null,
  ): { hidden: tf.Tensor; targets: Int32Array } {
    const count = this.#padded ? Math.ceil(at.length / ROW_BUCKET) * ROW_BUCKET : at.length;
    const index = new Int32Array(count);
    const inverse = new Int32Array(tokens.ids.length).fill(count);
    const rows = new Int32Array(count);
    at.forEach((token, i) => {
      index[i] = token;
      inverse[token] = i;
      rows[i] = tokens.source[token];
    });
    const choice: RowChoice = { index: tf.tensor1d(index, 'int32'), inverse: tf.tensor1d(inverse, 'int32') };
    const target = new Int32Array(count);
    target.set(targets);
    return { hidden: this.#hidden(tokens, adapter, choice, rows, key), targets: target };
  }

  /** @param rows of the padded token matrix that `choice` takes; @param key of dropout, null outside training */
  #hidden(
    tokens: Tokens,
    adapter: ReadonlyMap<string, LoraUse>,
    choice: RowChoice | null,
    rows: Int32Array,
    key: number | null,
  ): tf.Tensor {
    const windows = new Set(this.config.layerAttention.map((_, layer) => this.decoder.window(layer)));
    const masks = new Map([...windows].map((window) => [window, groupMasks(tokens, window)]));
    const { dropout } = this.lora;
    return this.decoder.hidden({
      ids: tokens.ids,
      positions: tokens.positions,
      choice,
      attend: (layer, q, k, v) => {
        const mask = masks.get(this.decoder.window(layer))!;
        return attention(q, k, v, this.decoder.attentionShape, {
          groups: tokens.groups,
          masks: mask,
          oneByOne: this.#oneByOne,
        });
      },
      adapt: (path, chosen) => {
        const use = adapter.get(path);
        if (!use || key === null || dropout === 0) return use ?? null;
        const source = chosen ? rows : tokens.source;
        const width = use.a.shape[1];
        const mask = dropoutMask(key, this.#indexOf.get(path)!, source, width, dropout);
        return { ...use, mask: tf.tensor2d(mask, [source.length, width]) };
      },
    });
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

/** Lets a worker's messages through: on wasm, promises alone never leave the current task. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

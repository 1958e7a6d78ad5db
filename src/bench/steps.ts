import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../data/batch.ts';
import type { Engine, OptimizerSettings } from '../engine/engine.ts';
import { GpuEngine } from '../engine/gpu/engine.ts';
import { KernelChoice } from '../engine/gpu/kernel-choice.ts';
import { planMemory } from '../engine/gpu/memory-plan.ts';
import { createPlainEngine } from '../engine/plain/engine.ts';
import type { Gpu } from '../gpu/device.ts';
import { Pipelines } from '../gpu/launcher.ts';
import { openWasm } from '../gpu/wasm.ts';
import type { BaseDtype } from '../loading/base-dtype.ts';
import { loadWeights } from '../loading/load-weights.ts';
import { ADAMW } from '../ops/adamw.ts';
import { type Bench, openDevice } from './bench.ts';
import { jaxReady } from './jax.ts';
import { openJaxTrainer } from './jax-decoder.ts';
import { type RandomModel, randomBatch, smolLM2, stepFlops, tinyModel, withDora } from './random-model.ts';
import type { BenchOptions, StepRow } from './results.ts';
import { type Contender, race } from './timing.ts';

/** A whole training step: forward, loss, backward to the adapters, clip, AdamW. */

export const OPTIMIZER: OptimizerSettings = {
  ...ADAMW,
  learningRate: 1e-3,
  weightDecay: 0,
  clip: 1,
};

/** Steps after which the losses are compared: the third shows two updates, the second one. */
const comparedSteps = (length: number) => (length > 128 ? 2 : 3);

interface Case {
  model: RandomModel;
  length: number;
  dtype: Exclude<BaseDtype, 'auto'>;
  peers: boolean;
}

function cases({ gpu, options }: Bench): Case[] {
  if (options.tiny) return [{ model: tinyModel(), length: 32, dtype: 'f32', peers: true }];
  const cut = smolLM2({ layers: 2, vocab: 2048 });
  const list: Case[] = [{ model: cut, length: 128, dtype: 'f32', peers: true }];
  if (options.quick) return list;
  list.push({ model: cut, length: 512, dtype: 'f32', peers: true });
  if (options.only === 'peers') return list;
  const whole = smolLM2();
  const lengths = gpu.software ? [128] : [128, 256, 512, 1024, 2048];
  for (const length of lengths) list.push({ model: whole, length, dtype: 'f32', peers: false });
  // Beside LoRA's row of the same length.
  list.push({ model: withDora(whole), length: gpu.software ? 128 : 1024, dtype: 'f32', peers: false });
  if (!gpu.software) list.push({ model: whole, length: 1024, dtype: 'f16', peers: false });
  return list;
}

/** A row, once the best matrix product of the whole run is known. */
export type StepResult = (bestGflops: number) => StepRow;

export async function stepResults(bench: Bench, adapterOf: GPU | undefined): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const one of cases(bench)) results.push(await measureStep(bench, adapterOf, one));
  return results;
}

/** An engine that trains, as a contender. Ours takes steps without waiting for the one before, as in a run. */
class Steps implements Contender {
  #step = 0;
  #last: Promise<number> = Promise.resolve(Number.NaN);

  /** @param backend of tfjs, which counts for everything that runs under it */
  constructor(
    readonly engine: Engine,
    readonly batch: Batch,
    readonly backend: string | null = null,
  ) {}

  async issue(): Promise<void> {
    if (this.backend !== null) await tf.setBackend(this.backend);
    this.#last = this.engine.step([this.batch], ++this.#step, OPTIMIZER).then(({ loss }) => loss);
    if (this.backend !== null) await this.#last;
  }

  async finish(): Promise<void> {
    await this.#last;
  }

  /** The loss of step `steps`. */
  async loss(steps: number): Promise<number> {
    while (this.#step < steps) {
      await this.issue();
      await this.#last;
    }
    return this.#last;
  }
}

interface Own {
  engine: Engine;
  gpu: Gpu;
  planBytes: number;
}

/** Our engine on a device of its own, so that its bytes are counted alone. */
export async function openOwn(
  adapterOf: GPU | undefined,
  { model, length, dtype }: Omit<Case, 'peers'>,
  { matrices }: Pick<BenchOptions, 'matrices'>,
): Promise<Own> {
  const gpu = await openDevice(adapterOf, { matrices });
  const pipelines = new Pipelines(gpu.device);
  const { config, lora, modules, source } = model;
  const options = {
    shape: { maxRows: 1, maxLength: length },
    seed: 1,
    checkpointing: false,
    packing: false,
    kernels: {},
  };
  const plan = await planMemory(gpu, { source, config, dtype }, lora, modules, options);
  const { weights } = await loadWeights(gpu, source, config, dtype);
  source.close();
  const engine = await GpuEngine.create({ gpu, pipelines, config, weights }, lora, modules, {
    ...options,
    choice: new KernelChoice(gpu, pipelines),
    planBytes: plan.total,
  });
  await engine.setAdapter(model.adapter);
  return { engine, gpu, planBytes: plan.total };
}

async function measureStep(bench: Bench, adapterOf: GPU | undefined, one: Case): Promise<StepResult> {
  const { host, options } = bench;
  const { model, length, dtype } = one;
  const batch = randomBatch(model.config, length);
  const own = await openOwn(adapterOf, one, options);
  const steps = new Steps(own.engine, batch);
  const loss = await steps.loss(one.peers ? comparedSteps(length) : 1);

  const peers = one.peers ? await openPeers(bench, model, batch) : [];
  for (const peer of peers)
    if (!(Math.abs(peer.loss - loss) < 1e-3 * Math.abs(loss)))
      throw new Error(
        `${model.name}, ${length} tokens: loss ${loss}, but ${peer.loss} by ${peer.name}; nothing was timed`,
      );

  const slow = own.gpu.software && length * model.config.layers > 2000;
  const rounds = {
    // Where a round is short there are more of them: neighbours on the machine disturb some.
    rounds: options.quick || slow ? 1 : length * model.config.layers > 500 ? 4 : 8,
    turnMs: options.quick ? 200 : 1000,
    longestMs: 15_000,
  };
  const contenders = [steps, ...peers.map(({ contender }) => contender)];
  const [ms, ...theirs] = await race(contenders, rounds, options.waitMs);
  const hostMs = await hostTime(own, steps, slow ? 1 : 3);
  const mainMs = await mainThreadTime(bench, steps, slow ? 1 : 5);
  const info = own.engine.info();
  const peakBytes = own.gpu.buffers.peak;
  const slower = (name: string) => {
    const i = peers.findIndex((peer) => peer.name === name);
    return i < 0 ? null : theirs[i] / ms;
  };
  const lossOf = (name: string) => peers.find((peer) => peer.name === name)?.loss ?? null;
  const gflops = stepFlops(model, batch) / ms / 1e6;
  const result = (bestGflops: number): StepRow => ({
    model: model.name,
    layers: model.config.layers,
    vocab: model.config.vocab,
    batch: 1,
    length,
    rank: model.lora.rank,
    dtype,
    ms,
    tokens_per_second: (1000 * length) / ms,
    utilisation: gflops / bestGflops,
    dispatches: info.dispatchesPerStep ?? 0,
    submits: info.submitsPerStep ?? 0,
    host_ms: hostMs,
    main_thread_ms: mainMs,
    peak_bytes: peakBytes,
    plan_bytes: own.planBytes,
    loss,
    against_tfjs: slower('tfjs'),
    against_jax: slower('jax'),
    against_wasm: slower('wasm'),
    loss_tfjs: lossOf('tfjs'),
    loss_jax: lossOf('jax'),
    loss_wasm: lossOf('wasm'),
  });
  const factor = (name: string) => slower(name)?.toFixed(2) ?? '–';
  await host.say(
    `step of ${model.name}, ${model.config.layers} layers, ${length} tokens: ${ms.toFixed(0)} ms (${gflops.toFixed(2)} GFLOP/s); tfjs ${factor('tfjs')}×, jax-js ${factor('jax')}×, wasm ${factor('wasm')}×`,
  );
  for (const peer of peers) await peer.dispose();
  // What follows is measured on the device again: a matmul of the wasm backend is no measure of it.
  await tf.setBackend('webgpu');
  await own.engine.dispose();
  own.gpu.device.destroy();
  return result;
}

interface Peer {
  name: 'tfjs' | 'jax' | 'wasm';
  contender: Contender;
  /** After the compared steps. */
  loss: number;
  dispose(): void | Promise<void>;
}

/** The same training by the others: plain tfjs on our device, jax-js on the same adapter, plain tfjs on wasm. */
async function openPeers(bench: Bench, model: RandomModel, batch: Batch): Promise<Peer[]> {
  const peers: Peer[] = [];
  const compared = comparedSteps(batch.length);
  const plain = async (name: 'tfjs' | 'wasm', backend: string) => {
    const engine = await createPlainEngine(model.config, model.base, model.lora, 1);
    await engine.setAdapter(model.adapter);
    const steps = new Steps(engine, batch, backend);
    const loss = await steps.loss(compared);
    const dispose = async () => {
      await tf.setBackend(backend);
      await engine.dispose();
    };
    peers.push({ name, contender: steps, loss, dispose });
  };
  await tf.setBackend('webgpu');
  await plain('tfjs', 'webgpu');
  if (await jaxReady()) {
    const trainer = await openJaxTrainer(model, batch, OPTIMIZER);
    let step = 0;
    let loss = Number.NaN;
    while (step < compared) loss = await trainer.step(++step).loss();
    const contender = {
      issue() {
        trainer.step(++step);
      },
      finish: () => trainer.finish(),
    };
    peers.push({ name: 'jax', contender, loss, dispose: () => trainer.dispose() });
  }
  if (bench.host.wasm) {
    await openWasm();
    await plain('wasm', 'wasm');
    await tf.setBackend('webgpu');
  }
  return peers;
}

/** From the call of a step to its last submit, with nothing else on the queue: the least of a few. */
async function hostTime({ gpu }: Own, steps: Steps, count: number): Promise<number> {
  const { stream } = gpu;
  const submit = stream.submit;
  let last = 0;
  stream.submit = () => {
    submit.call(stream);
    last = performance.now();
  };
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    await steps.issue();
    await steps.finish();
    least = Math.min(least, last - begin);
  }
  stream.submit = submit;
  return least;
}

/** What the page's own thread works during a step. */
async function mainThreadTime({ host }: Bench, steps: Steps, count: number): Promise<number | null> {
  // Asking costs the page something too: what it costs between two questions is taken off.
  const first = await host.mainThreadMs();
  const before = await host.mainThreadMs();
  if (first === null || before === null) return null;
  for (let i = 0; i < count; i++) {
    await steps.issue();
    await steps.finish();
    await host.stepped();
  }
  const after = await host.mainThreadMs();
  return after === null ? null : Math.max(0, after - before - (before - first)) / count;
}

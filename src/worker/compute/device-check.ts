import type { Batch } from '../../data/batch.ts';
import type { Engine, OptimizerSettings } from '../../engine/engine.ts';
import { GpuEngine } from '../../engine/gpu/engine.ts';
import { KernelChoice } from '../../engine/gpu/kernel-choice.ts';
import { UserError } from '../../errors.ts';
import { pageFile } from '../../files/page-file.ts';
import { requestAdapter } from '../../gpu/device.ts';
import { Pipelines } from '../../gpu/launcher.ts';
import { loadWeights } from '../../loading/load-weights.ts';
import { parametersOf } from '../../methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../methods/types.ts';
import { adapterModules } from '../../model/families/names.ts';
import { parseConfig } from '../../model/families/parse.ts';
import type { LinearOp } from '../../ops/webgpu/linear-variants.ts';
import { type Variants, variantErrors } from '../../ops/webgpu/self-check.ts';
import { bytesReader } from '../../weights/range-reader.ts';
import { readSafetensorsHeader } from '../../weights/safetensors.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { DeviceCheck, DeviceChoice } from '../api/api.ts';
import { storedChoices } from '../storage/kernel-store.ts';
import { findHardware, gpuName, openAllowed } from './hardware.ts';
import { ProcessorHost } from './processor-host.ts';
import type { Listener } from './workspace.ts';

/**
 * Proof on the person's own device: a small committed model trains 30 steps on it, and the losses are laid beside the
 * ones that PyTorch computed of the same weights, rows and settings. On a device of its own, so that whatever is open
 * stays as it is.
 */

const BATCHES = 6;
const SHAPE = { maxRows: 3, maxLength: 19 };
const OPS: readonly LinearOp[] = ['linear-forward', 'linear-backward', 'lora-gradient'];

interface Stored {
  shape: readonly number[];
  floats: Float32Array;
  ints: Int32Array;
}

type Tensors = ReadonlyMap<string, Stored>;

/** `run.json`: what the committed run was, and what PyTorch measured. */
interface Committed {
  lora: LoraSettings;
  optimizer: OptimizerSettings;
  losses: number[];
  gradNorms: number[];
}

interface Opened {
  engine: Engine;
  name: string;
  kernels: DeviceCheck['kernels'];
  close(): void;
}

/** @throws UserError `no-check` where the files cannot be read; as the device where it fails */
export async function checkDevice(
  root: string,
  choice: DeviceChoice,
  listener: Listener,
): Promise<DeviceCheck> {
  const what = 'Replaying 30 steps';
  listener({ type: 'progress', what, done: 0, total: null });
  const bytes = async (file: string) => {
    const found = await pageFile(`${root}check/${file}`);
    if (!found)
      throw new UserError(
        'no-check',
        `The check's file ${file} could not be read. Nothing was changed. Reload the page.`,
      );
    return new Uint8Array(await found.arrayBuffer());
  };
  const json = async (file: string) => JSON.parse(new TextDecoder().decode(await bytes(file)));
  const config = parseConfig(await json('config.json'));
  const run: Committed = await json('run.json');
  const weights = await tensorsOf(await bytes('model.safetensors'));
  const expected = await tensorsOf(await bytes('expected.safetensors'));
  const began = performance.now();
  const opened = await open(choice, sourceOf(weights), config, run.lora, listener);
  const { engine } = opened;
  try {
    await engine.setAdapter(initial(engine, run.lora, expected));
    const batches = Array.from({ length: BATCHES }, (_, i) => batchOf(expected, i));
    const base = await logitsError(engine, batches[0], 0, expected.get('logits')!);
    const ours: number[] = [];
    let gradientError = 0;
    for (const [i, theirs] of run.gradNorms.entries()) {
      const micro = [batches[(2 * i) % BATCHES], batches[(2 * i + 1) % BATCHES]];
      const { loss, gradNorm } = await engine.step(micro, i + 1, run.optimizer);
      ours.push(loss);
      gradientError = largest(gradientError, Math.abs(gradNorm / theirs - 1));
      listener({ type: 'progress', what, done: i + 1, total: run.losses.length });
    }
    const tuned = await logitsError(engine, batches[0], 1, expected.get('tuned_logits')!);
    return {
      device: engine.info().device,
      name: opened.name,
      ours,
      theirs: run.losses,
      lossError: ours.reduce((most, loss, i) => largest(most, Math.abs(loss / run.losses[i] - 1)), 0),
      gradientError,
      logitError: largest(base, tuned),
      kernels: opened.kernels,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    opened.close();
  }
}

/** The larger one; what is not a number is the largest. */
function largest(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b);
}

async function open(
  choice: DeviceChoice,
  source: ModelSource,
  config: ReturnType<typeof parseConfig>,
  lora: LoraSettings,
  listener: Listener,
): Promise<Opened> {
  const { device } = await findHardware(choice);
  const options = {
    shape: SHAPE,
    seed: 1,
    checkpointing: false,
    packing: false,
    kernels: {},
  };
  if (device === 'wasm') {
    const need = { device, adapterSettings: lora, dtype: 'f32' as const, ...options };
    const host = new ProcessorHost(source, config);
    const { engine } = await host
      .engine(need, () => {})
      .catch((error) => {
        // Its threads would wait for ever.
        host.dispose();
        throw error;
      });
    const close = async () => {
      await engine.dispose();
      host.dispose();
    };
    return { engine, name: 'CPU (WebAssembly)', kernels: [], close };
  }
  const adapter = await requestAdapter(navigator.gpu);
  if (!adapter)
    throw new UserError('no-webgpu', 'The graphics card is gone. Nothing was changed. Reload the page.');
  const gpu = await openAllowed(adapter);
  try {
    const pipelines = new Pipelines(gpu.device);
    const { weights } = await loadWeights(gpu, source, config, 'f32');
    const modules = adapterModules(config, lora.targets);
    const variants = new KernelChoice(gpu, pipelines, await storedChoices(gpu));
    listener({ type: 'progress', what: 'Compiling the kernels', done: 0, total: null });
    const engine = await GpuEngine.create({ gpu, pipelines, config, weights }, lora, modules, {
      ...options,
      choice: variants,
      planBytes: 0,
    });
    const kernels = await variantErrors(gpu, pipelines, variantsIn(engine.info().kernels));
    return { engine, name: gpuName(gpu.info), kernels, close: () => gpu.device.destroy() };
  } catch (error) {
    gpu.device.destroy();
    throw error;
  }
}

/** Names of variants in use by operation; keys of choices begin with the operation. */
function variantsIn(choices: Readonly<Record<string, string>>): Variants {
  const of = (op: LinearOp) => [
    ...new Set(
      Object.entries(choices)
        .filter(([key]) => key.split(' ')[0] === op)
        .map(([, name]) => name),
    ),
  ];
  return Object.fromEntries(OPS.map((op) => [op, of(op)])) as unknown as Variants;
}

async function tensorsOf(bytes: Uint8Array): Promise<Tensors> {
  const { tensors } = await readSafetensorsHeader(bytesReader('check', bytes));
  return new Map(
    [...tensors.values()].map(({ name, shape, begin, end }) => {
      const { buffer } = Uint8Array.from(bytes.subarray(begin, end));
      return [name, { shape, floats: new Float32Array(buffer), ints: new Int32Array(buffer) }];
    }),
  );
}

function sourceOf(tensors: Tensors): ModelSource {
  return {
    kind: 'folder',
    id: 'check',
    name: 'check',
    revision: null,
    licence: null,
    config: {},
    generationConfig: null,
    tokenizer: { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null },
    tensors: new Map(
      [...tensors].map(([name, { shape, floats }]) => [
        name,
        { name, stored: 'F32' as const, shape, bytes: floats.byteLength },
      ]),
    ),
    async read(tensor, begin, end) {
      const { buffer } = tensors.get(tensor)!.floats;
      return new Uint8Array(buffer as ArrayBuffer, begin, end - begin);
    },
    close() {},
  };
}

function batchOf(expected: Tensors, i: number): Batch {
  const ids = expected.get(`batch.${i}.ids`)!;
  return {
    rows: ids.shape[0],
    length: ids.shape[1],
    ids: ids.ints,
    labels: expected.get(`batch.${i}.labels`)!.ints,
    lengths: expected.get(`batch.${i}.lengths`)!.ints,
  };
}

function initial(engine: Engine, lora: LoraSettings, expected: Tensors): AdapterWeights {
  const values = new Map(
    parametersOf(engine.modules, lora).map(({ key }) => [key, expected.get(`initial.${key}`)!.floats]),
  );
  return { settings: lora, modules: [...engine.modules], values };
}

/** max |ours − theirs| / max(1, max |theirs|) over the rows' real tokens. */
async function logitsError(engine: Engine, batch: Batch, strength: number, theirs: Stored): Promise<number> {
  const { vocab } = engine.config;
  let error = 0;
  let scale = 1;
  for (let row = 0; row < batch.rows; row++) {
    const begin = row * batch.length;
    const ids = batch.ids.subarray(begin, begin + batch.lengths[row]);
    const ours = await engine.logits([...ids], strength);
    for (let i = 0; i < ours.length; i++) {
      const wanted = theirs.floats[begin * vocab + i];
      scale = Math.max(scale, Math.abs(wanted));
      error = largest(error, Math.abs(ours[i] - wanted));
    }
  }
  return error / scale;
}

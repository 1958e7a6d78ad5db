import type { Batch } from '../../../src/data/batch.ts';
import type { OptimizerSettings } from '../../../src/engine/engine.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import type { DecoderConfig } from '../../../src/model/config.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import type { AdapterModule } from '../../../src/model/modules.ts';
import type { BaseWeights } from '../../../src/model/plain/weights.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../src/weights/source.ts';

/** Small random models with what PyTorch computes from them; see scripts/fixtures/model/make.py. */
export const FIXTURES = [
  'llama',
  'llama3',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma3',
  'gpt2',
  'gpt_neox',
] as const;

export interface Fixture {
  config: DecoderConfig;
  adapterSettings: LoraSettings;
  modules: AdapterModule[];
  optimizer: OptimizerSettings;
  weights: BaseWeights;
  /** The model's own tensors, as stored. */
  tensors: ReadonlyMap<string, StoredTensor>;
  batches: Batch[];
  /** [rows, length, vocab] of batch 0: the base, and with the final adapter. */
  logits: Float32Array;
  tunedLogits: Float32Array;
  /** Of batch 0 alone with the initial adapter. */
  first: { loss: number; tokens: number; gradNorm: number };
  losses: number[];
  gradNorms: number[];
  /** A and B before and after the run, and the gradient of batch 0's mean loss before it. */
  initial: AdapterWeights;
  gradient: AdapterWeights;
  final: AdapterWeights;
}

export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array;
  /** The same bytes as integers. */
  ints: Int32Array;
}

/** @param read one file of the fixture's folder by name */
export async function openFixture(read: (file: string) => Promise<Uint8Array>): Promise<Fixture> {
  const json = async (file: string) => JSON.parse(new TextDecoder().decode(await read(file)));
  const config = parseConfig(await json('config.json'));
  const run = await json('run.json');
  const tensors = await readTensors(await read('model.safetensors'));
  const expected = await readTensors(await read('expected.safetensors'));
  const lora: LoraSettings = run.lora;
  const modules = adapterModules(config, lora.targets);
  const adapter = (prefix: string): AdapterWeights => {
    const values = new Map(
      modules.flatMap(({ path }) =>
        ['lora_A', 'lora_B'].map((name): [string, Float32Array] => [
          `${path}.${name}`,
          expected.get(`${prefix}.${path}.${name}`)!.data,
        ]),
      ),
    );
    return { settings: lora, modules, values };
  };
  return {
    config,
    adapterSettings: lora,
    modules,
    tensors,
    weights: {
      async tensor(name) {
        const found = tensors.get(name);
        if (!found) throw new Error(`no tensor ${name}`);
        return found;
      },
    },
    batches: Array.from({ length: 6 }, (_, i) => {
      const { shape, ints: ids } = expected.get(`batch.${i}.ids`)!;
      const labels = expected.get(`batch.${i}.labels`)!.ints;
      const lengths = expected.get(`batch.${i}.lengths`)!.ints;
      return { rows: shape[0], length: shape[1], ids, labels, lengths };
    }),
    logits: expected.get('logits')!.data,
    tunedLogits: expected.get('tuned_logits')!.data,
    initial: adapter('initial'),
    gradient: adapter('gradient'),
    final: adapter('final'),
    optimizer: run.optimizer,
    first: run.first,
    losses: run.losses,
    gradNorms: run.gradNorms,
  };
}

/** The fixture's tensors as a model to load. */
export function sourceOf(f: Pick<Fixture, 'tensors'>): ModelSource {
  return {
    kind: 'folder',
    id: 'fixture',
    name: 'fixture',
    revision: null,
    licence: null,
    config: {},
    generationConfig: null,
    tokenizer: { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null },
    tensors: new Map(
      [...f.tensors].map(([name, { shape, data }]) => [
        name,
        { name, stored: 'F32' as const, shape, bytes: data.byteLength },
      ]),
    ),
    async read(tensor, begin, end) {
      const { data } = f.tensors.get(tensor)!;
      return new Uint8Array(data.buffer, data.byteOffset + begin, end - begin);
    },
    close() {},
  };
}

async function readTensors(bytes: Uint8Array): Promise<Map<string, StoredTensor>> {
  const { tensors } = await readSafetensorsHeader(bytesReader('fixture', bytes));
  return new Map(
    [...tensors.values()].map(({ name, shape, begin, end }) => {
      const { buffer } = Uint8Array.from(bytes.subarray(begin, end));
      return [name, { shape, data: new Float32Array(buffer), ints: new Int32Array(buffer) }];
    }),
  );
}

/** max |ours − theirs| / max(1, max |theirs|) over the first `count` values. */
export function logitError(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  count = theirs.length,
): number {
  let largest = 1;
  let error = 0;
  for (let i = 0; i < count; i++) {
    largest = Math.max(largest, Math.abs(theirs[i]));
    error = Math.max(error, Math.abs(ours[i] - theirs[i]));
  }
  return error / largest;
}

export function cosine(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  return xy / Math.sqrt(xx * yy);
}

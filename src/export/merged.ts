import { UserError } from '../errors.ts';
import type { NamedBlob } from '../files/named-file.ts';
import { methodOf } from '../methods/list.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { AdapterModule } from '../model/modules.ts';
import { floatsToHalves } from '../weights/half.ts';
import { readFloats } from '../weights/load.ts';
import { float32Bytes, safetensorsPrefix, type TensorToWrite } from '../weights/safetensors.ts';
import type { ModelSource } from '../weights/source.ts';
import { withBothGenerations } from './rope-generations.ts';

/** Merging: W' = W + s·BA, one tensor at a time, so that memory holds one matrix. */

export type MergeProgress = (done: number, total: number) => void;

const MAX_SHARD_BYTES = 2_000_000_000;

/** A base tensor as float32 with its adapter merged in. Stored [out, in], or [in, out] for GPT-2's Conv1D. */
export async function mergedFloats(
  source: ModelSource,
  config: DecoderConfig,
  weights: AdapterWeights,
  name: string,
): Promise<Float32Array> {
  const values = await readFloats(source, name);
  const module = weights.modules.find(({ path }) => `${path}.weight` === name);
  if (module) addDelta(values, module, weights, config.family.tensors.conv1d);
  return values;
}

function addDelta(
  values: Float32Array,
  module: AdapterModule,
  weights: AdapterWeights,
  conv1d: boolean,
): void {
  let o = 0;
  for (const row of methodOf(weights.settings).delta(weights, module)) {
    if (conv1d) for (let i = 0; i < module.in; i++) values[i * module.out + o] += row[i];
    else for (let i = 0; i < module.in; i++) values[o * module.in + i] += row[i];
    o++;
  }
}

/** float32 → bytes of the type. @throws UserError `does-not-fit` where a value is beyond a half's range. */
export function storedAs(values: Float32Array, dtype: 'f32' | 'f16', name: string): Uint8Array<ArrayBuffer> {
  if (dtype === 'f32') return float32Bytes(values) as Uint8Array<ArrayBuffer>;
  const halves = floatsToHalves(values);
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i] & 0x7c00) === 0x7c00)
      throw new UserError(
        'does-not-fit',
        `The merged tensor ${name} has a value beyond what f16 can hold. Export it as f32.`,
      );
  }
  return new Uint8Array(halves.buffer as ArrayBuffer);
}

/**
 * A GGUF file may divide its frequencies by numbers that no `rope_type` of transformers gives.
 * @throws UserError `unsupported-export` for such a base
 */
export function checkMergedFolder(source: ModelSource, config: DecoderConfig): void {
  if (config.family.rope?.read(source.config).global.rope_type !== 'factors') return;
  throw new UserError(
    'unsupported-export',
    'This base model scales its rotary embedding by factors of its own, which a config.json for transformers cannot say. Export it as a merged GGUF file, or the adapter alone.',
  );
}

/**
 * The merged model as a folder for transformers: safetensors (in shards above 2 GB), config, tokenizer.
 * `maxShard` is for tests; `progress` is told of tensors done and in all.
 * @throws UserError `unsupported-export`, `does-not-fit`
 */
export async function mergedFolder(
  source: ModelSource,
  config: DecoderConfig,
  weights: AdapterWeights,
  dtype: 'f32' | 'f16',
  { maxShard = MAX_SHARD_BYTES, progress = () => {} }: { maxShard?: number; progress?: MergeProgress } = {},
): Promise<NamedBlob[]> {
  checkMergedFolder(source, config);
  const width = dtype === 'f32' ? 4 : 2;
  const shards: TensorToWrite[][] = [[]];
  let filled = 0;
  let total = 0;
  for (const { name, shape } of source.tensors.values()) {
    const bytes = shape.reduce((product, size) => product * size, width);
    if (filled > 0 && filled + bytes > maxShard) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push({ name, dtype: dtype === 'f32' ? 'F32' : 'F16', shape });
    filled += bytes;
    total += bytes;
  }
  const files: NamedBlob[] = [];
  const places: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const number = (n: number) => String(n).padStart(5, '0');
    const path =
      shards.length === 1
        ? 'model.safetensors'
        : `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    const parts: Blob[] = [new Blob([safetensorsPrefix(shard, { format: 'pt' }) as Uint8Array<ArrayBuffer>])];
    for (const { name } of shard) {
      progress(Object.keys(places).length, source.tensors.size);
      places[name] = path;
      parts.push(new Blob([storedAs(await mergedFloats(source, config, weights, name), dtype, name)]));
    }
    files.push({ path, blob: new Blob(parts) });
  }
  if (shards.length > 1)
    files.push(json('model.safetensors.index.json', { metadata: { total_size: total }, weight_map: places }));
  return [...files, ...companions(source, config, dtype)];
}

/** config, generation config and tokenizer as files. */
function companions(source: ModelSource, decoder: DecoderConfig, dtype: 'f32' | 'f16'): NamedBlob[] {
  const { tokenizer } = source;
  const named = dtype === 'f32' ? 'float32' : 'float16';
  const config = { ...withBothGenerations(source.config, decoder.family), dtype: named, torch_dtype: named };
  return [
    json('config.json', config),
    ...(source.generationConfig ? [json('generation_config.json', source.generationConfig)] : []),
    json('tokenizer.json', tokenizer.tokenizerJson),
    json('tokenizer_config.json', {
      ...tokenizer.tokenizerConfig,
      ...(tokenizer.chatTemplate ? { chat_template: tokenizer.chatTemplate } : {}),
    }),
    ...(tokenizer.chatTemplate
      ? [{ path: 'chat_template.jinja', blob: new Blob([tokenizer.chatTemplate]) }]
      : []),
  ];
}

function json(path: string, value: unknown): NamedBlob {
  return { path, blob: new Blob([`${JSON.stringify(value, null, 2)}\n`]) };
}

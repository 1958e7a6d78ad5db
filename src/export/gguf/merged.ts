import { UserError } from '../../errors.ts';
import type { NamedBlob } from '../../files/named-file.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { FAMILIES } from '../../model/families/names.ts';
import { ropeParametersOf } from '../../model/families/parse.ts';
import type { RopeParameters } from '../../model/rope.ts';
import { ggufArchitecture, ggufName } from '../../weights/gguf/config.ts';
import { tokenizerFields } from '../../weights/gguf/tokenizer-write.ts';
import { type GgufField, type GgufTensorToWrite, ggufPadding, ggufPrefix } from '../../weights/gguf/write.ts';
import { quantiseQ8_0 } from '../../weights/quantise.ts';
import type { ModelSource, StoredType } from '../../weights/source.ts';
import { type MergeProgress, mergedFloats, storedAs } from '../merged.ts';
import { interleaveHeads } from './adapter.ts';

/** GGUF's name for the architecture. @throws UserError `unsupported-export` where it has none here */
function mergedArchitecture(config: DecoderConfig): string {
  const architecture = ggufArchitecture(config.family);
  if (architecture && config.family !== 'gemma3') return architecture;
  throw new UserError(
    'unsupported-export',
    `A merged GGUF file of ${config.architecture} cannot be written here. Export the merged model as safetensors and convert it with llama.cpp’s convert_hf_to_gguf.py.`,
  );
}

/** @throws UserError `unsupported-export` where `mergedGguf` would: an architecture or a tokenizer without a name there */
export function checkMergedGguf(source: ModelSource, config: DecoderConfig): void {
  mergedArchitecture(config);
  tokenizerFields(source.tokenizer, config);
}

/** `general.file_type` of ggml. */
const FILE_TYPES = { f32: 0, f16: 1, q8: 7 } as const;

/**
 * The merged model as one GGUF file for llama.cpp: matrices in F32, F16 or Q8_0, vectors in F32; q and k interleaved
 * for the architecture `llama`. Source: llama.cpp, `convert_hf_to_gguf.py`.
 * @throws UserError `unsupported-export`, `does-not-fit`
 */
export async function mergedGguf(
  source: ModelSource,
  config: DecoderConfig,
  weights: AdapterWeights,
  dtype: 'f32' | 'f16' | 'q8',
  path = 'model.gguf',
  progress: MergeProgress = () => {},
): Promise<NamedBlob> {
  const architecture = mergedArchitecture(config);
  const tensors: (GgufTensorToWrite & { from: string; heads: number })[] = [];
  for (const { name, shape } of source.tensors.values()) {
    const gguf = ggufName(name, config.family);
    if (gguf === null || (config.tiedHead && name === FAMILIES[config.family].head)) continue;
    const stored: StoredType =
      shape.length < 2 || dtype === 'f32'
        ? 'F32'
        : dtype === 'q8' && shape[shape.length - 1] % 32 === 0
          ? 'Q8_0'
          : 'F16';
    const heads =
      architecture !== 'llama'
        ? 0
        : /\.attn_q\./.test(gguf)
          ? config.heads
          : /\.attn_k\./.test(gguf)
            ? config.kvHeads
            : 0;
    tensors.push({ name: gguf, from: name, shape, stored, heads });
  }
  const rope = ropeParametersOf(source.config, config.family).global;
  const factors = ropeFactors(rope, config);
  if (factors)
    tensors.push({ name: 'rope_freqs.weight', from: '', shape: [factors.length], stored: 'F32', heads: 0 });

  const parts: Blob[] = [
    new Blob([
      ggufPrefix(fields(source, config, architecture, dtype, rope), tensors) as Uint8Array<ArrayBuffer>,
    ]),
  ];
  for (const [i, tensor] of tensors.entries()) {
    progress(i, tensors.length);
    let values =
      tensor.from === ''
        ? Float32Array.from(factors!)
        : await mergedFloats(source, config, weights, tensor.from);
    if (tensor.heads)
      values = interleaveHeads(values, tensor.heads, tensor.shape[0], values.length / tensor.shape[0]);
    const bytes =
      tensor.stored === 'Q8_0'
        ? (quantiseQ8_0(values) as Uint8Array<ArrayBuffer>)
        : storedAs(values, tensor.stored === 'F32' ? 'f32' : 'f16', tensor.from);
    parts.push(new Blob([bytes, new Uint8Array(ggufPadding(bytes.length))]));
  }
  return { path, blob: new Blob(parts) };
}

function fields(
  source: ModelSource,
  config: DecoderConfig,
  architecture: string,
  dtype: keyof typeof FILE_TYPES,
  rope: RopeParameters,
): Record<string, GgufField> {
  const u32 = (value: number): GgufField => ({ type: 'u32', value });
  const f32 = (value: number): GgufField => ({ type: 'f32', value });
  const text = (value: string): GgufField => ({ type: 'string', value });
  const key = (name: string) => `${architecture}.${name}`;
  return {
    'general.architecture': text(architecture),
    'general.type': text('model'),
    'general.name': text(source.name),
    ...(source.licence ? { 'general.license': text(source.licence) } : {}),
    'general.file_type': u32(FILE_TYPES[dtype]),
    'general.quantization_version': u32(2),
    [key('block_count')]: u32(config.layers),
    [key('context_length')]: u32(config.maxPositions),
    [key('embedding_length')]: u32(config.hidden),
    [key('feed_forward_length')]: u32(config.intermediate),
    [key('attention.head_count')]: u32(config.heads),
    [key('attention.head_count_kv')]: u32(config.kvHeads),
    [key('attention.key_length')]: u32(config.headDim),
    [key('attention.value_length')]: u32(config.headDim),
    [key('attention.layer_norm_rms_epsilon')]: f32(config.normEps),
    [key('rope.freq_base')]: f32(rope.rope_theta!),
    [key('rope.dimension_count')]: u32(config.rope!.global.dims),
    [key('vocab_size')]: u32(config.vocab),
    ...scalingFields(rope, architecture),
    ...tokenizerFields(source.tokenizer, config),
  };
}

function scalingFields(rope: RopeParameters, architecture: string): Record<string, GgufField> {
  const type = rope.rope_type;
  if (type !== 'linear' && type !== 'yarn') return {};
  const original = rope.original_max_position_embeddings;
  return {
    [`${architecture}.rope.scaling.type`]: { type: 'string', value: type },
    [`${architecture}.rope.scaling.factor`]: { type: 'f32', value: Number(rope.factor) },
    ...(typeof original === 'number'
      ? { [`${architecture}.rope.scaling.original_context_length`]: { type: 'u32', value: original } }
      : {}),
  };
}

/** Llama 3's scaling lies in a tensor: what each plain inverse frequency is divided by. */
function ropeFactors(rope: RopeParameters, config: DecoderConfig): number[] | null {
  if (rope.rope_type !== 'llama3' && rope.rope_type !== 'factors') return null;
  const { dims, inverseFrequencies } = config.rope!.global;
  const theta = rope.rope_theta!;
  return inverseFrequencies.map((scaled, j) => theta ** ((-2 * j) / dims) / scaled);
}

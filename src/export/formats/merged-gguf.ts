import type { NamedBlob } from '../../files/named-file.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { GgufFields, GgufForm, GgufWriter } from '../../model/families/family.ts';
import { addsOne, ggufName, interleavedHeads } from '../../weights/gguf/config.ts';
import { interleaveHeads } from '../../weights/gguf/head-rows.ts';
import { tokenizerFields, tokenizerRefusal } from '../../weights/gguf/tokenizer-write.ts';
import { type GgufField, type GgufTensorToWrite, ggufPadding, ggufPrefix } from '../../weights/gguf/write.ts';
import { quantiseQ8_0 } from '../../weights/quantise.ts';
import type { ModelSource, StoredType } from '../../weights/source.ts';
import type { AdapterFormat, ExportDtype, ExportModel, MergeProgress } from '../format.ts';
import { quoted, shellBlock } from '../how-to-load.ts';
import { mergedFloats, storedAs } from '../merging.ts';

/** The whole model with the adapter in it, as one GGUF file. */
export const mergedGguf: AdapterFormat<'merged-gguf'> = {
  id: 'merged-gguf',
  from: 'adapter',
  label: 'Merged GGUF',
  button: 'Download merged GGUF',
  about: 'The whole model in one file, for llama.cpp, Ollama and LM Studio.',
  dtypes: [
    { value: 'f16', label: 'F16', bytes: 2 },
    { value: 'q8', label: 'Q8_0, half the size', bytes: 34 / 32 },
    { value: 'f32', label: 'F32', bytes: 4 },
  ],
  file: (dtype) => `-${dtype}.gguf`,
  zip: null,
  merged: true,
  library: 'gguf',
  runRecord: false,
  base: null,
  check({ source, config }) {
    const { gguf, architecture } = config.family;
    const why =
      gguf.refused === undefined
        ? (gguf.write.refused ?? gguf.unwritable?.(config, source.config) ?? undefined)
        : gguf.refused;
    if (why !== undefined)
      return `A merged GGUF file of ${architecture} cannot be written here, since ${why}. Export the merged model as safetensors and convert it with llama.cpp’s convert_hf_to_gguf.py.`;
    return tokenizerRefusal(source.tokenizer);
  },
  write: async ({ source, config, weights, dtype, progress }) => ({
    files: [await writeMergedGguf({ source, config, weights, dtype, progress })],
  }),
  command: (_base, target) => command(target),
  use: (_base, file) => [
    'With llama.cpp:',
    '',
    ...shellBlock(command(file)),
    '',
    'LM Studio and Ollama open the file as well.',
  ],
  lines: (_base, target) => ({ language: 'shell', lines: [command(target)] }),
};

function command(target: string): string {
  return `llama-cli -m ${quoted(target)} -p "Hello!"`;
}

/** `general.file_type` of ggml. */
const FILE_TYPES = { f32: 0, f16: 1, q8: 7 } as const;

/**
 * Matrices in F32, F16 or Q8_0, vectors in F32; q and k interleaved for the architecture `llama`.
 * Source: llama.cpp, `convert_hf_to_gguf.py`.
 * @param weights null: the base alone
 * @throws UserError `unsupported-export` for a tokenizer without a name there, `does-not-fit`
 */
export async function writeMergedGguf({
  source,
  config,
  weights,
  dtype,
  path = 'model.gguf',
  progress = () => {},
}: ExportModel & {
  weights: AdapterWeights | null;
  dtype: ExportDtype;
  path?: string;
  progress?: MergeProgress;
}): Promise<NamedBlob> {
  const { form, write } = formOf(config);
  const tensors: (GgufTensorToWrite & { from: string; heads: number })[] = [];
  for (const { name, shape } of source.tensors.values()) {
    const gguf = ggufName(name, config.family, form);
    if (gguf === null || (config.tiedHead && name === config.family.tensors.head)) continue;
    const stored: StoredType =
      shape.length < 2 || dtype === 'f32'
        ? 'F32'
        : dtype === 'q8' && shape[shape.length - 1] % 32 === 0
          ? 'Q8_0'
          : 'F16';
    const heads = interleavedHeads(name, config.family, form, config);
    tensors.push({ name: gguf, from: name, shape, stored, heads });
  }
  const { keys, ropeFactors: factors } = write(config, source.config);
  if (factors)
    tensors.push({ name: 'rope_freqs.weight', from: '', shape: [factors.length], stored: 'F32', heads: 0 });

  // Opened again, it is told from its base by its name.
  const named = weights ? { ...source, name: `${source.name}, merged` } : source;
  const parts: Blob[] = [
    new Blob([
      ggufPrefix(fields(named, config, form.architecture, dtype, keys), tensors) as Uint8Array<ArrayBuffer>,
    ]),
  ];
  for (const [i, tensor] of tensors.entries()) {
    progress(i, tensors.length);
    let values =
      tensor.from === ''
        ? Float32Array.from(factors!)
        : await mergedFloats({ source, config }, weights, tensor.from);
    if (addsOne(tensor.name, form)) values = values.map((value) => value + 1);
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
  keys: GgufFields['keys'],
): Record<string, GgufField> {
  const u32 = (value: number): GgufField => ({ type: 'u32', value });
  const text = (value: string): GgufField => ({ type: 'string', value });
  return {
    'general.architecture': text(architecture),
    'general.type': text('model'),
    'general.name': text(source.name),
    ...(source.licence ? { 'general.license': text(source.licence) } : {}),
    'general.file_type': u32(FILE_TYPES[dtype]),
    'general.quantization_version': u32(2),
    ...Object.fromEntries(Object.entries(keys).map(([key, field]) => [`${architecture}.${key}`, field])),
    ...tokenizerFields(source.tokenizer, config),
  };
}

function formOf({ family: { gguf } }: DecoderConfig): { form: GgufForm; write: GgufWriter } {
  if (gguf.refused !== undefined) throw new RangeError(gguf.refused);
  if (gguf.write.refused !== undefined) throw new RangeError(gguf.write.refused);
  return { form: gguf, write: gguf.write };
}

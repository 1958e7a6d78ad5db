import type { NamedBlob } from '../../files/named-file.ts';
import { type MatrixUse, matrixUse } from '../../loading/base-dtype.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { GgufFields, GgufForm, GgufWriter } from '../../model/families/family.ts';
import { addsOne, ggufName } from '../../weights/gguf/config.ts';
import { rowsForGguf } from '../../weights/gguf/rows.ts';
import {
  tokenizerDifferences,
  tokenizerFields,
  tokenizerRefusal,
} from '../../weights/gguf/tokenizer-write.ts';
import { type GgufField, ggufPadding, ggufPrefix } from '../../weights/gguf/write.ts';
import { quantiseQ4_0, quantiseQ8_0 } from '../../weights/quantise.ts';
import { MERGED_ADAPTERS, type ModelSource, type StoredType } from '../../weights/source.ts';
import { transposed } from '../../weights/transpose.ts';
import type { AdapterFormat, ExportDtype, ExportModel, MergeProgress } from '../format.ts';
import { quoted, shellBlock } from '../how-to-load.ts';
import { mergedAdapters, mergedFloats, storedAs } from '../merging.ts';

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
    { value: 'q4', label: 'Q4_0, less than a third', bytes: 18 / 32 },
    { value: 'f32', label: 'F32', bytes: 4 },
  ],
  file: (dtype) => `-${dtype}.gguf`,
  zip: null,
  merged: true,
  library: 'gguf',
  runRecord: false,
  base: null,
  check({ source, config }) {
    // What was read from such a file can be written as one: its keys are carried over.
    if (source.ggufMetadata) return null;
    const { gguf, architecture } = config.family;
    const why =
      gguf.refused === undefined
        ? (gguf.write.refused ?? gguf.unwritable?.(config, source.config) ?? undefined)
        : gguf.refused;
    if (why !== undefined)
      return `A merged GGUF file of ${architecture} cannot be written here, since ${why}. Export the merged model as safetensors and convert it with llama.cpp’s convert_hf_to_gguf.py.`;
    return tokenizerRefusal(source.tokenizer, config);
  },
  differs: ({ source, config }) => [
    ...(config.activation === 'gelu'
      ? ['llama.cpp computes GELU by its tanh form, which differs by 5e-4 at most.']
      : []),
    ...(source.ggufMetadata ? [] : tokenizerDifferences(source.tokenizer, config)),
  ],
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
const FILE_TYPES = { f32: 0, f16: 1, q4: 2, q8: 7 } as const;

/** Where a tensor of the file comes from: one of the model's, or factors of the rotary embedding. */
interface Source {
  name: string;
  stored: StoredType;
  shape: readonly number[];
  values(): Promise<Float32Array>;
}

/**
 * Matrices in F32, F16 or Q8_0, or linear layers in Q4_0 with embedding and head in Q8_0; vectors and learned positions in
 * F32, rows that are no whole blocks in F16. The metadata of a base that is itself a GGUF file
 * is carried over whole, tokenizer and all.
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
  const { keys, ropeFactors } = write(config, source.config);
  const tensors = modelTensors({ source, config }, weights, dtype, form);
  if (ropeFactors)
    tensors.push({
      name: 'rope_freqs.weight',
      stored: 'F32',
      shape: [ropeFactors.length],
      values: async () => Float32Array.from(ropeFactors),
    });

  // Opened again, it is told from its base by its name.
  const named = {
    ...source,
    name: weights ? `${source.name}, merged` : source.name,
    mergedAdapters: mergedAdapters(source, weights),
  };
  const parts: Blob[] = [
    new Blob([
      ggufPrefix(fields(named, config, form.architecture, dtype, keys), tensors) as Uint8Array<ArrayBuffer>,
    ]),
  ];
  for (const [i, { name, stored, values }] of tensors.entries()) {
    progress(i, tensors.length);
    const floats = await values();
    const bytes = encoded(floats, stored, name);
    parts.push(new Blob([bytes, new Uint8Array(ggufPadding(bytes.length))]));
  }
  return { path, blob: new Blob(parts) };
}

/** The model's tensors under llama.cpp's names and in its order of rows. */
function modelTensors(
  { source, config }: ExportModel,
  weights: AdapterWeights | null,
  dtype: ExportDtype,
  form: GgufForm,
): Source[] {
  const { embedding, head, blocks, conv1d } = config.family.tensors;
  const tensors: Source[] = [];
  for (const { name, shape: stored } of source.tensors.values()) {
    const gguf = ggufName(name, config.family, form);
    if (gguf === null || (config.tiedHead && name === head)) continue;
    const turned = conv1d && stored.length === 2 && name.startsWith(`${blocks}.`);
    const shape = turned ? [...stored].reverse() : stored;
    const values = async () => {
      let floats = await mergedFloats({ source, config }, weights, name);
      if (addsOne(gguf, form)) floats = floats.map((value) => value + 1);
      if (turned) floats = transposed(floats, stored[0], stored[1]);
      return rowsForGguf(floats, name, config, form, shape[0]);
    };
    tensors.push({
      name: gguf,
      shape,
      values,
      stored: typeFor(matrixUse(config, name, stored), shape, dtype),
    });
    if (name === embedding && config.tiedHead && form.headAlways)
      tensors.push({ ...tensors.at(-1)!, name: 'output.weight' });
  }
  return tensors;
}

function typeFor(use: MatrixUse | null, shape: readonly number[], dtype: ExportDtype): StoredType {
  if (use === null || use === 'positions' || dtype === 'f32') return 'F32';
  if (dtype === 'f16' || shape[shape.length - 1] % 32 !== 0) return 'F16';
  return dtype === 'q4' && use === 'linear' ? 'Q4_0' : 'Q8_0';
}

function encoded(floats: Float32Array, stored: StoredType, name: string): Uint8Array<ArrayBuffer> {
  if (stored === 'Q8_0') return quantiseQ8_0(floats);
  if (stored === 'Q4_0') return quantiseQ4_0(floats);
  return storedAs(floats, stored === 'F32' ? 'f32' : 'f16', name);
}

/** Keys of a base's file that are not true of what is written from it. */
const NOT_CARRIED = /^(general\.(alignment|file_type|quantization_version)$|split\.|quantize\.)/;

function fields(
  source: ModelSource,
  config: DecoderConfig,
  architecture: string,
  dtype: keyof typeof FILE_TYPES,
  keys: GgufFields['keys'],
): Record<string, GgufField> {
  const u32 = (value: number): GgufField => ({ type: 'u32', value });
  const text = (value: string): GgufField => ({ type: 'string', value });
  const { ggufMetadata: carried, mergedAdapters: inIt = [], tokenizer } = source;
  const own = {
    'general.architecture': text(architecture),
    'general.type': text('model'),
    'general.name': text(source.name),
    ...(source.licence && !carried ? { 'general.license': text(source.licence) } : {}),
    'general.file_type': u32(FILE_TYPES[dtype]),
    'general.quantization_version': u32(2),
    ...(inIt.length > 0 ? { [MERGED_ADAPTERS]: { type: 'strings' as const, value: inIt } } : {}),
  };
  if (carried)
    return {
      ...own,
      ...Object.fromEntries(
        [...carried]
          .filter(([key]) => !Object.hasOwn(own, key) && !NOT_CARRIED.test(key))
          .map(([key, value]): [string, GgufField] => [key, { type: 'raw', value }]),
      ),
      ...(tokenizer.chosen && tokenizer.chatTemplate
        ? { 'tokenizer.chat_template': text(tokenizer.chatTemplate) }
        : {}),
    };
  return {
    ...own,
    ...Object.fromEntries(Object.entries(keys).map(([key, field]) => [`${architecture}.${key}`, field])),
    ...tokenizerFields(tokenizer, config),
  };
}

function formOf({ family: { gguf } }: DecoderConfig): { form: GgufForm; write: GgufWriter } {
  if (gguf.refused !== undefined) throw new RangeError(gguf.refused);
  if (gguf.write.refused !== undefined) throw new RangeError(gguf.write.refused);
  return { form: gguf, write: gguf.write };
}

import type { NamedBlob } from '../../files/named-file.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { safetensorsPrefix, type TensorToWrite } from '../../weights/safetensors.ts';
import { MERGED_ADAPTERS, type ModelSource } from '../../weights/source.ts';
import type { AdapterFormat, AdapterInput } from '../format.ts';
import { answerLines, pythonBlock, shellBlock } from '../how-to-load.ts';
import { mergedAdapters, mergedFloats, storedAs } from '../merging.ts';
import { withBothGenerations } from '../rope-generations.ts';

/** The whole model with the adapter in it, as a folder for transformers. */
export const merged: AdapterFormat<'merged'> = {
  id: 'merged',
  from: 'adapter',
  label: 'Merged',
  button: 'Download merged model',
  about: 'The whole model with the adapter merged in, as safetensors: for tools that do not load adapters.',
  dtypes: [
    { value: 'f16', label: 'f16, half precision', bytes: 2 },
    { value: 'f32', label: 'f32, full precision', bytes: 4 },
  ],
  file: null,
  zip: 'merged',
  merged: true,
  library: 'transformers',
  runRecord: false,
  base: null,
  /** A GGUF file may divide its frequencies by numbers that no `rope_type` of transformers gives. */
  check: ({ source, config }) =>
    config.family.rope?.read(source.config).global.rope_type === 'factors'
      ? 'This base model scales its rotary embedding by its own factors, which a config.json for transformers cannot express. Export it as a merged GGUF file, or the adapter alone.'
      : null,
  write: async (input) => ({ files: await writeMerged(input) }),
  command: (_base, target) =>
    `python -c 'from transformers import pipeline; print(pipeline("text-generation", "${target}")("Hello!"))'`,
  use: ({ chat }) => [
    ...shellBlock('pip install torch transformers'),
    '',
    'In this folder:',
    '',
    ...pythonBlock(pythonLines(chat)),
  ],
  lines: ({ chat }) => ({ language: 'Python', lines: pythonLines(chat) }),
};

/** Python that loads the merged model and answers a prompt, in its folder. */
function pythonLines(chat: boolean): string[] {
  return [
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    'tokenizer = AutoTokenizer.from_pretrained(".")',
    'model = AutoModelForCausalLM.from_pretrained(".", dtype="float32")',
    '',
    ...answerLines(chat),
  ];
}

const MAX_SHARD_BYTES = 2_000_000_000;

/**
 * safetensors (in shards above 2 GB), config and tokenizer; without weights the base alone. `maxShard` is for tests.
 * @throws UserError `does-not-fit`
 */
export async function writeMerged(
  {
    source,
    config,
    weights,
    dtype: asked,
    progress = () => {},
  }: Omit<AdapterInput, 'file' | 'weights'> & { weights: AdapterInput['weights'] | null },
  maxShard = MAX_SHARD_BYTES,
): Promise<NamedBlob[]> {
  const dtype = asked === 'f32' ? 'f32' : 'f16';
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
  const inIt = mergedAdapters(source, weights);
  const metadata = { format: 'pt', ...(inIt.length > 0 ? { [MERGED_ADAPTERS]: inIt.join(',') } : {}) };
  const files: NamedBlob[] = [];
  const places: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const number = (n: number) => String(n).padStart(5, '0');
    const path =
      shards.length === 1
        ? 'model.safetensors'
        : `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    const parts: Blob[] = [new Blob([safetensorsPrefix(shard, metadata) as Uint8Array<ArrayBuffer>])];
    for (const { name } of shard) {
      progress(Object.keys(places).length, source.tensors.size);
      places[name] = path;
      parts.push(new Blob([storedAs(await mergedFloats({ source, config }, weights, name), dtype, name)]));
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
  const config = {
    ...withBothGenerations(source.config, decoder.family),
    // A head of its own is among the tensors then, and some programs go by this field alone.
    ...(decoder.family.traits(source.config).tiedHead && !decoder.tiedHead
      ? { tie_word_embeddings: false }
      : {}),
    dtype: named,
    torch_dtype: named,
  };
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

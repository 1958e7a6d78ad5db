import { UserError } from '../../errors.ts';
import type { Family, GgufForm } from '../../model/families/family.ts';
import { FAMILIES } from '../../model/families/list.ts';
import { refusedField, unknownFields } from '../../model/families/shared/field-table.ts';
import { unsupported } from '../../model/families/shared/fields.ts';
import { GGUF_KEYS, SAME_AS_KEY_LENGTH } from './keys.ts';
import type { Gguf, GgufValue } from './read.ts';
import { idOf } from './tokenizer.ts';

/** From a family's GGUF form: the family of a file, tensor names both ways, and a config.json from the metadata. */

/** A family with a GGUF form of which files are opened. */
export interface GgufFamily {
  family: Family;
  form: GgufForm & { read: NonNullable<GgufForm['read']> };
}

/** More layers than any model has. */
const MOST_LAYERS = 1000;

/** The family of a file. @throws UserError `unknown-architecture`, `gguf-not-a-model`, `gguf-split` */
export function ggufFamily(
  metadata: ReadonlyMap<string, GgufValue>,
  families: readonly Family[] = FAMILIES,
): GgufFamily {
  const architecture = metadata.get('general.architecture');
  const type = metadata.get('general.type') ?? 'model';
  if (type !== 'model')
    throw new UserError(
      'gguf-not-a-model',
      `This GGUF file holds “${String(type).slice(0, 40)}”, not a model. Choose the base model’s file.`,
    );
  if (Number(metadata.get('split.count') ?? 1) > 1)
    throw new UserError(
      'gguf-split',
      'This GGUF file is one of several parts, which are not supported. Join them with llama-gguf-split --merge, or choose a single file.',
    );
  const opened = families.flatMap((family): GgufFamily[] => {
    const { gguf } = family;
    return gguf.refused === undefined && gguf.read ? [{ family, form: { ...gguf, read: gguf.read } }] : [];
  });
  const found = opened.find(({ form }) => form.architecture === architecture);
  if (found) return found;
  if (typeof architecture !== 'string')
    throw new UserError(
      'gguf-bad-metadata',
      'The GGUF file does not say of which architecture it is (general.architecture), so it is no whole model. Nothing was changed. Get the file again from where it came from.',
    );
  throw new UserError(
    'unknown-architecture',
    `GGUF files of the architecture “${architecture.slice(0, 60)}” are not supported. Supported are ${opened.map(({ form }) => form.architecture).join(', ')}; other families can be opened as a safetensors folder.`,
  );
}

/** A tensor's place in a block, without `.weight` or `.bias`: its path inside the block, as Hugging Face has it. */
function inBlock(name: string, blocks: string): { layer: string; path: string } | null {
  if (!name.startsWith(`${blocks}.`)) return null;
  const match = /^(\d+)\.(.+)$/.exec(name.slice(blocks.length + 1));
  return match && { layer: match[1], path: match[2] };
}

/** GGUF's tensor name → Hugging Face's; null for those that are not weights of the model. */
export function huggingFaceName(gguf: string, { tensors }: Family, form: GgufForm): string | null {
  const dot = gguf.lastIndexOf('.');
  const [stem, part] = [gguf.slice(0, dot), gguf.slice(dot + 1)];
  if (part !== 'weight' && part !== 'bias') return null;
  if (stem === 'token_embd') return tensors.embedding;
  if (stem === 'output') return tensors.head;
  if (stem === 'position_embd') return tensors.positions;
  if (stem === 'output_norm') return `${tensors.finalNorm}.${part}`;
  const block = inBlock(stem, 'blk');
  const found = block && Object.entries(form.block).find(([, theirs]) => theirs === block.path);
  return found ? `${tensors.blocks}.${block.layer}.${found[0]}.${part}` : null;
}

/** The other way: Hugging Face's tensor name → GGUF's; null where it has none. */
export function ggufName(name: string, { tensors }: Family, form: GgufForm): string | null {
  if (name === tensors.embedding) return 'token_embd.weight';
  if (name === tensors.head) return 'output.weight';
  if (name === tensors.positions) return 'position_embd.weight';
  const dot = name.lastIndexOf('.');
  const [stem, part] = [name.slice(0, dot), name.slice(dot + 1)];
  if (stem === tensors.finalNorm) return `output_norm.${part}`;
  const block = inBlock(stem, tensors.blocks);
  return block && Object.hasOwn(form.block, block.path)
    ? `blk.${block.layer}.${form.block[block.path]}.${part}`
    : null;
}

/**
 * How many heads the rows of a tensor are interleaved in; 0 where they are in Hugging Face's order.
 * @param name as Hugging Face has it, with or without `.weight` and `.bias`
 */
export function interleavedHeads(
  name: string,
  { tensors }: Family,
  form: GgufForm,
  counts: { heads: number; kvHeads: number },
): number {
  const path = inBlock(name.replace(/\.(weight|bias)$/, ''), tensors.blocks)?.path;
  return path !== undefined && Object.hasOwn(form.interleaved, path) ? counts[form.interleaved[path]] : 0;
}

/** Whether a tensor is a norm's weight that has 1 added in the file. @param gguf its name there */
export function addsOne(gguf: string, form: GgufForm): boolean {
  return form.normsAddOne && gguf.endsWith('norm.weight');
}

/**
 * A config.json equal to the one that the file was made from, as far as it matters.
 * @param ropeFactors `rope_freqs.weight` where the file has one (Llama 3).
 * @throws UserError `gguf-bad-metadata`
 */
export function ggufConfig(
  { metadata, tensors }: Pick<Gguf, 'metadata' | 'tensors'>,
  { family, form }: GgufFamily,
  ropeFactors: number[] | null,
): Record<string, unknown> {
  const value = (key: string) => metadata.get(`${form.architecture}.${key}`);
  const number = (key: string): number | null => {
    const found = value(key);
    if (typeof found === 'number') return found;
    if (!Array.isArray(found) || typeof found[0] !== 'number') return null;
    // One number a layer.
    const first = found[0];
    if (found.some((one) => one !== first))
      throw unsupported(`layers that differ from each other (${form.architecture}.${key})`);
    return first;
  };
  const needed = (key: string): number => {
    const found = number(key);
    if (found !== null) return found;
    throw new UserError(
      'gguf-bad-metadata',
      `The metadata of this GGUF file has no number ${form.architecture}.${key}. Get the file again.`,
    );
  };
  const layers = needed('block_count');
  // Each layer has tensors: a damaged count would be walked layer by layer for minutes before anything refused it.
  if (!(layers <= Math.max(tensors.size, MOST_LAYERS)))
    throw new UserError(
      'gguf-bad-metadata',
      `The metadata of this GGUF file says ${layers} layers, but the file holds only ${tensors.size} tensors. Get the file again.`,
    );
  const given = Object.fromEntries(
    Object.keys(GGUF_KEYS).flatMap((key) => (value(key) === undefined ? [] : [[key, value(key)]])),
  );
  const refused = refusedField(given, GGUF_KEYS);
  if (refused) throw unsupported(refused);
  const headDim =
    number('attention.key_length') ?? needed('embedding_length') / needed('attention.head_count');
  for (const key of SAME_AS_KEY_LENGTH)
    if ((number(key) ?? headDim) !== headDim)
      throw unsupported(`heads of several sizes (${form.architecture}.${key})`);
  return {
    architectures: [family.architecture],
    model_type: family.modelType,
    ...form.read({
      value,
      number,
      needed,
      hasTensor: (name) => tensors.has(name),
      vocab: tensors.get('token_embd.weight')?.shape[0] ?? 0,
      tokenIds: {
        bos: idOf(metadata, 'bos'),
        eos: idOf(metadata, 'eos'),
        padding: idOf(metadata, 'padding'),
      },
      ropeFactors,
    }),
  };
}

/** Keys of the architecture that are not in the table and that ask for something. */
export function unknownKeys(metadata: Gguf['metadata'], architecture: string): string[] {
  const own = [...metadata].flatMap(([key, value]) =>
    key.startsWith(`${architecture}.`) ? [[key.slice(architecture.length + 1), value]] : [],
  );
  return unknownFields(Object.fromEntries(own), GGUF_KEYS).map((key) => `${architecture}.${key}`);
}

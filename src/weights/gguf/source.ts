import { UserError } from '../../errors.ts';
import type { Family } from '../../model/families/family.ts';
import { type ExpectedTensor, expectedTensors } from '../../model/families/names.ts';
import { listed } from '../../model/families/notes.ts';
import { unsupported } from '../../model/families/shared/fields.ts';
import { decodeToFloats } from '../convert.ts';
import { blobReader, type RangeReader } from '../range-reader.ts';
import { MERGED_ADAPTERS, type ModelSource, type TensorEntry } from '../source.ts';
import { addsOne, ggufConfig, ggufFamily, huggingFaceName, interleavedHeads, unknownKeys } from './config.ts';
import { type Gguf, type GgufValue, readGguf } from './read.ts';
import { idOf, tokenizerOf } from './tokenizer.ts';

/**
 * Opens a GGUF file as a model with Hugging Face's names, config and tokenizer.
 * @throws UserError `gguf-…`, `unknown-architecture`, `unsupported-trait`
 */
export async function openGguf(file: File): Promise<ModelSource> {
  return openGgufReader(blobReader(file.name, file));
}

export async function openGgufReader(
  reader: RangeReader,
  families?: readonly Family[],
): Promise<ModelSource> {
  const gguf = await readGguf(reader);
  const { metadata } = gguf;
  const known = ggufFamily(metadata, families);
  const { family, form } = known;
  const config = ggufConfig(gguf, known, await ropeFactors(gguf, reader));
  const traits = family.traits(config);
  const { heads, kvHeads } = traits;
  const expected = expectedTensors({ family, ...traits });
  const names = new Set(expected.map(({ name }) => name));

  const tensors = new Map<string, TensorEntry>();
  const places = new Map<string, { begin: number; lessOne: boolean }>();
  for (const tensor of gguf.tensors.values()) {
    if (tensor.name === ROPE_FACTORS) continue;
    const name = huggingFaceName(tensor.name, family, form);
    // llama.cpp refuses what it does not expect, and multiplies by what ends in `.scale` (NVFP4's).
    if (name === null || !names.has(name))
      throw unsupported(
        `a tensor that models of the architecture ${form.architecture} do not have here (${tensor.name.slice(0, 80)})`,
      );
    const permutedHeads = interleavedHeads(name, family, form, { heads, kvHeads });
    tensors.set(name, {
      name,
      stored: tensor.stored,
      shape: tensor.shape,
      bytes: tensor.bytes,
      ...(permutedHeads ? { permutedHeads } : {}),
    });
    const lessOne = addsOne(tensor.name, form);
    if (lessOne && tensor.stored !== 'F32') {
      throw new UserError(
        'gguf-unsupported-type',
        `The tensor ${tensor.name} in ${reader.name} is stored as ${tensor.stored}, but F32 is expected. Choose another file.`,
      );
    }
    places.set(name, { begin: tensor.begin, lessOne });
  }

  fillBiases(expected, tensors, places);

  const name = metadata.get('general.name');
  const unknown = unknownKeys(metadata, form.architecture);
  const licence = metadata.get('general.license');
  const stops = [idOf(metadata, 'eos'), idOf(metadata, 'eot')].filter((id) => id !== null);
  return {
    kind: 'gguf',
    id: reader.name,
    name: typeof name === 'string' && name ? name : reader.name,
    revision: null,
    licence: typeof licence === 'string' ? licence : null,
    config,
    generationConfig: stops.length > 0 ? { eos_token_id: [...new Set(stops)] } : null,
    tokenizer: tokenizerOf(metadata),
    tensors,
    ggufMetadata: gguf.stored,
    mergedAdapters: textsOf(metadata.get(MERGED_ADAPTERS)),
    notes:
      unknown.length === 0
        ? []
        : [
            `The metadata of this GGUF file has keys that are not known here. They were ignored: ${listed(unknown)}.`,
          ],
    async read(tensor, begin, end) {
      const place = places.get(tensor);
      if (!place) throw new UserError('missing-tensor', `The model has no tensor named ${tensor}.`);
      if (place.begin === ABSENT) return new Uint8Array(end - begin);
      const bytes = await reader.read(place.begin + begin, place.begin + end);
      return place.lessOne ? minusOne(bytes) : bytes;
    },
    close() {
      places.clear();
    },
  };
}

function textsOf(value: GgufValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Place of a tensor that the file has not and that is zero. */
const ABSENT = -1;

/** As llama.cpp: where some linear layers of attention or feed-forward have a bias, the others have none, or zeros. */
function fillBiases(
  expected: readonly ExpectedTensor[],
  tensors: Map<string, TensorEntry>,
  places: Map<string, { begin: number; lessOne: boolean }>,
): void {
  const groupOf = (name: string) => (name.endsWith('_proj.bias') ? name.split('.').at(-3) : undefined);
  const groups = new Set([...tensors.keys()].map(groupOf));
  for (const { name, shape } of expected) {
    const group = groupOf(name);
    if (tensors.has(name) || group === undefined || !groups.has(group)) continue;
    tensors.set(name, { name, stored: 'F32', shape, bytes: shape[0] * 4 });
    places.set(name, { begin: ABSENT, lessOne: false });
  }
}

/** Gemma's norm weights have 1 added in GGUF; Hugging Face's have not. */
function minusOne(bytes: Uint8Array): Uint8Array {
  const values = new Float32Array(bytes.slice().buffer);
  for (let i = 0; i < values.length; i++) values[i] -= 1;
  return new Uint8Array(values.buffer);
}

/** What each plain inverse frequency is divided by (Llama 3). */
const ROPE_FACTORS = 'rope_freqs.weight';

async function ropeFactors(gguf: Gguf, reader: RangeReader): Promise<number[] | null> {
  const tensor = gguf.tensors.get(ROPE_FACTORS);
  if (!tensor) return null;
  if (tensor.bytes > 65_536) throw unsupported(`rotary factors of ${tensor.bytes} bytes (${ROPE_FACTORS})`);
  const bytes = await reader.read(tensor.begin, tensor.begin + tensor.bytes);
  return [...decodeToFloats(bytes, tensor.stored, tensor.name)];
}

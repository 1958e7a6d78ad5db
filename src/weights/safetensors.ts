import type { ErrorCode } from '../error-codes.ts';
import { UserError } from '../errors.ts';
import type { RangeReader } from './range-reader.ts';
import { JsonProblem, parseStrictJson, type StrictJson } from './strict-json.ts';

/**
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the data.
 * Source: github.com/huggingface/safetensors, README and `safetensors/src/tensor.rs`; the reader refuses
 * whatever that one refuses, and what F2 of our list of faults adds.
 */

/** Bits of one element, by type name. */
const TYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};
const MAX_HEADER_BYTES = 100_000_000;

export interface SafetensorsEntry {
  name: string;
  dtype: string;
  shape: number[];
  /** Position of the data in the file: bytes [begin, end). */
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  tensors: Map<string, SafetensorsEntry>;
}

/** Codes of such files, without `safetensors-`. */
type Problem = ErrorCode extends infer C ? (C extends `safetensors-${infer P}` ? P : never) : never;

function broken(file: string, code: Problem, what: string): UserError {
  return new UserError(
    `safetensors-${code}`,
    `${file} is not a complete safetensors file: ${what}. Nothing was loaded; get the file again from where it came from.`,
  );
}

/**
 * Reads and checks the header. Allocates at most the header's own bytes, and those only once they are known
 * to lie within the file.
 * @throws UserError `safetensors-…` (too-small, header-too-large, header-beyond-file, bad-utf8, bad-json,
 * bad-entry, bad-metadata, unknown-type, bad-offsets, size-mismatch, overflow, hole, overlap, trailing-bytes).
 */
export async function readSafetensorsHeader(reader: RangeReader): Promise<SafetensorsHeader> {
  const fail = (code: Problem, what: string) => broken(reader.name, code, what);
  if (reader.size < 8) throw fail('too-small', `it has only ${reader.size} bytes`);
  const first = await reader.read(0, 8);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw fail('header-too-large', `its header claims ${length} bytes, above 100 MB`);
  const dataStart = 8 + Number(length);
  if (dataStart > reader.size)
    throw fail('header-beyond-file', `its header claims ${length} bytes and the file ends before`);
  return parseHeader(await reader.read(8, dataStart), dataStart, reader.size, fail);
}

function parseHeader(
  bytes: Uint8Array,
  dataStart: number,
  fileSize: number,
  fail: (code: Problem, what: string) => UserError,
): SafetensorsHeader {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail('bad-utf8', 'its header is not UTF-8 text');
  }
  if (!text.startsWith('{')) throw fail('bad-json', 'its header does not start with {');
  let root: StrictJson;
  try {
    root = parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) throw fail('bad-json', `its header ${error.message}`);
    throw error;
  }
  if (!(root instanceof Map)) throw fail('bad-json', 'its header is not an object');

  const metadata: Record<string, string> = {};
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of root) {
    if (name === '__metadata__') {
      if (value === null) continue;
      if (!(value instanceof Map)) throw fail('bad-metadata', 'its __metadata__ is not an object');
      for (const [key, item] of value) {
        if (typeof item !== 'string') throw fail('bad-metadata', `its metadata ${shown(key)} is not text`);
        metadata[key] = item;
      }
    } else {
      entries.push(parseEntry(name, value, dataStart, fileSize, fail));
    }
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = dataStart;
  for (const entry of entries) {
    if (entry.begin > position)
      throw fail(
        'hole',
        `${entry.begin - position} bytes before the tensor ${shown(entry.name)} belong to none`,
      );
    if (entry.begin < position)
      throw fail('overlap', `the tensor ${shown(entry.name)} overlaps the one before it`);
    position = entry.end;
  }
  if (position !== fileSize)
    throw fail('trailing-bytes', `${fileSize - position} bytes at its end belong to no tensor`);
  return { metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

function parseEntry(
  name: string,
  value: StrictJson,
  dataStart: number,
  fileSize: number,
  fail: (code: Problem, what: string) => UserError,
): SafetensorsEntry {
  if (!(value instanceof Map)) throw fail('bad-entry', `the tensor ${shown(name)} has no description`);
  const known = new Set(['dtype', 'shape', 'data_offsets']);
  for (const key of value.keys())
    if (!known.has(key))
      throw fail('bad-entry', `the tensor ${shown(name)} has an unknown field ${shown(key)}`);
  const dtype = value.get('dtype');
  const shape = value.get('shape');
  const offsets = value.get('data_offsets');
  if (typeof dtype !== 'string') throw fail('bad-entry', `the tensor ${shown(name)} names no type`);
  const bits = Object.hasOwn(TYPE_BITS, dtype) ? TYPE_BITS[dtype] : undefined;
  if (bits === undefined)
    throw fail('unknown-type', `the tensor ${shown(name)} has the unknown type ${shown(dtype)}`);
  if (!isSizes(shape)) throw fail('bad-entry', `the tensor ${shown(name)} has no proper shape`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw fail('bad-offsets', `the tensor ${shown(name)} has no proper data_offsets`);
  const [begin, end] = offsets;
  if (end < begin) throw fail('bad-offsets', `the tensor ${shown(name)} ends before it begins`);
  if (end > fileSize - dataStart)
    throw fail('bad-offsets', `the tensor ${shown(name)} lies beyond the end of the file`);
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (!Number.isSafeInteger(elements * bits))
      throw fail('overflow', `the shape of ${shown(name)} overflows`);
  }
  if ((elements * bits) % 8 !== 0 || (elements * bits) / 8 !== end - begin) {
    throw fail(
      'size-mismatch',
      `the tensor ${shown(name)} of shape [${shape.join(', ')}] and type ${dtype} does not take ${end - begin} bytes`,
    );
  }
  return { name, dtype, shape: [...shape], begin: dataStart + begin, end: dataStart + end };
}

function isSizes(value: StrictJson | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0 && !Object.is(n, -0))
  );
}

function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

export interface TensorToWrite {
  name: string;
  dtype: 'F64' | 'F32' | 'F16' | 'BF16' | 'I32' | 'I64' | 'U8';
  shape: readonly number[];
}

/**
 * The bytes before the data: length and header, padded with spaces so that the data starts at a multiple of 8.
 * The data follows in the order given here. Keys are in the order of the tensors, metadata first and sorted, so
 * that equal tensors give equal files.
 */
export function safetensorsPrefix(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    fields.push(
      `"__metadata__":{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`).join(',')}}`,
    );
  }
  let position = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = position + tensorBytes({ name, dtype, shape });
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${position},${end}]}`,
    );
    position = end;
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const prefix = new Uint8Array(8 + padded).fill(0x20);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(padded), true);
  prefix.set(header, 8);
  return prefix;
}

/** Bytes that a tensor takes in the file. */
export function tensorBytes(tensor: TensorToWrite): number {
  return tensor.shape.reduce((product, size) => product * size, 1) * (TYPE_BITS[tensor.dtype] / 8);
}

/**
 * A whole safetensors file in memory, tensors by type width (widest first, for alignment) and then by name, as
 * the reference writer orders them.
 */
export function writeSafetensors(
  tensors: readonly (TensorToWrite & { data: Uint8Array })[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    (a, b) => TYPE_BITS[b.dtype] - TYPE_BITS[a.dtype] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const prefix = safetensorsPrefix(ordered, metadata);
  const file = new Uint8Array(ordered.reduce((sum, { data }) => sum + data.byteLength, prefix.byteLength));
  file.set(prefix);
  let position = prefix.byteLength;
  for (const tensor of ordered) {
    if (tensor.data.byteLength !== tensorBytes(tensor))
      throw new RangeError(`${tensor.name}: data does not fit its shape`);
    file.set(tensor.data, position);
    position += tensor.data.byteLength;
  }
  return file;
}

/** Little-endian bytes of float32 values, without a copy (every platform that runs WebGPU is little-endian). */
export function float32Bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

import { storedBytes } from '../convert.ts';
import type { StoredType } from '../source.ts';

/** Writing GGUF version 3, little-endian, data aligned to 32 bytes. Source: ggml's `docs/gguf.md`. */

export type GgufField =
  | { type: 'u32' | 'f32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; value: readonly string[] }
  | { type: 'bools'; value: readonly boolean[] }
  | { type: 'i32s' | 'f32s'; value: readonly number[] }
  /** A value as it stands in another file, with its type in front. */
  | { type: 'raw'; value: Uint8Array };

export interface GgufTensorToWrite {
  name: string;
  stored: StoredType;
  /** Rows first, as Hugging Face has it. */
  shape: readonly number[];
}

const ALIGNMENT = 32;
const TYPE_NUMBERS: Readonly<Record<StoredType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  BF16: 30,
};

/** Bytes of zeros behind `length` bytes of a tensor's data. */
export function ggufPadding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

/** Everything before the data. Each tensor's data follows in this order, with `ggufPadding` zeros behind it. */
export function ggufPrefix(
  fields: Readonly<Record<string, GgufField>>,
  tensors: readonly GgufTensorToWrite[],
): Uint8Array {
  const out = new ByteList();
  out.u32(0x46554747);
  out.u32(3);
  out.u64(tensors.length);
  const entries = Object.entries(fields);
  out.u64(entries.length);
  for (const [key, field] of entries) {
    out.string(key);
    writeField(out, field);
  }
  let offset = 0;
  for (const { name, stored, shape } of tensors) {
    out.string(name);
    out.u32(shape.length);
    for (const size of [...shape].reverse()) out.u64(size);
    out.u32(TYPE_NUMBERS[stored]);
    out.u64(offset);
    const bytes = storedBytes(
      stored,
      shape.reduce((product, size) => product * size, 1),
    );
    offset += bytes + ggufPadding(bytes);
  }
  out.zeros(ggufPadding(out.length));
  return out.bytes();
}

function writeField(out: ByteList, field: GgufField): void {
  switch (field.type) {
    case 'u32':
      out.u32(4);
      out.u32(field.value);
      break;
    case 'f32':
      out.u32(6);
      out.f32(field.value);
      break;
    case 'bool':
      out.u32(7);
      out.u8(field.value ? 1 : 0);
      break;
    case 'string':
      out.u32(8);
      out.string(field.value);
      break;
    case 'strings':
      out.u32(9);
      out.u32(8);
      out.u64(field.value.length);
      for (const text of field.value) out.string(text);
      break;
    case 'bools':
      out.u32(9);
      out.u32(7);
      out.u64(field.value.length);
      for (const value of field.value) out.u8(value ? 1 : 0);
      break;
    case 'raw':
      out.raw(field.value);
      break;
    case 'i32s':
      out.u32(9);
      out.u32(5);
      out.u64(field.value.length);
      for (const value of field.value) out.u32(value);
      break;
    case 'f32s':
      out.u32(9);
      out.u32(6);
      out.u64(field.value.length);
      for (const value of field.value) out.f32(value);
      break;
  }
}

/** Bytes that grow by doubling. */
class ByteList {
  length = 0;
  private buffer = new Uint8Array(4096);
  private view = new DataView(this.buffer.buffer);
  private readonly encoder = new TextEncoder();

  private room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, this.buffer.length * 2));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
  u8(value: number): void {
    const at = this.room(1);
    this.buffer[at] = value;
  }
  u32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }
  u64(value: number): void {
    const at = this.room(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }
  f32(value: number): void {
    const at = this.room(4);
    this.view.setFloat32(at, value, true);
  }
  string(text: string): void {
    const encoded = this.encoder.encode(text);
    this.u64(encoded.length);
    this.raw(encoded);
  }
  raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
  }
  zeros(count: number): void {
    this.room(count);
  }
  bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

import type { ErrorCode } from '../../error-codes.ts';
import { UserError } from '../../errors.ts';
import { blockOf, storedBytes } from '../convert.ts';
import type { RangeReader } from '../range-reader.ts';
import type { StoredType } from '../source.ts';

/**
 * The GGUF container: magic, version, counts, metadata, tensor table, data. Versions 2 and 3, little-endian.
 * Source: ggml's `docs/gguf.md`. Every count and offset is checked against a cap and against the file's size
 * before anything is allocated for it.
 */

export type GgufValue = string | number | boolean | string[] | number[] | boolean[];

export interface GgufTensor {
  name: string;
  stored: StoredType;
  /** As Hugging Face has it: rows first. */
  shape: number[];
  /** Position of the data in the file. */
  begin: number;
  bytes: number;
}

export interface Gguf {
  metadata: Map<string, GgufValue>;
  /** The same values as they stand in the file, each with its type in front. */
  stored: Map<string, Uint8Array>;
  tensors: Map<string, GgufTensor>;
}

const MAX_ENTRIES = 65_536;
const MAX_STRING = 16 * 2 ** 20;
const MAX_ITEMS = 4 * 2 ** 20;
const MAX_HEADER = 256 * 2 ** 20;
const FIRST_READ = 4 * 2 ** 20;

const STORED: ReadonlyMap<number, StoredType> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [30, 'BF16'],
]);
/** Those that are not read, by name for the message. */
const OTHER_TYPES: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

/** The header goes on behind the bytes at hand. */
class NeedMore extends Error {}

/** Codes of such files, without `gguf-`. */
type Problem = ErrorCode extends infer C ? (C extends `gguf-${infer P}` ? P : never) : never;

function broken(file: string, code: Problem, what: string): UserError {
  return new UserError(
    `gguf-${code}`,
    `${file} is not a complete GGUF file: ${what}. Nothing was loaded; get the file again from where it came from.`,
  );
}

/**
 * Reads metadata and tensor table.
 * @throws UserError `gguf-…` (too-small, bad-magic, bad-version, bad-count, bad-string, bad-utf8, bad-type,
 * nested-array, bad-integer, duplicate-key, duplicate-tensor, bad-name, bad-alignment, bad-dimension, bad-offset,
 * overlap, unsupported-type, header-too-large).
 */
export async function readGguf(reader: RangeReader): Promise<Gguf> {
  for (let have = Math.min(FIRST_READ, reader.size); ; have = Math.min(have * 4, reader.size, MAX_HEADER)) {
    const bytes = await reader.read(0, have);
    try {
      return new Parser(bytes, reader).parse();
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
      if (have === reader.size) throw broken(reader.name, 'too-small', 'it ends inside its header');
      if (have === MAX_HEADER)
        throw broken(reader.name, 'header-too-large', 'its header is larger than 256 MB');
    }
  }
}

class Parser {
  private at = 0;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly file: RangeReader;
  private readonly text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, file: RangeReader) {
    this.bytes = bytes;
    this.file = file;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  parse(): Gguf {
    if (this.u32() !== 0x46554747) throw this.fail('bad-magic', 'it does not begin with GGUF');
    const version = this.u32();
    if (version !== 2 && version !== 3)
      throw this.fail('bad-version', `its version is ${version >>> 0}, and 2 and 3 (little-endian) are read`);
    const tensorCount = this.size('bad-count', 'number of tensors', MAX_ENTRIES);
    const keyCount = this.size('bad-count', 'number of metadata keys', MAX_ENTRIES);
    const metadata = new Map<string, GgufValue>();
    const stored = new Map<string, Uint8Array>();
    for (let i = 0; i < keyCount; i++) {
      const key = this.name();
      if (metadata.has(key)) throw this.fail('duplicate-key', `it gives the key ${key} twice`);
      const from = this.at;
      metadata.set(key, this.value(this.u32(), key));
      stored.set(key, this.bytes.slice(from, this.at));
    }
    return { metadata, stored, tensors: this.tensors(tensorCount, this.alignment(metadata)) };
  }

  private alignment(metadata: ReadonlyMap<string, GgufValue>): number {
    const given = metadata.get('general.alignment') ?? 32;
    if (
      typeof given === 'number' &&
      Number.isInteger(given) &&
      given >= 1 &&
      given <= 2 ** 20 &&
      Math.log2(given) % 1 === 0
    )
      return given;
    throw this.fail('bad-alignment', `its alignment ${JSON.stringify(given)} is not a power of two`);
  }

  private tensors(count: number, alignment: number): Map<string, GgufTensor> {
    const list: GgufTensor[] = [];
    const names = new Set<string>();
    for (let i = 0; i < count; i++) {
      const name = this.name();
      if (names.has(name)) throw this.fail('duplicate-tensor', `it has the tensor ${name} twice`);
      names.add(name);
      list.push(this.tensor(name, alignment));
    }
    const dataStart = Math.ceil(this.at / alignment) * alignment;
    list.sort((a, b) => a.begin - b.begin);
    let position = 0;
    for (const tensor of list) {
      if (tensor.begin < position)
        throw this.fail('overlap', `the tensor ${tensor.name} overlaps the one before it`);
      position = tensor.begin + tensor.bytes;
      if (dataStart + position > this.file.size)
        throw this.fail('bad-offset', `the tensor ${tensor.name} lies beyond the end of the file`);
      tensor.begin += dataStart;
    }
    return new Map(list.map((tensor) => [tensor.name, tensor]));
  }

  private tensor(name: string, alignment: number): GgufTensor {
    const dimensions = this.u32();
    if (dimensions < 1 || dimensions > 4)
      throw this.fail('bad-dimension', `the tensor ${name} has ${dimensions} dimensions`);
    const shape: number[] = [];
    let elements = 1;
    for (let i = 0; i < dimensions; i++) {
      const size = this.size('bad-dimension', `size of the tensor ${name}`, 2 ** 40);
      if (size === 0) throw this.fail('bad-dimension', `the tensor ${name} has a dimension of 0`);
      elements *= size;
      if (elements > 2 ** 45) throw this.fail('bad-dimension', `the shape of the tensor ${name} overflows`);
      shape.unshift(size);
    }
    const type = this.u32();
    const stored = STORED.get(type);
    const offset = this.size('bad-offset', `offset of the tensor ${name}`, Number.MAX_SAFE_INTEGER);
    if (!stored) {
      throw new UserError(
        'gguf-unsupported-type',
        `The tensor ${name} in ${this.file.name} is stored as ${OTHER_TYPES.get(type) ?? `type ${type}`}, which is not read. Choose a file in Q4_0, Q4_1, Q4_K_M, Q5_K_M, Q6_K, Q8_0 or F16.`,
      );
    }
    if (offset % alignment !== 0)
      throw this.fail('bad-offset', `the offset of the tensor ${name} is not aligned`);
    if (shape[shape.length - 1] % blockOf(stored).values !== 0)
      throw this.fail('bad-dimension', `rows of the tensor ${name} are not whole blocks of ${stored}`);
    return { name, stored, shape, begin: offset, bytes: storedBytes(stored, elements) };
  }

  private value(type: number, key: string): GgufValue {
    if (type !== 9) return this.scalar(type, key);
    const itemType = this.u32();
    if (itemType === 9) throw this.fail('nested-array', `the value of ${key} is an array of arrays`);
    const count = this.size('bad-count', `length of ${key}`, MAX_ITEMS);
    // An item takes at least a byte: no array is longer than what is left of the file.
    if (count > this.file.size - this.at)
      throw this.fail('bad-count', `the value of ${key} is longer than the file`);
    const items: (string | number | boolean)[] = [];
    for (let i = 0; i < count; i++) items.push(this.scalar(itemType, key));
    return items as string[] | number[] | boolean[];
  }

  private scalar(type: number, key: string): string | number | boolean {
    switch (type) {
      case 0:
        return this.view.getUint8(this.take(1));
      case 1:
        return this.view.getInt8(this.take(1));
      case 2:
        return this.view.getUint16(this.take(2), true);
      case 3:
        return this.view.getInt16(this.take(2), true);
      case 4:
        return this.view.getUint32(this.take(4), true);
      case 5:
        return this.view.getInt32(this.take(4), true);
      case 6:
        return this.view.getFloat32(this.take(4), true);
      case 7:
        return this.view.getUint8(this.take(1)) !== 0;
      case 8:
        return this.string(key);
      case 10:
        return this.safe(this.view.getBigUint64(this.take(8), true), key);
      case 11:
        return this.safe(this.view.getBigInt64(this.take(8), true), key);
      case 12:
        return this.view.getFloat64(this.take(8), true);
    }
    throw this.fail('bad-type', `the value of ${key} has the unknown type ${type}`);
  }

  private safe(value: bigint, key: string): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.fail('bad-integer', `the value of ${key} is beyond 2^53`);
    return number;
  }

  private size(code: Problem, what: string, cap: number): number {
    const value = this.view.getBigUint64(this.take(8), true);
    if (value > BigInt(cap)) throw this.fail(code, `the ${what} is ${value}, above ${cap}`);
    return Number(value);
  }

  private name(): string {
    const name = this.string('a name');
    if (name === '' || name.includes('\0') || name === '__proto__' || name.length > 1024) {
      throw this.fail('bad-name', `it uses the name ${JSON.stringify(name.slice(0, 100))}`);
    }
    return name;
  }

  private string(what: string): string {
    const length = this.size('bad-string', `length of ${what}`, MAX_STRING);
    if (length > this.file.size - this.at) throw this.fail('bad-string', `${what} is longer than the file`);
    const from = this.take(length);
    try {
      return this.text.decode(this.bytes.subarray(from, from + length));
    } catch {
      throw this.fail('bad-utf8', `${what} is not UTF-8 text`);
    }
  }

  private u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  private take(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.byteLength) throw new NeedMore();
    this.at += count;
    return from;
  }

  private fail(code: Problem, what: string): UserError {
    return broken(this.file.name, code, what);
  }
}

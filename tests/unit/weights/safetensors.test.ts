import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { bytesReader, type RangeReader } from '../../../src/weights/range-reader.ts';
import {
  float32Bytes,
  readSafetensorsHeader,
  safetensorsPrefix,
  writeSafetensors,
} from '../../../src/weights/safetensors.ts';
import { injected } from '../../faults/injected.ts';

const encoder = new TextEncoder();

/** A file from a header text and data, with the header's true length unless another is given. */
function file(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? encoder.encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const tensor = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const open = (bytes: Uint8Array) => readSafetensorsHeader(bytesReader('model.safetensors', bytes));
const F4 = tensor('F32', '[2,2]', '[0,16]');

/** Refused by a name, in a sentence that begins with the file's. */
function refusals(cases: [code: string, bytes: Uint8Array, text?: string][]): void {
  test.each(cases)('%s', async (code, bytes, text = '') => {
    const error = await open(bytes).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: `safetensors-${code}`, message: expect.stringContaining(text) });
    expect(error.message).toMatch(/^model\.safetensors /);
  });
}

describe('F1: each fault has its name', () => {
  refusals([
    ['too-small', new Uint8Array(5)],
    ['header-too-large', file('{}', 0, 100_000_001n)],
    ['header-too-large', file('{}', 0, 2n ** 63n)],
    ['header-beyond-file', file('{}', 0, 3n)],
    ['bad-utf8', file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))],
    ['bad-json', file('{"a":')],
    ['bad-json', file(' {}')],
    ['bad-json', file('[]')],
    ['bad-json', file('{}x')],
    ['bad-json', file(`{"a":${F4},}`, 16)],
    ['bad-json', file(`{"a\u0001":${F4}}`, 16)],
    ['bad-json', file(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)],
    ['bad-metadata', file(`{"__metadata__":{"a":1}}`)],
    ['bad-metadata', file(`{"__metadata__":"a"}`)],
    ['bad-entry', file('{"a":1}')],
    ['bad-entry', file('{"a":{}}')],
    ['bad-entry', file(`{"a":${tensor('F32', '[2,-2]', '[0,16]')}}`, 16)],
    ['bad-entry', file(`{"a":${tensor('F32', '[1.5]', '[0,6]')}}`, 6)],
    ['bad-entry', file(`{"a":${F4.slice(0, -1)},"more":1}}`, 16)],
    ['unknown-type', file(`{"a":${tensor('F128', '[1]', '[0,16]')}}`, 16)],
    ['unknown-type', file(`{"a":${tensor('constructor', '[1]', '[0,16]')}}`, 16)],
    ['bad-offsets', file(`{"a":${tensor('F32', '[4]', '[16,0]')}}`, 16), 'before it begins'],
    ['bad-offsets', file(`{"a":${tensor('F32', '[4]', '[0,16,32]')}}`, 32)],
    ['bad-offsets', file(`{"a":${tensor('F32', '[8]', '[0,32]')}}`, 16), 'beyond the end'],
    ['overflow', file(`{"a":${tensor('F32', '[4294967296,4294967296,4294967296]', '[0,16]')}}`, 16)],
    ['size-mismatch', file(`{"a":${tensor('F32', '[3]', '[0,16]')}}`, 16), '[3]'],
    ['size-mismatch', file(`{"a":${tensor('F4', '[3]', '[0,1]')}}`, 1)],
    ['hole', file(`{"a":${tensor('F32', '[1]', '[4,8]')}}`, 8), '4 bytes'],
    ['hole', file(`{"a":${tensor('U8', '[1]', '[0,1]')},"b":${tensor('U8', '[1]', '[3,4]')}}`, 4), '"b"'],
    ['overlap', file(`{"a":${tensor('U8', '[2]', '[0,2]')},"b":${tensor('U8', '[2]', '[1,3]')}}`, 3), '"b"'],
    ['trailing-bytes', file(`{"a":${F4}}`, 17)],
  ]);

  test('a string of many megabytes does not overflow the stack', async () => {
    const { metadata } = await open(file(`{"__metadata__":{"a":"${'x\\n'.repeat(2_000_000)}"}}`));
    expect(metadata.a).toHaveLength(4_000_000);
  });
});

describe('F2: each fault has its name', () => {
  refusals([
    ['bad-json', file(`{"a":${F4},"a":${F4}}`, 16), 'twice'],
    ['bad-json', file(`{"a":${F4},"\\u0061":${F4}}`, 16), 'twice'],
    ['bad-json', file(`{"__proto__":${F4}}`, 16), '__proto__'],
    ['bad-json', file(`{"a\\u0000b":${F4}}`, 16), 'NUL'],
    ['bad-json', file(`{"a":${tensor('F32', '[9007199254740993]', '[0,16]')}}`, 16), '2^53'],
  ]);
});

describe('reading and writing', () => {
  const values = new Float32Array([1, 2, 3, 4, 5, 6]);
  const written = writeSafetensors(
    [
      { name: 'b', dtype: 'F16', shape: [3], data: new Uint8Array(6).fill(7) },
      { name: 'z', dtype: 'F32', shape: [2, 3], data: float32Bytes(values) },
      { name: 'a', dtype: 'F32', shape: [0], data: new Uint8Array(0) },
    ],
    { format: 'pt', author: 'é' },
  );

  test('round trip, data aligned to 8 bytes, wide types first', async () => {
    const { tensors, metadata } = await open(written);
    expect(metadata).toEqual({ author: 'é', format: 'pt' });
    expect([...tensors.values()].map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
      ['a', [0], 'F32'],
      ['z', [2, 3], 'F32'],
      ['b', [3], 'F16'],
    ]);
    const { begin, end } = tensors.get('z')!;
    expect(begin % 8).toBe(0);
    expect(new Float32Array(written.slice(begin, end).buffer)).toEqual(values);
  });

  test('a prefix alone fits data that is streamed behind it', async () => {
    const prefix = safetensorsPrefix([{ name: 'a', dtype: 'U8', shape: [3] }], {});
    expect(prefix.length % 8).toBe(0);
    const whole = new Uint8Array([...prefix, 1, 2, 3]);
    expect((await open(whole)).tensors.get('a')).toMatchObject({
      begin: prefix.length,
      end: prefix.length + 3,
    });
  });

  test('F1: 10,000 mutations give a header or a named error, and never a read beyond the file', async (context) => {
    let refused = 0;
    const reader = (bytes: Uint8Array): RangeReader => ({
      name: 'model.safetensors',
      size: bytes.length,
      read: async (begin, end) => {
        expect(begin >= 0 && begin <= end && end <= bytes.length).toBe(true);
        return bytes.subarray(begin, end);
      },
    });
    const mutation = fc.record({
      at: fc.nat(written.length - 1),
      kind: fc.constantFrom('set', 'insert', 'delete', 'cut', 'double'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        injected(context);
        let bytes = written;
        for (const { at, kind, bytes: some } of mutations) {
          const list = [...bytes];
          if (kind === 'set') list.splice(at, some.length, ...some);
          if (kind === 'insert') list.splice(at, 0, ...some);
          if (kind === 'delete') list.splice(at, some.length);
          if (kind === 'cut') list.length = Math.min(at, list.length);
          if (kind === 'double') list.splice(at, 0, ...list.slice(at, at + 40));
          bytes = Uint8Array.from(list);
        }
        const result = await readSafetensorsHeader(reader(bytes)).catch((error: unknown) => error);
        if (result instanceof Error) {
          refused++;
          expect(result).toBeInstanceOf(UserError);
          expect((result as UserError).code).toMatch(/^safetensors-/);
        }
      }),
      { numRuns: 10_000, seed: 1 },
    );
    expect(refused).toBeGreaterThan(5000);
  });
});

import { describe, expect, test } from 'vitest';
import { readGguf } from '../../../../src/weights/gguf/read.ts';
import { tokenizerOf } from '../../../../src/weights/gguf/tokenizer.ts';
import { bytesReader } from '../../../../src/weights/range-reader.ts';

/** Little-endian bytes of numbers (u32), bigints (u64) and texts (length and UTF-8), behind one another. */
function pack(...parts: (number | bigint | string | Uint8Array)[]): Uint8Array {
  const bytes: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') bytes.push(...new Uint8Array(Uint32Array.of(part).buffer));
    else if (typeof part === 'bigint') bytes.push(...new Uint8Array(BigUint64Array.of(part).buffer));
    else if (typeof part === 'string')
      bytes.push(...pack(BigInt(new TextEncoder().encode(part).length)), ...new TextEncoder().encode(part));
    else bytes.push(...part);
  }
  return Uint8Array.from(bytes);
}
const MAGIC = 0x46554747;
const head = (tensors: bigint, keys: bigint) => pack(MAGIC, 3, tensors, keys);
const tensor = (name: string, dims: bigint[], type: number, offset: bigint) =>
  pack(name, dims.length, ...dims, type, offset);
/** Header of these tensors, padded, with `data` bytes behind it. */
function file(header: Uint8Array, data = 0): Uint8Array {
  const start = Math.ceil(header.length / 32) * 32;
  const bytes = new Uint8Array(start + data);
  bytes.set(header);
  return bytes;
}

describe('F3: each fault has its name', () => {
  test.each<[string, Uint8Array]>([
    ['too-small', pack(MAGIC)],
    ['too-small', head(1n, 0n)],
    ['bad-magic', pack(1, 3, 0n, 0n)],
    ['bad-version', pack(MAGIC, 1, 0n, 0n)],
    ['bad-version', pack(MAGIC, 0x03000000, 0n, 0n)],
    ['bad-count', head(65_537n, 0n)],
    ['bad-count', head(0n, 2n ** 63n)],
    ['bad-count', pack(head(0n, 1n), 'a', 9, 4, 2n ** 40n)],
    ['bad-count', pack(head(0n, 1n), 'a', 9, 4, 1000n)],
    ['bad-string', pack(head(0n, 1n), 2n ** 40n)],
    ['bad-string', pack(head(0n, 1n), 'a', 8, 1000n)],
    ['bad-utf8', pack(head(0n, 1n), 'a', 8, 1n, Uint8Array.of(0xff))],
    ['bad-type', pack(head(0n, 1n), 'a', 77, 0)],
    ['nested-array', pack(head(0n, 1n), 'a', 9, 9, 1n)],
    ['bad-integer', pack(head(0n, 1n), 'a', 10, 2n ** 53n)],
    ['bad-name', pack(head(0n, 1n), '__proto__', 4, 1)],
    ['bad-name', pack(head(0n, 1n), 'a\0b', 4, 1)],
    ['duplicate-key', pack(head(0n, 2n), 'a', 4, 1, 'a', 4, 1)],
    ['bad-alignment', pack(head(0n, 1n), 'general.alignment', 4, 24)],
    ['bad-alignment', pack(head(0n, 1n), 'general.alignment', 4, 0)],
    ['duplicate-tensor', file(pack(head(2n, 0n), tensor('t', [8n], 0, 0n), tensor('t', [8n], 0, 32n)), 64)],
    ['bad-dimension', file(pack(head(1n, 0n), tensor('t', [0n], 0, 0n)), 32)],
    ['bad-dimension', file(pack(head(1n, 0n), tensor('t', [8n, 1n, 1n, 1n, 1n], 0, 0n)), 32)],
    ['bad-dimension', file(pack(head(1n, 0n), tensor('t', [2n ** 40n, 2n ** 40n], 0, 0n)), 32)],
    ['bad-dimension', file(pack(head(1n, 0n), tensor('t', [33n], 8, 0n)), 64)],
    ['bad-offset', file(pack(head(1n, 0n), tensor('t', [8n], 0, 4n)), 64)],
    ['bad-offset', file(pack(head(1n, 0n), tensor('t', [8n], 0, 32n)), 32)],
    ['bad-offset', file(pack(head(1n, 0n), tensor('t', [8n], 0, 2n ** 60n)), 32)],
    ['overlap', file(pack(head(2n, 0n), tensor('a', [16n], 0, 0n), tensor('b', [8n], 0, 32n)), 96)],
    ['unsupported-type', file(pack(head(1n, 0n), tensor('t', [256n], 10, 0n)), 96)],
  ])('%s', async (code, bytes) => {
    await expect(readGguf(bytesReader('m.gguf', bytes))).rejects.toMatchObject({
      name: 'UserError',
      code: `gguf-${code}`,
    });
  });
  test('a sound one', async () => {
    const { tensors } = await readGguf(
      bytesReader(
        'm.gguf',
        file(pack(head(1n, 1n), 'a', 9, 8, 2n, 'x', 'y', tensor('t', [32n, 2n], 8, 0n)), 68),
      ),
    );
    expect(tensors.get('t')).toMatchObject({ shape: [2, 32], stored: 'Q8_0', bytes: 68 });
  });
});

describe('tokenizers', () => {
  const base = {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.tokens': ['<|end|>', 'a', 'b', 'ab', ' '],
    'tokenizer.ggml.token_type': [3, 1, 1, 1, 5],
    'tokenizer.ggml.merges': ['a b'],
    'tokenizer.ggml.bos_token_id': 0,
  };
  const of = (change: object) =>
    tokenizerOf(new Map(Object.entries({ ...base, ...change }))).tokenizerJson as {
      post_processor: { type: string } | null;
      model: { ignore_merges: boolean; vocab: object; merges: string[][] };
      normalizer: { type: string } | null;
    };
  test('what each name of a splitting brings with it', () => {
    expect(of({ 'tokenizer.ggml.pre': 'llama-bpe' })).toMatchObject({
      model: { ignore_merges: true },
      post_processor: { type: 'TemplateProcessing' },
    });
    expect(of({ 'tokenizer.ggml.pre': 'qwen2' })).toMatchObject({
      normalizer: { type: 'NFC' },
      model: { ignore_merges: false },
      post_processor: { type: 'ByteLevel' },
    });
    expect(Object.keys(of({}).model.vocab)).toEqual(['<|end|>', 'a', 'b', 'ab']);
  });
  test.each([
    ['tokenizer.ggml.pre', 'tekken'],
    ['tokenizer.ggml.pre', 'constructor'],
    ['tokenizer.ggml.model', 'bert'],
  ])('%s = %s is refused by name', (key, value) => {
    expect(() => of({ [key]: value })).toThrow(value);
  });
  test('SentencePiece: merges from scores, the best first', () => {
    const { model } = of({
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.tokens': ['<unk>', '<s>', 'a', 'b', 'ab', 'ba', 'aba'],
      'tokenizer.ggml.token_type': [2, 3, 1, 1, 1, 1, 1],
      'tokenizer.ggml.scores': [0, 0, -5, -6, -2, -1, -3],
      'tokenizer.ggml.unknown_token_id': 0,
    });
    expect(model.merges).toEqual([
      ['b', 'a'],
      ['a', 'b'],
      ['a', 'ba'],
      ['ab', 'a'],
    ]);
  });
});

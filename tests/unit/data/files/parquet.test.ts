import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { asJsonLines } from '../../../../src/data/files/as-json-lines.ts';
import { memoryScratch } from '../../../../src/data/files/one-file.ts';
import { parquetToLines } from '../../../../src/data/files/parquet.ts';

const turns = (n: number) => [
  { role: 'user', content: `q${n}` },
  { role: 'assistant', content: `a${n}` },
];

async function rowsOf(buffer: ArrayBuffer) {
  const seen: number[] = [];
  const { blob, converted, problems } = await asJsonLines(
    [new File([buffer], 'train.parquet')],
    (done) => void seen.push(done),
  );
  expect([converted, problems.size]).toEqual([true, 0]);
  const text = await blob.text();
  return {
    rows: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    seen,
    size: buffer.byteLength,
  };
}

test.each(['UNCOMPRESSED', 'SNAPPY'] as const)(
  '%s: texts, numbers and turns come as rows, in groups',
  async (codec) => {
    const count = 2500;
    const all = Array.from({ length: count }, (_, n) => n);
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'prompt', data: all.map((n) => `é😀 ${n}`), type: 'STRING' },
        { name: 'label', data: all.map((n) => BigInt(n)), type: 'INT64' },
        { name: 'score', data: all.map((n) => n / 2), type: 'DOUBLE' },
        { name: 'messages', data: all.map((n) => turns(n)), type: 'JSON' },
      ],
      codec,
      rowGroupSize: 1000,
    });
    const { rows, seen, size } = await rowsOf(buffer);
    expect(rows).toHaveLength(count);
    expect(rows[2047]).toEqual({ prompt: 'é😀 2047', label: 2047, score: 1023.5, messages: turns(2047) });
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.at(-1)).toBe(size);
  },
);

test('integers that no number holds are their text', async () => {
  const data = [2n ** 62n, -5n];
  const { rows } = await rowsOf(parquetWriteBuffer({ columnData: [{ name: 'a', data, type: 'INT64' }] }));
  expect(rows).toEqual([{ a: '4611686018427387904' }, { a: -5 }]);
});

test('one that was cut off is refused with a sentence', async () => {
  const whole = parquetWriteBuffer({ columnData: [{ name: 'a', data: ['x'], type: 'STRING' }] });
  const cut = new File([whole.slice(0, -9)], 'a.parquet');
  await expect(asJsonLines([cut])).rejects.toThrow(/a Parquet file that cannot be read/);
});

test('where its reader cannot be loaded, a sentence says so', async () => {
  const file = new File([new Uint8Array(8)], 'a.parquet');
  const opened = parquetToLines(file, 'a.parquet', { makeScratch: memoryScratch, done: () => {} }, () =>
    Promise.reject(new TypeError('Failed to fetch dynamically imported module')),
  );
  await expect(opened).rejects.toMatchObject({
    code: 'no-reader',
    message: expect.stringMatching(/^a\.parquet was not read.*open the file again/),
  });
});

test('a row group that could only be held whole is refused before it is read, unless it has a page index', async () => {
  const file = new Blob(['x']);
  const read: number[] = [];
  const load = (index: bigint | undefined) => async () =>
    ({
      parquetMetadataAsync: async () => ({
        num_rows: 1n,
        row_groups: [{ num_rows: 1n, total_byte_size: 10n ** 9n, columns: [{ offset_index_offset: index }] }],
      }),
      parquetReadObjects: async () => {
        read.push(1);
        return [];
      },
      compressors: {},
    }) as never;
  const options = { makeScratch: memoryScratch, done: () => {} };
  await expect(parquetToLines(file, 'a.parquet', options, load(undefined))).rejects.toThrow(
    /a\.parquet has 1\.0 GB in one row group without a page index.*row_group_size/,
  );
  expect(read).toEqual([]);
  await parquetToLines(file, 'a.parquet', options, load(5n));
  expect(read.length).toBeGreaterThan(0);
});

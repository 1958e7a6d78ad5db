import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import { openHeadless } from '../../scripts/headless/browser.mjs';
import { heapBytes } from '../../scripts/headless/watch-page.mjs';
import type { RunEvent } from '../../src/worker/api/api.ts';
import { temporaryFolder } from './command-line.ts';
import { mostHeapWhile } from './most-heap.ts';

/** A file of 1 GB in every shape that is not lines of JSON already opens with progress and in flat memory. */

const ROWS = 100_000;
const AT_ONCE = 5000;
const ROW_BYTES = 10_400;
/** Of page and workers together, garbage included: a Parquet file is held a row group at a time, here 100 MB. */
const MOST_GROWTH = 350e6;

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const question = (i: number) => `Row ${i}?`;
function answer(i: number): string {
  const words = `the quick brown fox number ${i} jumps over the lazy dog ${(i * 7919) % ROWS} times. `;
  return words.repeat(Math.ceil(ROW_BYTES / words.length)).slice(0, ROW_BYTES);
}

/** Row by row, each as `text` has it. */
function written(name: string, text: (i: number) => string, begin = '', end = ''): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  writeSync(file, begin);
  for (let first = 0; first < ROWS; first += AT_ONCE)
    writeSync(file, Array.from({ length: AT_ONCE }, (_, i) => text(first + i)).join(''));
  writeSync(file, end);
  closeSync(file);
  return path;
}

const asJson = (i: number) => JSON.stringify({ prompt: question(i), completion: answer(i) });

async function packed(): Promise<string> {
  const path = join(folder, 'a.jsonl.gz');
  const file = openSync(path, 'w');
  // Quickly: what is measured is the unpacking.
  const gzip = createGzip({ level: 1 });
  const ended = (async () => {
    for await (const chunk of gzip) writeSync(file, chunk as Buffer);
  })();
  for (let first = 0; first < ROWS; first += 100) {
    const text = Array.from({ length: 100 }, (_, i) => `${asJson(first + i)}\n`).join('');
    if (!gzip.write(text)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await ended;
  closeSync(file);
  return path;
}

function parquet(): string {
  const path = join(folder, 'a.parquet');
  const all = <T>(of: (i: number) => T) => Array.from({ length: ROWS }, (_, i) => of(i));
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'prompt', data: all(question), type: 'STRING' },
      { name: 'completion', data: all(answer), type: 'STRING' },
    ],
    // 100 MB each, as `datasets` writes them.
    rowGroupSize: 10_000,
    codec: 'UNCOMPRESSED',
  });
  const file = openSync(path, 'w');
  writeSync(file, new Uint8Array(bytes));
  closeSync(file);
  return path;
}

const files: [string, () => string | Promise<string>][] = [
  ['a list in JSON', () => written('a.json', (i) => `${i ? ',\n' : ''}${asJson(i)}`, '[', ']')],
  ['CSV', () => written('a.csv', (i) => `${question(i)},"${answer(i)}"\n`, 'prompt,completion\n')],
  ['lines of JSON, packed', packed],
  ['Parquet', parquet],
];

test.each(files)('%s: 1 GB in flat memory', async (name, make) => {
  const path = await make();
  let heard: RunEvent[] = [];
  const headless = await openHeadless({
    device: 'wasm',
    onEvent: (event) => void heard.push(event),
    say: () => {},
  });
  headless.disconnected.catch(() => {});
  try {
    const { bridge, page } = headless;
    const browser = page.context().browser()!;
    await bridge.evaluate((lowrank) => lowrank.hardware('wasm'));
    await bridge.evaluate((lowrank) => lowrank.openModel({ kind: 'bundled' }));
    heard = [];
    await page.setInputFiles('#data', path);
    const before = await heapBytes(browser, { collect: true });
    const begin = Date.now();
    const { result, most, looks } = await mostHeapWhile(
      browser,
      bridge.evaluate((lowrank) => lowrank.openData('train', { maxLength: 64, raw: false })),
      300,
    );
    expect(result).toMatchObject({ read: ROWS, used: ROWS, badCount: 0 });
    expect(heard.filter(({ type }) => type === 'progress').length).toBeGreaterThan(20);
    expect(looks).toBeGreaterThan(10);
    const seconds = (Date.now() - begin) / 1000;
    console.log(
      `${name}, ${(statSync(path).size / 1e6).toFixed(0)} MB: ${seconds.toFixed(1)} s, at most ${((most - before) / 1e6).toFixed(0)} MB more`,
    );
    expect(most - before).toBeLessThan(MOST_GROWTH);
  } finally {
    await headless.close();
    rmSync(path);
  }
});

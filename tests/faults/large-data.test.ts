import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHeadless } from '../../scripts/headless/browser.mjs';
import { heapBytes } from '../../scripts/headless/watch-page.mjs';
import { defaultSettings } from '../../src/run/settings/list.ts';
import type { RunEvent } from '../../src/worker/api/api.ts';
import { temporaryFolder } from '../e2e/command-line.ts';
import { mostHeapWhile } from '../e2e/most-heap.ts';
import { slowness } from '../slowness.ts';
import { injected } from './injected.ts';

/** Half a million rows in 500 MB: read in a minute, without holding them. */

const ROWS = 500_000;
const ROW_BYTES = 1024;
/** On a machine that is not slow. */
const MOST_SECONDS = 60;
/** For what happens at once. */
const AT_ONCE = 5;
const MOST_GROWTH = 150e6;
/** One line in so many is bad. */
const BAD = 1000;

const folder = temporaryFolder();
const large = join(folder, 'large.jsonl');
const small = join(folder, 'small.jsonl');

function row(i: number): string {
  if (i % BAD === BAD - 1) return `{"prompt": "cut${' '.repeat(ROW_BYTES - 16)}\n`;
  const words = `the quick brown fox number ${i} jumps over the lazy dog ${(i * 7919) % ROWS} times. `;
  const begin = `{"prompt": "Row ${i}?", "completion": "`;
  const room = ROW_BYTES - begin.length - 3;
  return `${begin}${words.repeat(Math.ceil(room / words.length)).slice(0, room)}"}\n`;
}

beforeAll(() => {
  const file = openSync(large, 'w');
  for (let begin = 0; begin < ROWS; begin += 10_000)
    writeSync(file, Array.from({ length: 10_000 }, (_, i) => row(begin + i)).join(''));
  closeSync(file);
  writeFileSync(small, row(0).repeat(8));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('D1: half a million rows in 500 MB: read within a minute in flat memory, given up at once, trained on at once', async (context) => {
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
    const open = () => bridge.evaluate((lowrank) => lowrank.openData('train', { maxLength: 64, raw: false }));
    const progress = () => heard.filter((event) => event.type === 'progress').length;

    // Another file ends the reading of the first.
    await page.setInputFiles('#data', large);
    const given = open().then(
      () => null,
      (error: Error) => error,
    );
    await expect.poll(progress).toBeGreaterThan(3);
    await page.setInputFiles('#data', small);
    const begin = Date.now();
    expect(await open()).toMatchObject({ used: 8 });
    expect((Date.now() - begin) / 1000).toBeLessThan(AT_ONCE * slowness());
    expect(await given).toBeInstanceOf(Error);

    heard = [];
    await page.setInputFiles('#data', large);
    const before = await heapBytes(browser, { collect: true });
    const scanned = Date.now();
    const { result: report, most } = await mostHeapWhile(browser, open(), 500);
    const seconds = (Date.now() - scanned) / 1000;
    injected(context, ROWS / BAD);
    expect(report).toMatchObject({ read: ROWS, used: ROWS - ROWS / BAD, badCount: ROWS / BAD });
    expect(progress()).toBeGreaterThan(20);

    heard = [];
    const clicked = Date.now();
    const settings = defaultSettings({ steps: 1, batch: 1, maxLength: 64 });
    const run = bridge.evaluate(
      (lowrank, given) =>
        lowrank.train(
          {
            settings: given,
            prompts: [],
            sampleEvery: null,
            sampleTokens: 0,
            trace: false,
            maxEvalRows: null,
            evalData: false,
          },
          '/nowhere',
        ),
      settings,
    );
    await expect
      .poll(() => heard.some((event) => event.type === 'state' && event.state === 'training'), {
        interval: 20,
      })
      .toBe(true);
    const start = (Date.now() - clicked) / 1000;
    await run;
    console.log(
      `${ROWS} rows in ${seconds.toFixed(1)} s, ${((most - before) / 1e6).toFixed(0)} MB more, training after ${start.toFixed(1)} s`,
    );
    expect(seconds).toBeLessThan(MOST_SECONDS * slowness());
    expect(most - before).toBeLessThan(MOST_GROWTH);
    expect(start).toBeLessThan(AT_ONCE * slowness());
  } finally {
    await headless.close();
  }
});

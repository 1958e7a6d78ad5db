import { afterAll, expect, test } from 'vitest';
import { slowness } from '../slowness.ts';
import { type OpenPage, openPage } from './browser.ts';
import { named, number, waitForStep } from './look.ts';

/** What a first visit takes: how soon the page can be used, how many clicks to a falling curve, and no stutter then. */

/** Milliseconds, on a machine that is not slow, from a cold start to a Train button that can be pressed. */
const MOST_TO_INTERACTIVE = 2000;
/** Milliseconds: a longer task is felt. */
const LONGEST = 50;
/** Other programs on the machine lengthen a time now and then; what the page itself does takes as long every time. */
const ATTEMPTS = 4;

let open: OpenPage | null = null;
afterAll(() => open?.close());

test('a cold page can be used within two seconds', async () => {
  const times: number[] = [];
  while (times.length < ATTEMPTS && !times.some((time) => time < MOST_TO_INTERACTIVE)) {
    await open?.close();
    open = await openPage({ gpu: false });
    const usable = await open.page.waitForFunction(
      () => {
        const train = [...document.querySelectorAll('button')].find(
          (button) => button.textContent === 'Train',
        );
        // Since the navigation began; looked at in every frame.
        return train && !train.disabled ? performance.now() : 0;
      },
      undefined,
      { polling: 'raf' },
    );
    times.push(Number(await usable.jsonValue()) / (await open.page.evaluate(slowness)));
  }
  console.log(`usable after ${times.map(Math.round).join(', ')} ms`);
  expect(Math.min(...times)).toBeLessThan(MOST_TO_INTERACTIVE);
});

test('one click later the loss falls, and no task of the page is felt', async () => {
  const { page, complaints } = open!;
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 1);
  await expect.poll(() => number(named(page, 'Loss'))).toBeGreaterThan(0);
  const first = await number(named(page, 'Loss'));
  let fewest: number[] | null = null;
  let steps = 0;
  for (let attempt = 0; attempt < ATTEMPTS && fewest?.length !== 0; attempt++) {
    const longest = LONGEST * (await page.evaluate(slowness));
    const seen = await page.evaluate(async (longest) => {
      const durations: number[] = [];
      const observer = new PerformanceObserver((entries) => {
        for (const { duration } of entries.getEntries()) durations.push(duration);
      });
      observer.observe({ type: 'longtask' });
      const step = () =>
        Number.parseInt(document.querySelector('[aria-label="Step"]')?.textContent ?? '', 10);
      const from = step();
      // Four seconds, and on any machine a few steps.
      const begin = performance.now();
      const going = () =>
        !/^(Finished|Failed)/.test(document.querySelector('[aria-label="Status"]')?.textContent ?? '');
      while (going() && (performance.now() - begin < 4000 || step() < from + 3))
        await new Promise((resolve) => setTimeout(resolve, 100));
      observer.disconnect();
      return { steps: step() - from, long: durations.filter((duration) => duration > longest) };
    }, longest);
    steps += seen.steps;
    if (!fewest || seen.long.length < fewest.length) fewest = seen.long;
  }
  expect(steps).toBeGreaterThanOrEqual(3);
  expect(fewest).toEqual([]);
  await expect.poll(() => number(named(page, 'Loss'))).toBeLessThan(0.8 * first);
  expect(complaints).toEqual([]);
});

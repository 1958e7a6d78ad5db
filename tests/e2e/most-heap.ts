import type { Browser } from 'playwright';
import { heapBytes } from '../../scripts/headless/watch-page.mjs';

/** The most that page and workers hold while something is under way, garbage included, and how often that was looked at. */
export async function mostHeapWhile<T>(
  browser: Browser,
  work: Promise<T>,
  everyMs: number,
): Promise<{ result: T; most: number; looks: number }> {
  let [most, looks, done] = [0, 0, false];
  const ended = work.finally(() => {
    done = true;
  });
  // What it throws is thrown below.
  ended.catch(() => {});
  while (!done) {
    most = Math.max(most, await heapBytes(browser, { collect: false }));
    looks++;
    await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, everyMs))]);
  }
  return { result: await ended, most, looks };
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import { PATIENCE } from '../patience.ts';
import { projectFile } from './command-line.ts';

/** What tests of the page look for, by the names that people rely on, and how it must look. */

export const named = (page: Page, name: string): Locator => page.getByLabel(name, { exact: true }).first();
export const number = async (locator: Locator): Promise<number> =>
  Number.parseFloat((await locator.textContent()) ?? '');

/**
 * Waits until the run's status begins with `status` and its step is at least `step`, however long that takes: it gives
 * up where nothing on the page has changed for `PATIENCE`, and where the run has failed.
 */
async function waitForRun(page: Page, wanted: { status?: string; step?: number }): Promise<void> {
  await page.waitForFunction(
    ({ status: word = '', step: least = 0, patience, wait }) => {
      // A document that has only begun, where the page loads itself again, has no body yet.
      const text = document.body?.textContent ?? '';
      const now = performance.now();
      const scope = globalThis as { lastChange?: { wait: string; text: string; at: number } };
      if (scope.lastChange?.wait !== wait || scope.lastChange.text !== text)
        scope.lastChange = { wait, text, at: now };
      const status = document.querySelector('[aria-label="Status"]')?.textContent ?? '';
      const step = Number.parseInt(document.querySelector('[aria-label="Step"]')?.textContent ?? '', 10) || 0;
      if (status.startsWith(word) && step >= least) return true;
      if (status.startsWith('Failed')) throw new Error(`The run failed: ${text.slice(0, 2000)}`);
      if (now - scope.lastChange.at > patience)
        throw new Error(`Waited in vain for ${word} at step ${least}: ${text.slice(0, 2000)}`);
      return false;
    },
    { ...wanted, patience: PATIENCE, wait: `${Math.random()}` },
    { timeout: 0 },
  );
}

/** Waits for a text that takes long to come: in vain once what is there has not changed for `PATIENCE`. */
export async function comesTo(locator: Locator, what: RegExp): Promise<void> {
  let [text, since] = ['', Date.now()];
  for (;;) {
    const now = (await locator.textContent()) ?? '';
    if (what.test(now)) return;
    if (now !== text) [text, since] = [now, Date.now()];
    if (Date.now() - since > PATIENCE) throw new Error(`Waited in vain for ${what}: ${now}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const waitForStatus = (page: Page, status: string) => waitForRun(page, { status });
export const waitForStep = (page: Page, step: number) => waitForRun(page, { step });

export type Theme = 'light' | 'dark';

/** Until nothing moves: half-way through a fade any text is pale. What turns for ever stays out of it. */
async function still(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const moves = (one: Animation) =>
      one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity;
    // A transition begins a few frames after what asked for it.
    for (let calm = 0; calm < 6; calm = document.getAnimations().some(moves) ? 0 : calm + 1)
      await new Promise(requestAnimationFrame);
  });
}

/** Every look is kept as a picture, to be laid beside the drawing. */
const PICTURES = projectFile('test-results/pictures');

/** `npm test` looks at each screen in one theme at each width, `npm run test:all` in all that a test names. */
const ALL = Boolean(process.env.LOWRANK_TEST_ALL);

/** Axe finds nothing, and nothing hangs over the page's side. */
export async function checkLook(
  page: Page,
  where: string,
  themes: readonly Theme[] = ['light'],
): Promise<void> {
  for (const colorScheme of ALL ? themes : themes.slice(0, 1)) {
    await page.emulateMedia({ colorScheme });
    await still(page);
    mkdirSync(PICTURES, { recursive: true });
    const name = `${where} ${colorScheme}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`);
    expect(found, `${where}, ${colorScheme}`).toEqual([]);
  }
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(wide, `${where}: width`).toBeLessThanOrEqual(room);
}

/** A desk's screen, zoomed to 200 %. */
const ZOOMED = { width: 720, height: 450 };

const WIDTHS: { width: number; height: number; themes: Theme[] }[] = [
  ...(ALL ? [{ ...ZOOMED, themes: ['light' as const] }] : []),
  { width: 390, height: 844, themes: ['light'] },
  { width: 1000, height: 800, themes: ['dark'] },
  { width: 1440, height: 900, themes: ['light', 'dark'] },
];

/**
 * `checkLook` on a phone, at a middling and at a desk's width, in `npm run test:all` zoomed as well. `all`: the themes at
 * each width instead of the fewest.
 */
export async function atEveryWidth(
  page: Page,
  where: string,
  look: (width: number) => Promise<void> = async () => {},
  all: readonly Theme[] | null = null,
): Promise<void> {
  for (const { width, height, themes } of WIDTHS) {
    await page.setViewportSize({ width, height });
    await look(width);
    const at = width === ZOOMED.width ? 'at 200 %' : `${width} wide`;
    await checkLook(page, `${where}, ${at}`, (ALL && width !== ZOOMED.width && all) || themes);
  }
}

import { rmSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, type Theme, waitForStatus, waitForStep } from './look.ts';

/** The page before a class: shown large from a projector, passed on as a link, printed, and several people’s results. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const PROJECTORS = [
  { width: 1920, height: 1080 },
  { width: 1024, height: 768 },
];

/** The smallest letters of what is in sight, and whether all of it is. */
const largeView = (page: Page) =>
  page.getByRole('dialog', { name: 'Presentation' }).evaluate((dialog) => {
    const sizes: number[] = [];
    const walk = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const { parentElement: of } = node;
      const box = of?.getBoundingClientRect();
      if (of && box && box.width > 1 && node.textContent?.trim())
        sizes.push(Number.parseFloat(getComputedStyle(of).fontSize));
    }
    return { smallest: Math.min(...sizes), texts: sizes.length };
  });

test('presented: large, before, in and after a run, by key and by button, on a projector and a phone', async () => {
  open = await openPage({ gpu: false, hash: '#steps=24&eval-fraction=0.06&lr=0.003' });
  const { page } = open;
  const { keyboard } = page;
  const dialog = page.getByRole('dialog', { name: 'Presentation' });
  await waitForStatus(page, 'Ready');
  const button = page.getByRole('button', { name: 'Present', exact: true });
  await button.click();
  await expect.poll(() => dialog.textContent()).toMatch(/no run yet.*Base.*nothing is trained yet/);
  await checkLook(page, 'presented before a run', BOTH);
  await keyboard.press('Escape');
  await expect.poll(() => dialog.count()).toBe(0);
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 8);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await keyboard.press('p');
  await expect.poll(() => dialog.textContent()).toMatch(/step \d+ of 24/);
  const text = await dialog.textContent();
  // It goes on while it is looked at.
  await expect.poll(() => dialog.textContent()).not.toBe(text);
  for (const size of PROJECTORS) {
    await page.setViewportSize(size);
    await checkLook(page, `presented in a run, ${size.width} wide`, BOTH);
    const { smallest, texts } = await largeView(page);
    expect(smallest).toBeGreaterThanOrEqual(28);
    expect(texts).toBeGreaterThan(8);
  }
  await keyboard.press('p');
  await expect.poll(() => dialog.count()).toBe(0);
  await waitForStatus(page, 'Finished');

  await keyboard.press('p');
  const asked = dialog.getByRole('region', { name: 'The question' });
  await expect.poll(() => asked.textContent()).toMatch(/Base.+Tuned.+/s);
  const first = await asked.textContent();
  await keyboard.press('ArrowRight');
  await expect.poll(() => asked.textContent()).not.toBe(first);
  await dialog.getByRole('button', { name: 'Previous question' }).click();
  await expect.poll(() => asked.textContent()).toBe(first);
  for (const size of PROJECTORS) {
    await page.setViewportSize(size);
    await checkLook(page, `presented after a run, ${size.width} wide`, BOTH);
    const { smallest } = await largeView(page);
    expect(smallest).toBeGreaterThanOrEqual(28);
    const room = await dialog.evaluate((element) => [element.scrollHeight, element.clientHeight]);
    expect(room[0], 'nothing is out of sight').toBeLessThanOrEqual(room[1] + 1);
  }
  await atEveryWidth(
    page,
    'presented after a run',
    async () => {
      const curve = await dialog.getByRole('img', { name: /^Loss curve/ }).boundingBox();
      const below = await dialog.getByText('training', { exact: true }).boundingBox();
      expect((curve?.y ?? 0) + (curve?.height ?? 0), 'the curve ends above its words').toBeLessThanOrEqual(
        below?.y ?? 0,
      );
    },
    BOTH,
  );
  // As zoomed to 200 %.
  await page.setViewportSize({ width: 720, height: 450 });
  await checkLook(page, 'presented at 200 %');
  await dialog.getByRole('button', { name: 'Leave the presentation' }).click();
  await expect.poll(() => dialog.count()).toBe(0);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await keyboard.press('?');
  await expect
    .poll(() => page.getByRole('dialog', { name: 'Keyboard shortcuts' }).textContent())
    .toContain('PPresent: loss, curve and one question, large');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

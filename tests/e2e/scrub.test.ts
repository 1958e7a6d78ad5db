import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus } from './look.ts';

/** A finished run, gone through again: by keyboard, by dragging along its curve, and as an answer that rewrites itself. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const run = (page: Page) => page.getByRole('region', { name: 'Run', exact: true });
const live = (page: Page) => page.getByRole('region', { name: /^One answer as it learns/ });
const slider = (page: Page) => page.getByRole('slider', { name: 'At step' });
const at = async (page: Page) => (await slider(page).getAttribute('aria-valuetext')) ?? '';
const table = (page: Page) => page.getByRole('table', { name: 'Held-out rows' });
const cells = (page: Page, column: number) =>
  table(page).locator(`tbody tr[aria-rowindex] td:nth-child(${column})`).allTextContents();

async function download(page: Page, press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent('download');
  await press();
  const file = await coming;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test('a run is gone through along its curve, everything together, and its answer is kept as a picture and a clip', async () => {
  const rows = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').split('\n').slice(0, 60);
  const dataset = join(folder, 'pirates.jsonl');
  writeFileSync(dataset, rows.join('\n'));
  open = await openPage({ gpu: false, hash: '#steps=30&eval-fraction=0.2&lr=0.003&keep=last' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(dataset);
  await expect.poll(() => page.locator('main').textContent()).toContain('60 rows');
  await page.getByRole('button', { name: 'Train', exact: true }).click();

  // Large, above the curve, from before training on.
  await expect.poll(() => live(page).textContent()).toMatch(/before training|step \d+/);
  await expect.poll(() => live(page).textContent()).toMatch(/step \d+.*(\d+ words?|No word) changed/);
  await page.getByRole('button', { name: 'Pause' }).click();
  await waitForStatus(page, 'Paused');
  await atEveryWidth(page, 'live answer in a run', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Resume' }).click();
  await waitForStatus(page, 'Finished');
  await expect.poll(() => run(page).textContent()).toMatch(/On general text\d\.\d+ → \d/);
  const heldOut = page.getByRole('region', { name: /^Held-out rows/ });
  await expect.poll(() => heldOut.textContent()).toContain('tuned: step 30, strength 1');
  const end = [await cells(page, 5), await cells(page, 6)];
  expect(end[0].length).toBe(12);

  // By keyboard to before the first step, where everything is the base's.
  await page.getByRole('button', { name: 'Show all charts' }).click();
  const map = run(page).getByRole('img', { name: /^Most in layer|^Not measured yet/ });
  const moved = await map.getAttribute('aria-label');
  await page.locator('details').filter({ hasText: 'Next token' }).locator('summary').click();
  const odds = page.locator('details').getByRole('table');
  await expect.poll(() => odds.getByRole('row').count()).toBe(7);
  await slider(page).focus();
  await page.keyboard.press('Home');
  expect(await at(page)).toBe('0');
  const pair = page.getByRole('region', { name: 'Base and tuned' });
  await expect.poll(() => pair.textContent()).toContain('Tuned at step 0');
  await expect.poll(() => pair.locator('[data-stale]').count()).toBe(0);
  await expect
    .poll(() => heldOut.textContent())
    .toMatch(/tuned: step 0, strength 1$|tuned: step 0, strength 1line/);
  await expect.poll(() => cells(page, 5)).toEqual(await cells(page, 4));
  expect(new Set(await cells(page, 6))).toEqual(new Set(['0.00']));
  await expect.poll(() => odds.textContent()).toContain('tuned, step 0');
  for (const row of await odds.locator('tbody tr').all()) {
    const [base, tuned] = await row.getByRole('cell').allTextContents();
    expect(tuned).toBe(base);
  }
  await expect.poll(() => run(page).textContent()).toMatch(/‖ΔW‖ \/ ‖W‖ at step 0/);
  await expect.poll(() => map.getAttribute('aria-label')).toMatch(/^Not measured yet|: 0(\.0+)? %$/);
  await expect.poll(() => live(page).textContent()).toContain('before training');

  // Farther on, something has been learned and not all.
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  const step = await at(page);
  expect(Number(step)).toBeGreaterThan(0);
  await expect.poll(() => heldOut.textContent()).toContain(`tuned: step ${step}, strength 1`);
  await expect.poll(() => heldOut.textContent()).not.toContain('measured');
  await expect.poll(() => cells(page, 6)).not.toEqual(end[1]);
  expect(await cells(page, 6)).not.toContain('—');
  expect(await cells(page, 6)).not.toContain('0.00');
  await expect.poll(() => map.getAttribute('aria-label')).toMatch(/^Most in layer/);
  expect(await map.getAttribute('aria-label')).not.toBe(moved);
  await checkLook(page, 'scrubbed, all charts', BOTH);
  // The handle on the chart goes the same way.
  const handle = run(page).locator('.u-over > i');
  await handle.scrollIntoViewIfNeeded();
  await checkLook(page, 'the handle on the chart', BOTH);
  const box = await handle.boundingBox();
  if (!box) throw new Error('no handle');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 150, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  expect(Number(await at(page))).toBeGreaterThan(Number(step));
  expect(await page.getByRole('button', { name: 'Reset zoom' }).count(), 'no zoom').toBe(0);
  await slider(page).focus();
  await page.keyboard.press('Escape');
  expect(await at(page)).toBe('last');
  await expect.poll(() => cells(page, 6)).toEqual(end[1]);
  expect(await cells(page, 5)).toEqual(end[0]);

  // What was computed once, or ahead, is there at once when a drag passes over it.
  await page.getByRole('button', { name: 'Fold the charts' }).click();
  await slider(page).focus();
  for (
    await page.keyboard.press('Home');
    (await at(page)) !== 'last';
    await page.keyboard.press('ArrowRight')
  ) {
    await expect.poll(() => pair.locator('[data-stale]').count()).toBe(0);
    await expect.poll(() => heldOut.textContent()).not.toContain('measured');
  }
  const curve = page.getByRole('img', { name: 'Loss curve of the run' });
  await curve.scrollIntoViewIfNeeded();
  const strip = await curve.boundingBox();
  if (!strip) throw new Error('no curve');
  const place = (share: number) => [strip.x + share * strip.width, strip.y + strip.height / 2] as const;
  await page.mouse.move(...place(0.98));
  await page.mouse.down();
  const seen = new Set<string>();
  for (let share = 0.98; share > 0.1; share -= 0.02) {
    await page.mouse.move(...place(share));
    seen.add(await at(page));
    expect(await pair.locator('[data-stale]').count(), `at ${await at(page)}`).toBe(0);
    expect(await heldOut.textContent()).not.toMatch(/of 12 measured/);
  }
  expect(seen.size).toBeGreaterThan(5);
  await page.mouse.move(...place(0.27));
  await expect.poll(() => run(page).textContent()).toMatch(/At step \d+, the kept one nearest to 8/);
  await checkLook(page, 'dragged along the curve', BOTH);
  await page.mouse.move(...place(1));
  await page.mouse.up();
  expect(await at(page)).toBe('last');
  // Let go in the middle it stays there, and Escape goes back, wherever the focus is.
  await page.mouse.move(...place(0.3));
  await page.mouse.down();
  await page.mouse.up();
  expect(await at(page)).not.toBe('last');
  await atEveryWidth(page, 'at an earlier step', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('Escape');
  expect(await at(page)).toBe('last');

  // Played, kept as a picture, and as a clip that any player opens.
  await live(page).getByRole('button', { name: 'Play' }).click();
  await live(page).getByRole('button', { name: 'Stop playing' }).waitFor();
  const first = await live(page).textContent();
  await expect.poll(() => live(page).textContent()).not.toBe(first);
  await live(page).getByRole('button', { name: 'Stop playing' }).click();
  const still = await download(page, () => live(page).getByRole('button', { name: 'Save picture' }).click());
  expect(still.name).toBe('pirates-answer.png');
  expect(still.bytes.length).toBeGreaterThan(10_000);
  writeFileSync(projectFile('test-results/pictures/saved-answer.png'), still.bytes);
  await live(page).getByRole('button', { name: 'Save clip' }).click();
  await live(page)
    .getByRole('button', { name: /^Cancel, \d+ s left$/ })
    .click();
  await live(page).getByRole('button', { name: 'Save clip' }).waitFor();
  const clip = await download(page, () => live(page).getByRole('button', { name: 'Save clip' }).click());
  expect(clip.name).toBe('pirates-answer.webm');
  const player = await page.context().newPage();
  const played = await player.evaluate(async (data) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = `data:video/webm;base64,${data}`;
    await video.play();
    await new Promise((resolve) => {
      video.onended = resolve;
    });
    return { width: video.videoWidth, height: video.videoHeight, seconds: video.currentTime };
  }, clip.bytes.toString('base64'));
  expect(played).toMatchObject({ width: 1280, height: 720 });
  expect(played.seconds).toBeGreaterThan(5);
  await player.close();
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('where a browser records no canvas, the page says so and still saves the picture; with reduced motion nothing is typed', async () => {
  open = await openPage({
    gpu: false,
    hash: '#steps=6&eval-fraction=0.1',
    before: async (context) => {
      await context.addInitScript(() => Reflect.deleteProperty(window, 'MediaRecorder'));
    },
  });
  const { page } = open;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await live(page).getByRole('button', { name: 'Save clip' }).click();
  await expect.poll(() => live(page).textContent()).toContain('This browser cannot record a clip');
  const still = await download(page, () => live(page).getByRole('button', { name: 'Save picture' }).click());
  expect(still.name).toMatch(/-answer\.png$/);
  await checkLook(page, 'no clip here', BOTH);
  expect(open.complaints).toEqual([]);
});

import type { Locator, Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { checkLook, named, type Theme, waitForStatus, waitForStep } from './look.ts';

/** A first run as somebody takes it who has never trained anything: by mouse, on a phone, by keyboard alone. */

const BOTH: readonly Theme[] = ['light', 'dark'];
/** Fast enough for new words in so few steps. */
const HASH = '#device=wasm&steps=24&lr=0.003';
/** Long enough that it still goes when a few captions have been read. */
const LONG = HASH.replace('24', '400');

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const tourOf = (page: Page) => page.getByRole('region', { name: 'Tour' });
const says = (page: Page, text: RegExp) => expect.poll(() => tourOf(page).textContent()).toMatch(text);
const focused = (page: Page) =>
  page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
  );
const bottom = async (locator: Locator) => {
  const box = (await locator.boundingBox())!;
  return box.y + box.height;
};

/** What the captions spoke of, in that order. */
async function captionsUntilFinished(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const scope = window as unknown as { heard: string[] };
    scope.heard = [];
    const listen = () => {
      const text = document.querySelector('[aria-label="Tour"] [aria-live]')?.textContent ?? '';
      const word = /^[\p{L}]+/u.exec(text)?.[0];
      const about = /Amber|coloured|falling/.exec(text)?.[0] ?? word;
      if (about && scope.heard.at(-1) !== about) scope.heard.push(about);
    };
    listen();
    new MutationObserver(listen).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await expect.poll(() => tourOf(page).getByRole('button', { name: 'Done' }).count()).toBe(1);
  return page.evaluate(() => (window as unknown as { heard: string[] }).heard);
}

test('the tour is the run; then a question, what it means, and what next', async () => {
  open = await openPage({ gpu: false, hash: HASH });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Take the one-minute tour' }).click();
  await says(page, /Press Train: it moves only a small set/);
  expect(await focused(page)).toBe('Train');
  const main = page.locator('main');
  const height = await bottom(main);
  expect((await tourOf(page).boundingBox())!.y, 'it covers nothing').toBeGreaterThanOrEqual(height);
  const heard = await captionsUntilFinished(page);
  expect(heard[0]).toBe('Press');
  expect(heard.at(-1)).toBe('Finished');
  expect(new Set(heard)).toEqual(new Set(['Press', 'Training', 'falling', 'Amber', 'coloured', 'Finished']));
  expect(heard).toHaveLength(6);
  expect(await bottom(main), 'nor does it move the page').toBe(height);
  await checkLook(page, 'first run, finished, tour', BOTH);
  await tourOf(page).getByRole('button', { name: 'Back' }).click();
  await says(page, /coloured|Amber/);
  await tourOf(page).getByRole('button', { name: 'Next' }).click();
  await tourOf(page).getByRole('button', { name: 'Done' }).click();
  await expect.poll(() => tourOf(page).count()).toBe(0);

  const run = page.getByRole('region', { name: 'Run', exact: true });
  expect(await run.getByRole('heading').first().textContent()).toBe('Ask what you have trained');
  const chips = page.getByRole('list', { name: 'Questions to try' }).getByRole('button');
  await expect.poll(() => chips.count()).toBe(3);
  const question = (await chips.first().textContent()) ?? '';
  await chips.first().click();
  const first = page.getByRole('region', { name: 'Ask what you have trained' });
  await expect.poll(() => first.locator('[aria-busy]').textContent()).toContain(`“${question}”`);
  await expect.poll(() => first.locator('[aria-busy]').getAttribute('aria-busy')).toBe('false');
  await named(page, 'Prompt').fill('What is love?');
  await page.keyboard.press('Enter');
  await expect.poll(() => first.textContent()).toContain('“What is love?”');
  await expect.poll(() => first.locator('[aria-busy]').getAttribute('aria-busy')).toBe('false');
  // What moved, what stayed, what loss means, why rows are held out, what the file is.
  for (const sentence of [
    /[\d,]+ numbers moved; the 5\.\d million of the base model stayed as they were\./,
    /The loss below is how surprised the model is by the right next piece of text; lower is better\./,
    /28 rows of your data were held out from training: what is only learned by heart does not help there\./,
    /The file to download has only the numbers that moved; programs add it to the same base model\./,
  ])
    expect(await run.textContent()).toMatch(sentence);
  await checkLook(page, 'first run, asked', BOTH);

  const next = page.getByRole('region', { name: 'What next?' });
  expect(await next.getByRole('button').allTextContents()).toEqual([
    'Write ten examples of your own',
    'Sort messages',
    'Train with Thorough',
  ]);
  await next.getByRole('button', { name: 'Write ten' }).click();
  await page.getByRole('dialog', { name: 'Write a few examples' }).waitFor();
  await page.keyboard.press('Escape');
  await next.getByRole('button', { name: 'Sort messages' }).click();
  await expect.poll(() => page.locator('header').textContent()).toMatch(/Sort messagesTraining/);
  await waitForStep(page, 2);
  await page.getByRole('button', { name: 'Stop' }).click();
  await waitForStatus(page, 'Finished');
  // It is no first run any more.
  expect(await page.getByRole('heading', { name: 'Ask what you have trained' }).count()).toBe(0);
  expect(await named(page, 'Prompt').count()).toBe(1);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('on a phone: what it speaks of is brought to the front, a stop is told, a reload ends it', async () => {
  open = await openPage({ gpu: false, hash: LONG, width: 390, height: 844 });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Take the one-minute tour' }).click();
  await says(page, /Press Train/);
  await checkLook(page, 'tour on a phone', BOTH);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  const show = tourOf(page).getByRole('button', { name: 'Show it' });
  await says(page, /coloured/);
  await show.click();
  await page.getByRole('tabpanel', { name: 'Samples' }).waitFor();
  await checkLook(page, 'coloured words on a phone', BOTH);
  await page.getByRole('button', { name: 'Stop' }).click();
  await waitForStatus(page, 'Finished');
  await says(page, /^Stopped: all that was learned is in the adapter/);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const chips = page.getByRole('list', { name: 'Questions to try' }).getByRole('button');
  await expect.poll(() => chips.count()).toBe(3);
  await checkLook(page, 'first run on a phone', BOTH);
  await tourOf(page).getByRole('button', { name: 'Done' }).click();

  await page.reload();
  await waitForStatus(page, 'Ready');
  expect(await page.getByRole('button', { name: 'Take the one-minute tour' }).count(), 'once').toBe(0);
  await page.getByRole('button', { name: 'Help' }).click();
  await page.getByRole('button', { name: 'Take the tour' }).click();
  await says(page, /Press Train/);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 2);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await waitForStatus(page, 'Ready');
  expect(await tourOf(page).count()).toBe(0);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('by keyboard alone, with less motion: taken, skipped, asked', async () => {
  open = await openPage({ gpu: false, hash: `${LONG}&eval-fraction=0` });
  const { page } = open;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await waitForStatus(page, 'Ready');
  const tabTo = async (name: string) => {
    for (let presses = 0; (await focused(page)) !== name; presses++) {
      expect(presses, `${name} cannot be reached`).toBeLessThan(80);
      await page.keyboard.press('Tab');
    }
  };
  await tabTo('Take the one-minute tour');
  await page.keyboard.press('Enter');
  await says(page, /Press Train/);
  expect(await focused(page)).toBe('Train');
  await page.keyboard.press('Enter');
  await says(page, /falling/);
  await expect.poll(() => focused(page)).toBe('Pause');
  await tabTo('Skip the tour');
  await page.keyboard.press('Enter');
  await expect.poll(() => tourOf(page).count()).toBe(0);
  expect(await focused(page)).toBe('Pause');
  await tabTo('Stop');
  await page.keyboard.press('Enter');
  await waitForStatus(page, 'Finished');
  const run = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => run.textContent()).toContain('No row was held out from training');
  await tabTo('Prompt');
  await page.keyboard.type('What is love?');
  await page.keyboard.press('Enter');
  const answers = page.getByRole('region', { name: 'Ask what you have trained' }).locator('[aria-busy]');
  await expect.poll(() => answers.textContent()).toContain('“What is love?”');
  await expect.poll(() => answers.getAttribute('aria-busy')).toBe('false');
  // 200 % of 1440 × 900.
  await page.setViewportSize({ width: 720, height: 450 });
  await checkLook(page, 'first run at 200 %', BOTH);
  expect(open.complaints).toEqual([]);
});

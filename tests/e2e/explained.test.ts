import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus } from './look.ts';

/** Words that explain themselves, the help, and results in sentences: by click, by keyboard, at every width, in both themes. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? '');

test('the help has six ideas, the tour, the keys, the version, and the guide beside the page', async () => {
  open = await openPage({ gpu: false });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const button = page.getByRole('button', { name: 'Help', exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  const help = page.getByRole('dialog', { name: 'What happens here' });
  await help.waitFor();
  expect(await help.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
    'What moves?',
    'What stays?',
    'What does the loss mean?',
    'Why are rows held out?',
    'What is in the file?',
    'When is training not needed?',
  ]);
  expect(await help.getByRole('listitem').getByRole('img').count()).toBe(6);
  expect(await help.textContent()).toMatch(/Lowrank \d+\.\d+\.\d+(, [0-9a-f]{7,}(-dirty)?)?$/);
  await atEveryWidth(page, 'help', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Escape');
  await expect.poll(() => help.count()).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Help');

  await button.click();
  await help.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await button.click();
  await help.getByRole('button', { name: 'Take the tour' }).click();
  await page.getByRole('region', { name: 'Tour' }).waitFor();
  await page.keyboard.press('Escape');

  await button.click();
  const coming = page.context().waitForEvent('page');
  await help.getByRole('link', { name: 'Read the guide' }).click();
  const guide = await coming;
  await guide.getByRole('heading', { level: 1, name: 'From the first run to an adapter in use' }).waitFor();
  // The theme is chosen once, when a page of it is opened.
  for (const theme of BOTH) {
    await guide.emulateMedia({ colorScheme: theme });
    await guide.reload();
    await atEveryWidth(guide, 'guide', undefined, [theme]);
  }
  const broken = await guide.evaluate(() =>
    [...document.images].filter((image) => image.naturalWidth === 0).map(({ src }) => src),
  );
  expect(broken).toEqual([]);
  await guide.getByRole('link', { name: 'Methods and objectives' }).first().click();
  await guide.getByRole('heading', { level: 1, name: 'Objectives' }).waitFor();
  await checkLook(guide, 'guide, methods', ['dark']);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('a run ends in sentences, and its words explain themselves', async () => {
  const rows = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').split('\n').slice(0, 60);
  const dataset = join(folder, 'pirates.jsonl');
  writeFileSync(dataset, rows.join('\n'));
  open = await openPage({ gpu: false, hash: '#steps=30&eval-fraction=0.2&lr=0.003' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(dataset);
  await expect.poll(() => page.locator('main').textContent()).toContain('60 rows');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const run = page.getByRole('region', { name: 'Run', exact: true });
  const text = async () => (await run.textContent()) ?? '';
  await expect
    .poll(text)
    .toMatch(
      /On rows it never saw, the right next piece now gets a chance of 1 in [\d,.]+; before, 1 in [\d,.]+\./,
    );
  expect(await text()).toMatch(
    /[\d,]+ numbers moved; the [\d.]+ million of the base model stayed as they were\. The adapter is \d+ kB\./,
  );
  await expect
    .poll(text)
    .toMatch(/Words in its answers that the base model’s never have: “\S+” \(\d+ of 12\)/);
  // The chance is that of the losses beside it.
  const [, before, after] = /Held-out loss([\d.]+) → ([\d.]+)/.exec(await text()) ?? [];
  const [, now, then] = /a chance of 1 in ([\d,.]+); before, 1 in ([\d,.]+)\./.exec(await text()) ?? [];
  const number = (value: string) => Number(value.replaceAll(',', ''));
  expect(number(now) / Math.exp(Number(after))).toBeCloseTo(1, 1);
  expect(number(then) / Math.exp(Number(before))).toBeCloseTo(1, 1);
  await atEveryWidth(page, 'sentences', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });

  // By keyboard, without anything moving.
  const curve = page.getByRole('img', { name: 'Loss curve of the run' });
  const stood = await curve.boundingBox();
  const term = run.getByRole('button', { name: 'Held-out loss', exact: true });
  await term.focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('dialog', { name: 'Held-out loss' });
  await panel.waitFor();
  expect(await panel.textContent()).toContain('never trained on');
  expect(await panel.getByRole('img').count()).toBe(1);
  expect(await term.getAttribute('aria-expanded')).toBe('true');
  expect(await focused(page)).toContain('never trained on');
  expect(await curve.boundingBox()).toEqual(stood);
  await checkLook(page, 'a term', BOTH);
  await page.keyboard.press('Escape');
  await expect.poll(() => panel.count()).toBe(0);
  expect(await focused(page)).toBe('Held-out loss');

  // By click, closed by its own word, by another place, and in the place of another.
  const piece = run.getByRole('button', { name: 'next piece', exact: true });
  await piece.click();
  await page.getByRole('dialog', { name: 'Token' }).waitFor();
  await piece.click();
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  await piece.click();
  await run.getByRole('button', { name: 'base model', exact: true }).click();
  await page.getByRole('dialog', { name: 'Base model' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  await curve.click();
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);

  // At every width; on a phone's run and in the drawer of the set-up.
  await atEveryWidth(
    page,
    'a term, click',
    async () => {
      await page.keyboard.press('Escape');
      await run.getByRole('button', { name: 'On general text' }).click();
      await page.getByRole('dialog', { name: 'Loss on general text' }).waitFor();
    },
    BOTH,
  );
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.getByRole('button', { name: 'Set-up', exact: true }).click();
  const explain = page.getByRole('button', { name: 'Explain Rank', exact: true });
  await explain.click();
  const rank = page.getByRole('dialog', { name: 'Rank', exact: true });
  await rank.waitFor();
  await checkLook(page, 'a term in the drawer', BOTH);
  await page.keyboard.press('Escape');
  await expect.poll(() => rank.count()).toBe(0);
  expect(await explain.isVisible(), 'the drawer stays').toBe(true);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

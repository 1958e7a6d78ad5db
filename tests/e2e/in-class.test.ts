import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus, waitForStep } from './look.ts';

/** The page before a class: shown large from a projector, passed on as a link, printed, and several people’s results. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const PICTURES = projectFile('test-results/pictures');
mkdirSync(PICTURES, { recursive: true });

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

test('a link says what it sets to whoever follows it, and can be put back', async () => {
  open = await openPage({
    gpu: false,
    hash: '#rank=4&lr=0.003',
    before: (context) => context.grantPermissions(['clipboard-read', 'clipboard-write']),
  });
  const { page } = open;
  const notice = page.getByText(/^Recipe from a link/);
  await waitForStatus(page, 'Ready');
  expect(await notice.count(), 'no link').toBe(0);
  let link = '';
  // The steps are counted from the rows, which a slow machine has not read yet when the model is ready.
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.getByText('Link copied.').waitFor();
      link = await page.evaluate(() => navigator.clipboard.readText());
      return link;
    })
    .toMatch(/#rank=4&lr=0\.003&preset=own&planned-steps=\d+$/);
  await checkLook(page, 'link copied', BOTH);

  const other = await page.context().newPage();
  const { keyboard } = other;
  await other.goto(link);
  await waitForStatus(other, 'Ready');
  const there = other.getByRole('status').filter({ hasText: 'Recipe from a link' });
  await expect
    .poll(() => there.textContent())
    .toMatch(
      /^Recipe from a link: rank 4, learning rate 0\.003 \(\d+ steps where it was copied\)\. Put back$/,
    );
  await atEveryWidth(other, 'from a link', undefined, BOTH);
  await other.setViewportSize({ width: 1440, height: 900 });
  expect(await named(other, 'Rank').inputValue()).toBe('4');
  await there.getByRole('button', { name: 'Put back' }).press('Enter');
  await expect.poll(() => there.count()).toBe(0);
  expect(await named(other, 'Rank').inputValue()).toBe('8');
  expect(new URL(other.url()).hash).toBe('');
  // In a tab that is open already it is put back to what was set there.
  await named(other, 'Rank').fill('2');
  await keyboard.press('Enter');
  await other.evaluate((address) => {
    location.hash = new URL(address).hash;
  }, `${link}&rsloar=on`);
  await expect.poll(() => there.textContent()).toContain('No settings of this version, so left out: rsloar.');
  expect(await named(other, 'Rank').inputValue()).toBe('4');
  await there.getByRole('button', { name: 'Put back' }).click();
  expect(await named(other, 'Rank').inputValue()).toBe('2');
  await other.close();
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('printed: what is open before a run, the report after one, and nothing of the page', async () => {
  open = await openPage({ gpu: false, hash: '#steps=10&eval-fraction=0.1&rank=5' });
  const { page } = open;
  const paper = page.locator('#printed body');
  const pages = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  await waitForStatus(page, 'Ready');
  // Fetched a while after the page stands.
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => /\/print-/.test(name)),
  );
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  await expect.poll(() => paper.textContent()).toContain('What is open');
  await expect.poll(() => paper.textContent()).toMatch(/talk like a pirate.*283 rows.*Rank5/s);
  for (const part of ['banner', 'main'] as const) expect(await page.getByRole(part).isVisible()).toBe(false);
  await page.screenshot({ path: join(PICTURES, 'printed-before-a-run.png') });
  await page.emulateMedia({ media: 'screen' });
  await expect.poll(() => paper.count()).toBe(0);
  expect(await page.getByRole('main').isVisible()).toBe(true);

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const result = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => result.textContent()).toMatch(/On general text\d\.\d+ → \d/);
  // As Ctrl+P does it, on paper.
  await page.evaluate(() => {
    window.addEventListener('beforeprint', () => {
      const text = document.querySelector('#printed')?.shadowRoot?.querySelector('body')?.textContent ?? '';
      document.documentElement.dataset.told = text;
    });
  });
  const onPaper = () => page.evaluate(() => document.documentElement.dataset.told);
  expect(pages(await page.pdf({ format: 'A4', path: join(PICTURES, 'report.pdf') }))).toBeGreaterThan(0);
  expect(await onPaper()).toMatch(/Talk like a pirate.*Results.*Loss.*Rank5/s);
  expect(await onPaper(), 'no row unless it is asked for').not.toContain('Held-out rows');
  expect(await page.title(), 'as it was').toBe('Lowrank');
  await page.getByRole('tab', { name: 'Report' }).click();
  await page.getByLabel('Include answers and held-out rows, which show your data').check();
  await page.pdf({ format: 'A4', path: join(PICTURES, 'report-with-rows.pdf') });
  expect(await onPaper()).toContain('Held-out rows');
  await page.emulateMedia({ media: 'print', colorScheme: 'light' });
  await expect.poll(() => paper.textContent()).toContain('Held-out rows');
  expect(
    await page.evaluate(() => {
      const head = document.querySelector('#printed')?.shadowRoot?.querySelector('thead');
      return head && getComputedStyle(head).display;
    }),
    'on every page',
  ).toBe('table-header-group');
  await page.setViewportSize({ width: 800, height: 1130 });
  await page.screenshot({ path: join(PICTURES, 'printed-after-a-run.png'), fullPage: true });
  await page.emulateMedia({ media: 'screen' });
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('results of several people lie over each other, from short files', async () => {
  open = await openPage({ gpu: false, hash: '#sample=classify.jsonl&steps=12&eval-fraction=0.06' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const result = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => result.textContent()).toMatch(/On general text\d\.\d+ → \d/);
  await page.getByRole('tab', { name: 'Report' }).click();
  await page.getByLabel('Your name, if you like').fill('Ann');
  await checkLook(page, 'my result', BOTH);
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save my result' }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toBe('ann-lowrank-result.json');
  const text = readFileSync(await file.path(), 'utf8');
  expect(text.length).toBeLessThan(20_000);
  // No row: not one of the sample's answers or questions.
  expect(text).not.toMatch(/complaint|red hats/i);
  const ann = JSON.parse(text);

  // The others' files, from other machines.
  const files = [join(folder, 'ann.json')];
  writeFileSync(files[0], text);
  for (const [place, by] of ['Bea', 'Carl', 'Dora', 'Emil', 'Fay', ''].entries()) {
    const path = join(folder, `${by || 'nobody'}.json`);
    const loss = ann.curve.loss.map((value: number) => value * (1.05 + 0.06 * place));
    const other = { ...ann, id: `r${place}`, by, curve: { ...ann.curve, loss } };
    if (by === 'Carl') other.data = { name: null, sha256: '12'.repeat(32) };
    writeFileSync(path, JSON.stringify(other));
    files.push(path);
  }
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, text.slice(0, 300));
  await page.reload();
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles([...files, broken]);
  const table = page.getByRole('table', { name: /^Results of others/ });
  await expect.poll(() => table.getByRole('row').count()).toBe(8);
  expect(await table.textContent()).toMatch(/Ann.*Labels right|Labels right.*Ann/s);
  await expect
    .poll(() => page.getByRole('tabpanel', { name: 'Runs' }).textContent())
    .toContain('broken.json was not opened. It is damaged.');
  // All are ticked, drawn, and named; other data are told apart.
  const chart = page.getByRole('region', { name: 'Run', exact: true });
  await expect
    .poll(() => chart.textContent())
    .toMatch(/Ann.*Bea.*Carl \(other data\).*Dora.*Emil.*Fay.*No name/s);
  expect(await table.textContent()).toContain('other data: compare shapes, not heights');
  expect(await page.locator('main').textContent(), 'the data stay').toContain('Sample: sort messages');
  await table.getByText('Dora').hover();
  await atEveryWidth(
    page,
    'results of others',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    },
    BOTH,
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('checkbox', { name: 'Draw the result of Bea over the chart' }).uncheck();
  await expect.poll(() => chart.textContent()).not.toContain('Bea');
  await page.getByRole('button', { name: 'Remove all' }).click();
  await expect.poll(() => table.count()).toBe(0);
  await expect.poll(() => chart.textContent()).toContain('Teach a small language model');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

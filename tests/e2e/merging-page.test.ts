import { readFileSync } from 'node:fs';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { atEveryWidth, checkLook, named, waitForStatus } from './look.ts';

/** Adapters of two runs and of a file become one on the page: weights move answers, and what comes of it is taken away. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const place = (page: Page) => page.getByRole('region', { name: 'Merge adapters' });
const answers = (page: Page) => place(page).getByRole('region', { name: 'Base and merged' });

/** Until the answers are those of where the sliders stand. */
async function rest(page: Page): Promise<void> {
  await expect.poll(() => answers(page).getAttribute('aria-busy')).toBe('false');
  await expect.poll(() => answers(page).locator('[data-stale]').count()).toBe(0);
}

/** What base and merge say to the first question. */
async function said(page: Page): Promise<[string, string]> {
  const bubbles = answers(page).locator('> div').first().locator('> p');
  const [base, merged] = await bubbles.allTextContents();
  return [base, merged];
}

async function downloaded(page: Page): Promise<{ name: string; files: Record<string, Uint8Array> }> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download adapter' }).first().click();
  const download = await coming;
  return {
    name: download.suggestedFilename(),
    files: unzipSync(new Uint8Array(readFileSync(await download.path()))),
  };
}

/** Weights are tried on two files of rows: stopped and continued, read as table, picture and report, and taken over. */
async function sweepTwo(page: Page): Promise<void> {
  await place(page).getByText('Sweep the weights').click();
  const begin = place(page).getByRole('button', {
    name: /^(Try the weights|Stop the sweep|Continue the sweep)$/,
  });
  expect(await begin.getAttribute('aria-disabled')).toBe('true');
  const lines = readFileSync('public/samples/pirate.jsonl', 'utf8').trim().split('\n');
  const give = place(page).getByRole('button', { name: /^Choose a file of held-out rows for / });
  for (const [i, name] of ['first.jsonl', 'second.jsonl'].entries()) {
    const chooser = page.waitForEvent('filechooser');
    await give.nth(i).click();
    const rows = Buffer.from(lines.slice(4 * i, 4 * i + 4).join('\n'));
    await (await chooser).setFiles([{ name, mimeType: 'application/jsonl', buffer: rows }]);
  }
  await begin.focus();
  await page.keyboard.press('Enter');
  const tried = place(page).getByRole('button', { name: /^Set the weights to / });
  await expect.poll(() => tried.count()).toBeGreaterThan(0);
  await checkLook(page, 'a sweep under way');
  await begin.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => begin.textContent()).toBe('Continue the sweep');
  const some = await tried.count();
  expect(some).toBeLessThan(24);
  expect(await begin.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await expect.poll(() => tried.count(), { timeout: 120_000 }).toBe(24);
  const coming = page.waitForEvent('download');
  await place(page).getByRole('button', { name: 'Save report' }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toMatch(/-sweep\.html$/);
  const report = readFileSync(await download.path(), 'utf8');
  expect(report).toContain('first and second');
  expect(report).toMatch(
    /merge -- --model bundled --adapters \S+ \S+ --sweep --data first.jsonl second.jsonl/,
  );
  await atEveryWidth(page, 'a sweep of weights');
  await page.setViewportSize({ width: 1440, height: 900 });
  await checkLook(page, 'a sweep that is done', ['light', 'dark']);
  await place(page).getByRole('button', { name: 'Set the weights to 0.5, 0.25' }).click();
  const sliders = place(page).getByRole('slider', { name: /^Weight of / });
  const values = () => sliders.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
  expect(await values()).toEqual(['0.5', '0.25']);
  // The same by a point of the picture: the last that was tried.
  await place(page)
    .locator('svg path')
    .filter({ has: page.locator('title') })
    .last()
    .click();
  expect(await values()).toEqual(['1', '1']);
  // As they stood before, for what follows.
  await sliders.last().focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  expect(await values()).toEqual(['1', '0']);
  await rest(page);
  await place(page).getByText('Sweep the weights').click();
}

async function train(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
}

test('two runs are merged, weights move the answers, and the merge is exported and compared', async () => {
  open = await openPage({ gpu: false, hash: '#steps=30&eval-fraction=0' });
  const { page } = open;
  await waitForStatus(page, 'Ready');

  // Nothing is at hand yet.
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: 'Merge adapters' }).click();
  await expect.poll(() => place(page).textContent()).toContain('No adapter is at hand');
  await atEveryWidth(page, 'nothing to merge');
  await page.setViewportSize({ width: 1440, height: 900 });
  await place(page).getByRole('button', { name: 'Back' }).click();

  await train(page);
  const first = await downloaded(page);
  await page.getByRole('button', { name: 'New run' }).first().click();
  await waitForStatus(page, 'Ready');
  await named(page, 'Learning rate').fill('0.003');
  await train(page);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: 'Merge adapters' }).click();
  const sliders = place(page).getByRole('slider', { name: /^Weight of / });
  await expect.poll(() => sliders.count()).toBe(2);
  await rest(page);
  await expect
    .poll(() => place(page).textContent())
    .toMatch(/Rank 8, [\d,]+ values, [\d.]+ [kM]B.*at the median/);
  await checkLook(page, 'merged', ['light', 'dark']);
  const [base, both] = await said(page);
  expect(both).not.toBe(base);

  // By the keyboard: with no weight at all it is the base.
  for (const slider of await sliders.all()) {
    await slider.focus();
    await page.keyboard.press('Home');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
    expect(await slider.inputValue()).toBe('0');
  }
  await rest(page);
  expect(await said(page)).toEqual([base, base]);
  await sliders.first().focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  await rest(page);
  const [, alone] = await said(page);
  expect(alone).not.toBe(base);

  await sweepTwo(page);

  // A way that prunes, with words and refusals of the command.
  const way = named(page, 'Way');
  await way.selectOption('ties');
  await rest(page);
  await place(page).getByRole('slider', { name: 'Density' }).waitFor();
  await way.selectOption('slerp');
  await sliders.first().focus();
  await page.keyboard.press('Home');
  await expect
    .poll(() => place(page).getByRole('alert').textContent())
    .toContain('slerp goes from one adapter to the other and has no negative weights. Nothing was written.');
  await checkLook(page, 'a merge that is refused');
  await way.selectOption('peft-linear');
  await place(page).getByText('What is computed').click();
  await expect.poll(() => place(page).textContent()).toContain('What PEFT writes of it keeps use_rslora');
  await way.selectOption('sum');
  await sliders.first().focus();
  await page.keyboard.press('End');
  await rest(page);

  // One that was downloaded comes back as a file, beside the run.
  const chooser = page.waitForEvent('filechooser');
  await place(page).getByRole('button', { name: 'Open adapter zips' }).click();
  const zip = {
    name: 'first-adapter.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(zipSync(first.files)),
  };
  await (await chooser).setFiles([zip]);
  await expect.poll(() => sliders.count()).toBe(3);
  await rest(page);
  await place(page).getByRole('checkbox', { name: 'first' }).uncheck();
  await expect.poll(() => sliders.count()).toBe(2);
  await page.getByRole('textbox', { name: 'Another question' }).fill('What is a ship?');
  await page.getByRole('button', { name: 'Add question' }).click();
  await rest(page);
  await atEveryWidth(page, 'merging three');
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('textbox', { name: 'Name of the merged adapter' }).fill('Both runs');
  await page.getByRole('button', { name: 'Use the merged adapter' }).click();
  await waitForStatus(page, 'Ready');
  const card = page.getByRole('region', { name: 'Adapter' });
  await expect
    .poll(() => card.textContent())
    .toContain('Merged from Talk like a pirate (2), Talk like a pirate 2 (0)');
  await named(page, 'Prompt').fill('What is a cup?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect.poll(() => page.getByRole('tabpanel').textContent()).toMatch(/With Both runs\S/);
  await page.getByRole('tab', { name: 'Export' }).click();
  const { name, files } = await downloaded(page);
  expect(name).toMatch(/^both-runs.*\.zip$/i);
  const text = (path: string) => new TextDecoder().decode(files[path]);
  expect(text('README.md')).toContain(
    '| Merged from (weight) | Talk like a pirate (2), Talk like a pirate 2 (0) |',
  );
  expect(JSON.parse(text('adapter_config.json'))).toMatchObject({ r: 8, lora_alpha: 8 });
  await checkLook(page, 'a merged adapter in place', ['dark']);

  // Merged already, it is not merged again unasked.
  await card.getByRole('button', { name: 'Merge' }).click();
  await expect.poll(() => place(page).getByRole('checkbox', { name: 'Both runs' }).isChecked()).toBe(false);
  await rest(page);

  // Another visit has the runs' adapters in this browser.
  await page.reload();
  await waitForStatus(page, 'Ready');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: 'Merge adapters' }).click();
  const past = place(page).getByRole('button', { name: /^Add “/ });
  await expect.poll(() => past.count()).toBe(2);
  await past.first().click();
  await expect.poll(() => past.count()).toBe(1);
  await past.first().click();
  await expect.poll(() => sliders.count()).toBe(2);
  await rest(page);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { DIST } from '../../scripts/paths.mjs';
import { readBuild } from '../../scripts/server.mjs';
import { checkZip } from './adapter-zip.ts';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, number, waitForStatus, waitForStep } from './look.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A person's own file: 28 rows, so that a run is short. */
const dataset = join(folder, 'my pirate.jsonl');
const lines = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(0, 28);
writeFileSync(dataset, `${lines.join('\n')}\n`);

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

describe.each([
  { device: 'webgpu', gpu: true, hash: '#device=webgpu&lr=0.003' },
  { device: 'wasm', gpu: false, hash: '#lr=0.003' },
])('the page, training on $device', ({ device, gpu, hash }) => {
  test('drop a file, train, watch the loss fall and the answers change, download the adapter', async () => {
    open = await openPage({ gpu, hash });
    const { page } = open;
    await waitForStatus(page, 'Ready');
    if (!gpu) await expect.poll(() => page.locator('body').textContent()).toMatch(/WebAssembly/i);

    await named(page, 'Dataset').setInputFiles(dataset);
    await expect.poll(() => page.locator('body').textContent()).toContain('my pirate.jsonl');
    await expect.poll(() => page.locator('body').textContent()).toContain('28 rows');

    await page.getByRole('button', { name: 'Train', exact: true }).click();
    // On a fresh browser profile the kernels are timed first.
    await waitForStep(page, 1);
    await expect.poll(() => number(named(page, 'Loss'))).toBeGreaterThan(0);
    await waitForStatus(page, 'Finished');
    const last = await number(named(page, 'Loss'));
    const [, done, all] = /^(\d+)\s*\/\s*(\d+)/.exec((await named(page, 'Step').textContent()) ?? '') ?? [];
    expect(Number(done)).toBeGreaterThan(10);
    expect(done).toBe(all);

    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download adapter', exact: true }).first().click();
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    const path = join(folder, `${device}.zip`);
    await download.saveAs(path);
    const { metrics, gpu: card } = checkZip(unzipSync(readFileSync(path)), device, lines);
    expect(last, 'the loss that is shown').toBeLessThan(0.9 * metrics.loss_first);
    if (device === 'webgpu') expect(card?.architecture).toBe('swiftshader');

    expect(open.foreign).toEqual([]);
    expect(open.complaints).toEqual([]);
  });
});

const stepOf = (page: Page): Promise<number> => number(named(page, 'Step'));

test('by keyboard alone, at every width, in both themes: ask, train, pause, compare, start anew', async () => {
  open = await openPage({ gpu: false, hash: '#steps=16&eval-fraction=0.2' });
  const { page } = open;
  const { keyboard } = page;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(dataset);
  await expect.poll(() => page.locator('main').textContent()).toContain('28 rows');
  await atEveryWidth(page, 'first visit');

  // What the person writes is asked as the run goes, without Enter too.
  for (const name of ['Prompt', 'Learning rate']) {
    expect(await page.getByRole('textbox', { name, exact: true }).count(), name).toBe(1);
  }
  await named(page, 'Prompt').focus();
  await keyboard.type('What is snow?');
  await keyboard.press('Shift+Tab');
  await expect.poll(() => page.getByRole('heading', { name: '“What is snow?”' }).count()).toBe(1);

  await keyboard.press('?');
  await expect.poll(() => page.getByRole('dialog', { name: 'Keyboard shortcuts' }).isVisible()).toBe(true);
  await checkLook(page, 'keys');
  await keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());

  await keyboard.press('t');
  await waitForStatus(page, 'Training');
  // The head says most while a run is going; the narrowest phone holds it.
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'width in a run').toBe(360);
  await page.setViewportSize({ width: 1440, height: 900 });
  await waitForStep(page, 5);
  await keyboard.press('Space');
  await waitForStatus(page, 'Paused');
  const at = await stepOf(page);
  await expect
    .poll(() => page.locator('[aria-live="polite"]').first().textContent())
    .toMatch(new RegExp(`^Paused, step ${at} of 16, loss [\\d.]+`));
  await atEveryWidth(page, 'paused', () => expect.poll(() => page.locator('canvas').isVisible()).toBe(true));
  for (const name of ['Compare', 'Data', 'Weights', 'Samples']) {
    await page.getByRole('tab', { name }).click();
    await expect.poll(() => page.getByRole('tabpanel', { name }).isVisible()).toBe(true);
    if (name === 'Data') await expect.poll(() => page.getByRole('listitem').count()).toBeGreaterThan(3);
    await checkLook(page, name);
  }
  expect(await stepOf(page), 'a paused run stands still').toBe(at);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await keyboard.press('Space');
  await waitForStatus(page, 'Finished');
  expect(await named(page, 'Step').textContent()).toBe('16/16');

  const pair = page.getByRole('region', { name: 'Base and tuned' });
  await expect.poll(() => pair.textContent()).toContain('What is snow?');
  await named(page, 'Prompt').fill('What is a ship?');
  await keyboard.press('Enter');
  await expect.poll(() => pair.textContent()).toMatch(/What is a ship\?[^…]+$/);
  await atEveryWidth(page, 'finished', async () =>
    expect(await page.getByRole('textbox', { name: 'Prompt', exact: true }).count()).toBe(1),
  );
  await page.getByRole('button', { name: 'New run' }).click();
  await waitForStatus(page, 'Ready');
  expect(page.url(), 'settings stay in the address, prompts never').toMatch(
    /#eval-fraction=0\.2&steps=16|#steps=16&eval-fraction=0\.2/,
  );
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('a file that cannot be trained on says which line and why, and a mixed one trains on the rest', async () => {
  open = await openPage({ gpu: false });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const file = join(folder, 'broken.jsonl');
  writeFileSync(file, '{"messages": [{"role": "user", "content": "no answer"}]}\n');
  await named(page, 'Dataset').setInputFiles(file);
  const text = () => page.locator('main').textContent();
  await expect.poll(text).toMatch(/The only row of broken\.jsonl cannot be used\. It is line 1: .+\./);
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await checkLook(page, 'a broken file');

  writeFileSync(file, `${lines.slice(0, 12).join('\n')}\n{"messages": [{"role":\n`);
  await named(page, 'Dataset').setInputFiles(file);
  await expect.poll(text).toContain('1 line skipped');
  await page.getByRole('tab', { name: 'Data' }).click();
  await expect.poll(() => page.getByRole('row', { name: /^13 / }).count()).toBe(1);
  await checkLook(page, 'skipped lines');
  expect(open.complaints).toEqual([]);
});

test('the first script is small, and charts, tokenizer, tfjs, schemas and what writes exports come later', () => {
  const files = readBuild(DIST) as Map<string, Buffer>;
  const html = files.get('/index.html')?.toString() ?? '';
  const first = [...html.matchAll(/(?:src|href)="\.(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path);
  expect(first.length).toBeGreaterThan(0);
  const bytes = first.map((path) => gzipSync(files.get(path) ?? '').length).reduce((a, b) => a + b, 0);
  expect(bytes).toBeLessThan(235_000);
  for (const path of first)
    expect(files.get(path)?.toString(), path).not.toMatch(
      /u-hz|chat template cannot be read|WebGPUBackend|convert_hf_to_gguf|\$ZodError/i,
    );
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { tensorsOf } from './adapter-zip.ts';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { checkLook, named, waitForStatus } from './look.ts';

/** Other methods than LoRA, as a person goes: chosen, trained, compared, looked into, downloaded for PEFT. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const rows = join(folder, 'rows.jsonl');
const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
writeFileSync(rows, sample.slice(0, 24).join('\n'));

/** The page with the rows open and a method chosen. */
async function begun(method: string, settings: string): Promise<Page> {
  open = await openPage({ gpu: false, hash: `#device=wasm&${settings}` });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(rows);
  await expect.poll(() => page.locator('main').textContent()).toContain('24 rows');
  await page.getByLabel('Method', { exact: true }).selectOption(method);
  return page;
}

async function trained(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  // Both models answer, side by side, with nothing of the one from before.
  const pair = page.getByRole('region', { name: 'Base and tuned' });
  await expect.poll(() => pair.getAttribute('aria-busy')).toBe('false');
  expect(await pair.locator('[data-stale]').count()).toBe(0);
  expect(await pair.textContent()).toContain('Tuned');
}

/** What the downloaded zip holds: its config, its record, and its tensors by name. */
async function downloaded(page: Page) {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download adapter' }).click();
  const download = await coming;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  const files = Object.entries(unzipSync(readFileSync(path)));
  const file = (name: string) => files.find(([entry]) => entry.endsWith(name))![1];
  const json = (name: string) => JSON.parse(new TextDecoder().decode(file(name)));
  const tensors = tensorsOf(file('adapter_model.safetensors'));
  for (const { name, values } of tensors) {
    expect(values.every(Number.isFinite), name).toBe(true);
    expect(
      values.some((value) => value !== 0),
      `${name} was trained`,
    ).toBe(true);
  }
  const { metrics, settings } = json('run.json');
  expect(metrics.loss_last).toBeLessThan(metrics.loss_first);
  expect(tensors.reduce((sum, { values }) => sum + values.length, 0)).toBe(metrics.trainable_parameters);
  return { config: json('adapter_config.json'), settings, tensors };
}

test('prompt tuning: what it costs is said, its words are told, and PEFT’s one tensor is downloaded', async () => {
  const page = await begun('prompt', 'steps=10&virtual-tokens=6');
  const text = () => page.locator('main').textContent();
  await page.getByRole('img', { name: /^Virtual tokens in front of the row’s own/ }).waitFor();
  await expect.poll(text).toMatch(/Rows of \d+ % more tokens: 6 beside \d+ on average/);
  await expect.poll(text).toMatch(/\d+ MB of memory, (as much as|[\d.]+ [kM]B (more|less) than) LoRA/);
  expect(await named(page, 'Learning rate').inputValue()).toBe('0.03');
  await trained(page);
  const words = page.getByRole('region', { name: /^Virtual tokens/ });
  await expect.poll(() => words.locator('tbody tr').count()).toBe(6);
  for (const row of await words.locator('tbody tr').all()) {
    // Each has moved, and begins near the word that it began as.
    expect(await row.locator('td').first().textContent()).toMatch(/^(?!0 %)[\d.]+ %$/);
    expect(await row.locator('b').count()).toBe(5);
  }
  await checkLook(page, 'prompt-tuned', ['light', 'dark']);
  const { config, settings, tensors } = await downloaded(page);
  expect(settings).toMatchObject({ method: 'prompt', virtualTokens: 6 });
  expect(config).toMatchObject({ peft_type: 'PROMPT_TUNING', num_virtual_tokens: 6, task_type: 'CAUSAL_LM' });
  expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
    ['prompt_embeddings', [6, config.token_dim]],
  ]);
});

test('DoRA: its step is said to be slower, and its magnitudes are in PEFT’s folder', async () => {
  const page = await begun('dora', 'steps=8&rank=4&lr=0.002');
  const text = () => page.locator('main').textContent();
  await expect.poll(text).toMatch(/A step takes 1\.07 to 1\.12.times LoRA’s/);
  await expect.poll(text).toMatch(/[\d,]+ trained, LoRA [\d,]+/);
  await trained(page);
  await page.getByRole('button', { name: 'Show all charts' }).click();
  await page.getByRole('img', { name: /^Most in layer \d+, \w+: [\d.]+ %$/ }).waitFor();
  const { config, settings, tensors } = await downloaded(page);
  expect(settings.method).toBe('dora');
  expect(config).toMatchObject({ peft_type: 'LORA', use_dora: true, r: 4 });
  const modules = new Set(
    tensors.map(({ name }) => name.replace(/\.lora_(A\.weight|B\.weight|magnitude_vector)$/, '')),
  );
  expect(tensors).toHaveLength(3 * modules.size);
  for (const { name, shape, values } of tensors) {
    if (!name.endsWith('.lora_magnitude_vector')) continue;
    expect(shape).toHaveLength(1);
    expect(
      values.every((value) => value > 0),
      name,
    ).toBe(true);
  }
});

test('LoRA for a merged file: chosen in the recipe, its file is proposed in the precision it was trained for', async () => {
  const page = await begun('lora', 'steps=6&lr=0.003');
  await page.getByRole('button', { name: /^All \d+ settings/ }).click();
  await page.getByLabel('Merged as', { exact: true }).selectOption('q4');
  await trained(page);
  await page.getByRole('tab', { name: 'Export' }).click();
  await page.getByRole('radio', { name: 'Merged GGUF' }).check({ force: true });
  expect(await page.getByLabel('Precision', { exact: true }).inputValue()).toBe('q4');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download merged GGUF' }).click();
  const download = await coming;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  // Opened again it is a model of its own, in blocks of four bits.
  await named(page, 'Dataset').setInputFiles(path);
  await expect.poll(() => page.locator('main').textContent()).toMatch(/Bundled tiny model, merged\s*q4_0/);
});

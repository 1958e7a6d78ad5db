import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { hubServer } from './hub-server.mjs';
import { atEveryWidth, checkLook, named, waitForStatus } from './look.ts';

/** What can be brought to the page and taken away from it. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** A hub at the hub's own address, as the browser sees it. `wait` holds its weights back. */
async function hubFor(page: Page) {
  const tiny = projectFile('public/models/tiny');
  const files = readdirSync(tiny).map((name) => [name, new Uint8Array(readFileSync(join(tiny, name)))]);
  const hub = await hubServer('some-org/Tiny', Object.fromEntries(files));
  const control = { ...hub, wait: null as Promise<void> | null };
  await page.context().route('https://huggingface.co/**', async (route) => {
    const url = route.request().url().replace('https://huggingface.co', hub.endpoint);
    if (url.endsWith('.safetensors')) await control.wait;
    // The page may have given the download up meanwhile.
    await route.fulfill({ response: await route.fetch({ url }) }).catch(() => undefined);
  });
  return control;
}

test('models, data, a recipe and an adapter of the person’s own, and the result in every form', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm' });
  const { page } = open;
  const hub = await hubFor(page);
  const text = () => page.locator('main').textContent();
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const saved = async (name: string) => {
    const coming = page.waitForEvent('download');
    await button(name).click();
    const download = await coming;
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    expect(readFileSync(path).includes('hf_secret'), 'the token is in no file').toBe(false);
    return { name: download.suggestedFilename(), bytes: readFileSync(path) };
  };
  await waitForStatus(page, 'Ready');

  // A model: refused in words, paused and gone on with, held in 4 bits with what that costs.
  await button(/^Model /).click();
  await page.getByLabel('Another model on the hub').fill('https://huggingface.co/some-org/Tiny/tree/main');
  hub.refuse(401);
  await button('Fetch').click();
  await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/private or gated/);
  await page.getByLabel('Access token').fill('hf_secret');
  hub.refuse(null);
  let goOn = () => {};
  hub.wait = new Promise((resolve) => {
    goOn = resolve;
  });
  await button('Fetch').click();
  await button('Pause the download').click();
  await page.getByRole('region', { name: 'Paused download' }).waitFor();
  goOn();
  await button('Resume download').click();
  await expect.poll(() => page.getByRole('link', { name: 'Apache-2.0' }).count()).toBe(1);
  await expect.poll(text).toContain('some-org/Tiny 0123456');
  await button(/^Open some-org|^Delete some-org/)
    .count()
    .then((count) => expect(count, 'what is open cannot be deleted').toBe(0));
  await waitForStatus(page, 'Ready');
  await page.getByLabel('Base precision').selectOption('q4');
  await button('What does q4 cost?').click();
  const cost = page.getByRole('region', { name: 'What q4 costs' });
  await expect.poll(() => cost.textContent()).toMatch(/Loss on your data[\d.]+ → [\d.]+/);

  // Data: a table whose columns say nothing, then a few rows written by hand.
  await page.getByRole('button', { name: /^Data / }).click();
  const table = join(folder, 'table.csv');
  writeFileSync(table, 'A;B\n"What is\na cup?";Arr\nHi;Arr, hi\nshort\n');
  await named(page, 'Dataset').setInputFiles([table, projectFile('public/samples/pirate.jsonl')]);
  await expect.poll(text).toContain('283 rows');
  await named(page, 'Dataset').setInputFiles(table);
  await page.getByRole('region', { name: 'Columns' }).waitFor();
  await button('Use these columns').click();
  await expect.poll(text).toMatch(/2 rows, mapped columns.*1 line skipped/);
  await atEveryWidth(page, 'set-up', async (width) => {
    if (width >= 1200) return;
    if (width >= 760) await page.keyboard.press('Escape');
    await button('Set-up').click();
    await page.getByText('Duplicate rows').waitFor();
  });
  await button('Write a few examples').first().click();
  for (const [i, [asked, answered]] of [
    ['What is snow?', 'Arr, cold!'],
    ['What is rain?', 'Arr, wet!'],
    ['What is fog?', 'Arr, grey!'],
  ].entries()) {
    await page.getByLabel(`Question, example ${i + 1}`).fill(asked);
    await page.getByLabel(`Answer, example ${i + 1}`).fill(answered);
  }
  await checkLook(page, 'examples');
  await button('Use 3 examples').click();
  await expect.poll(text).toContain('3 rows');

  const recipe = join(folder, 'recipe.json');
  writeFileSync(
    recipe,
    JSON.stringify({ format: 'lowrank-recipe', settings: { rank: 4, alpha: 9, rslora: true, steps: 2 } }),
  );
  await named(page, 'Dataset').setInputFiles(recipe);
  await expect.poll(text).toContain('recipe.json is loaded.');
  expect(await page.getByLabel('Rank', { exact: true }).inputValue()).toBe('4');
  const recipeSaved = JSON.parse((await saved('Save this recipe')).bytes.toString());
  expect(recipeSaved.settings).toMatchObject({ rank: 4, alpha: 9, rslora: true, steps: 2 });
  await button(/^All \d+ settings/).click();
  const patience = page.getByLabel('Patience', { exact: true });
  await patience.fill('never');
  await expect.poll(text).toContain('Takes a whole number of 1 or more, not “never”.');
  await patience.press('Enter');
  await expect.poll(text).toContain('not “never”. Still auto.');
  await page.getByLabel('Held out', { exact: true }).fill('0');
  await expect.poll(text).toContain('Has no effect here: it counts only where rows are held out.');
  await page.getByLabel('Held out', { exact: true }).fill('0.1');
  await checkLook(page, 'every setting', ['light', 'dark']);

  // The result, with a card of the person's own.
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await expect.poll(text).toContain('PeftModel.from_pretrained(base, ".")');
  await button('Edit the model card first').click();
  await page.getByLabel('Model card').fill('# Mine\n');
  await checkLook(page, 'take it away', ['dark']);
  const peft = await saved('Download adapter');
  const files = unzipSync(peft.bytes);
  expect(new TextDecoder().decode(files['README.md'])).toBe('# Mine\n');
  expect(new TextDecoder().decode(files['adapter_config.json'])).toContain('some-org/Tiny');
  expect(JSON.parse(new TextDecoder().decode(files['adapter_config.json']))).toMatchObject({
    use_rslora: true,
  });
  expect(JSON.parse(new TextDecoder().decode(files['run.json']))).toMatchObject({
    adapter: { rslora: true },
    settings: { method: 'lora', rslora: true },
  });
  for (const [form, press, inside] of [
    ['GGUF', 'Download GGUF adapter', ['my-examples.gguf', 'Modelfile', 'README.md']],
    ['MLX', 'Download MLX adapter', ['adapters.safetensors', 'adapter_config.json', 'README.md']],
    ['Merged', 'Download merged model', ['model.safetensors', 'config.json', 'tokenizer.json', 'README.md']],
  ] as const) {
    await page.getByRole('radio', { name: form, exact: true }).check({ force: true });
    expect(Object.keys(unzipSync((await saved(press)).bytes)), form).toEqual(
      expect.arrayContaining([...inside]),
    );
  }
  await page.getByRole('radio', { name: 'Merged GGUF' }).check({ force: true });
  await page.getByLabel('Precision', { exact: true }).selectOption('q8');
  await expect.poll(text).toContain('llama-cli -m my-examples-q8.gguf');
  const whole = await saved('Download merged GGUF');
  expect([whole.name, whole.bytes.subarray(0, 4).toString()]).toEqual(['my-examples-q8.gguf', 'GGUF']);

  // The adapter comes back: tried in the chat, and trained on.
  await button('New run').click();
  await named(page, 'Dataset').setInputFiles(join(folder, peft.name));
  const card = page.getByRole('region', { name: 'Adapter' });
  await expect.poll(() => card.textContent()).toContain('rank 4, alpha 9 on q, k, v, o');
  await card.getByRole('button', { name: 'Try it' }).click();
  await named(page, 'Prompt').fill('What is snow?');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => page.getByRole('region', { name: '“What is snow?”' }).textContent())
    .toMatch(/With my-examples.+/);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');

  // Without the adapter that it began from, the run still has its own.
  await card.getByRole('button', { name: 'Remove' }).click();
  await expect.poll(() => card.count()).toBe(0);
  expect(Object.keys(unzipSync((await saved('Download adapter')).bytes))).toContain(
    'adapter_model.safetensors',
  );

  const kept = await page.evaluate(() => `${location} ${JSON.stringify(localStorage)}`);
  expect(kept, 'the token is kept nowhere').not.toContain('hf_secret');
  expect(
    open.foreign.every((url) => url.startsWith('https://huggingface.co/')),
    `${open.foreign}`,
  ).toBe(true);
  const refused = open.complaints.filter((line) => !/status of 401/.test(line));
  expect(refused).toEqual([]);
  await hub.close();
});

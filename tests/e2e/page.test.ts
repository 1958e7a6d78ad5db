import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';

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

const named = (page: Page, name: string): Locator => page.getByLabel(name, { exact: true }).first();
const number = async (locator: Locator): Promise<number> =>
  Number.parseFloat((await locator.textContent()) ?? '');

async function waitForStatus(page: Page, word: string, timeout: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const status = document.querySelector('[aria-label="Status"]')?.textContent ?? '';
      if (wanted !== 'Failed' && status.startsWith('Failed'))
        throw new Error(document.body.innerText.slice(0, 2000));
      return status.startsWith(wanted);
    },
    word,
    { timeout },
  );
}

describe.each([
  { device: 'webgpu', gpu: true, hash: '#device=webgpu' },
  { device: 'wasm', gpu: false, hash: '' },
])('the page, training on $device', ({ device, gpu, hash }) => {
  test('drop a file, train, watch the loss fall and the answers change, download the adapter', async () => {
    open = await openPage({ gpu, hash });
    const { page } = open;
    await waitForStatus(page, 'Ready', 60_000);
    if (!gpu) await expect.poll(() => page.locator('body').innerText()).toMatch(/WebAssembly/i);

    await named(page, 'Dataset').setInputFiles(dataset);
    await expect.poll(() => page.locator('body').innerText()).toContain('my pirate.jsonl');
    await expect.poll(() => page.locator('body').innerText()).toMatch(/\b28\b/);

    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await waitForStatus(page, 'Training', 60_000);
    await expect.poll(() => number(named(page, 'Loss')), { timeout: 60_000 }).toBeGreaterThan(0);
    const first = await number(named(page, 'Loss'));
    await waitForStatus(page, 'Finished', 180_000);
    const last = await number(named(page, 'Loss'));
    expect(last).toBeLessThan(0.9 * first);
    const [, done, all] = /^(\d+)\s*\/\s*(\d+)/.exec((await named(page, 'Step').textContent()) ?? '') ?? [];
    expect(Number(done)).toBeGreaterThan(10);
    expect(done).toBe(all);

    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download adapter', exact: true }).first().click();
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    const path = join(folder, `${device}.zip`);
    await download.saveAs(path);
    checkZip(unzipSync(readFileSync(path)), device);

    expect(open.foreign).toEqual([]);
    expect(open.complaints).toEqual([]);
  });
});

/** What PEFT needs is in the zip, it was trained, and no row of the dataset is. */
function checkZip(files: Record<string, Uint8Array>, device: string): void {
  const names = Object.keys(files);
  expect(names).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'run.json']),
  );
  const text = (name: string) => new TextDecoder().decode(files[name]);
  expect(JSON.parse(text('adapter_config.json'))).toMatchObject({
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    target_modules: ['k_proj', 'o_proj', 'q_proj', 'v_proj'],
  });
  expect(JSON.stringify(JSON.parse(text('run.json')))).toContain(device === 'wasm' ? 'wasm' : 'SwiftShader');
  const weights = files['adapter_model.safetensors'];
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length)));
  const tensors = Object.keys(header).filter((name) => name !== '__metadata__');
  expect(tensors.length % 8).toBe(0);
  for (const name of tensors) {
    const [begin, end] = header[name].data_offsets;
    const values = new Float32Array(weights.slice(8 + length + begin, 8 + length + end).buffer);
    expect(
      values.some((value) => value !== 0),
      `${name} was trained`,
    ).toBe(true);
    expect(values.every(Number.isFinite), name).toBe(true);
  }
  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: { content: string }[] };
    for (const name of names) {
      if (!/\.(md|json)$/.test(name) || name.startsWith('base/')) continue;
      for (const { content } of messages) {
        if (content.length > 20) expect(text(name).includes(content), `${name} holds a row`).toBe(false);
      }
    }
  }
}

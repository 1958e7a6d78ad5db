import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect } from 'vitest';
import { DIST } from '../../scripts/paths.mjs';
import { readBuild, serve } from '../../scripts/server.mjs';
import { checkZip } from '../e2e/adapter-zip.ts';
import { projectFile } from '../e2e/command-line.ts';
import { type Tab, textOf, until, waitForRun } from './tab.ts';

/** A person's own file: 12 rows, so that a run is short. */
export const ROWS = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(0, 12);

/** Every look at the page is kept as a picture. */
export const PICTURES = projectFile('test-results/pictures');

/** The build under a sub-path, as a static host would serve it. */
export const serveBuild = () => serve({ files: readBuild(DIST), prefix: '/some/place' });

/** Visits the build in a browser that is closed afterwards; a picture is left of a visit that failed. */
export async function visit(
  opening: Promise<Tab>,
  run: (tab: Tab, url: string) => Promise<void>,
): Promise<void> {
  const server = await serveBuild();
  try {
    const tab = await opening;
    try {
      await run(tab, server.url);
    } catch (error) {
      mkdirSync(PICTURES, { recursive: true });
      const name = `failed-${tab.name.split(' ')[0].toLowerCase()}-${Date.now()}.png`;
      await tab.screenshot(join(PICTURES, name)).catch(() => {});
      throw error;
    } finally {
      await tab.close();
    }
  } finally {
    await server.close();
  }
}

/** Drops a file onto the page. */
export const drop = (tab: Tab, name: string, text: string): Promise<void> =>
  tab.evaluate(
    (name: string, text: string) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], name));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    name,
    text,
  );

/** Bytes of the one file that is downloaded, once it is whole. */
export async function downloaded(tab: Tab): Promise<{ name: string; bytes: Uint8Array }> {
  let size = -1;
  const name = await until('the download', async () => {
    const [first, ...others] = readdirSync(tab.downloads).filter(
      (file) => !/\.(part|wkdownload)$/.test(file),
    );
    if (!first || others.length > 0) return null;
    const now = readFileSync(join(tab.downloads, first)).length;
    const whole = now > 0 && now === size;
    size = now;
    return whole ? first : null;
  });
  return { name, bytes: readFileSync(join(tab.downloads, name)) };
}

/** The short walk: open the page, drop a file, train a few steps, download the adapter and read it. */
export async function walk(tab: Tab, url: string, device: 'webgpu' | 'wasm'): Promise<void> {
  await tab.goto(`${url}#device=${device}&lr=0.003&steps=6`);
  await waitForRun(tab, { status: 'Ready' });
  await drop(tab, 'my pirate.jsonl', `${ROWS.join('\n')}\n`);
  await until('the rows', async () => /my pirate.*12 rows/s.test(await textOf(tab)));
  await tab.click('button', 'Train');
  await waitForRun(tab, { status: 'Finished' });
  const shown = Number.parseFloat(await textOf(tab, '[aria-label="Loss"]'));
  await tab.click('button', 'Download adapter…');
  const { name, bytes } = await downloaded(tab);
  expect(name).toMatch(/^my-pirate.*\.zip$/);
  const { metrics } = checkZip(unzipSync(bytes), device, ROWS, 0.98);
  expect(shown, 'the loss that is shown').toBeLessThan(metrics.loss_first);
  expect(tab.foreign).toEqual([]);
  expect(tab.complaints).toEqual([]);
}

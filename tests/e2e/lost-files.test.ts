import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { named, waitForStatus } from './look.ts';

/** Files of the page that do not come: what else there is stays, a sentence says so, and it can be tried again. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** The page without one of its files, and how to bring that back. */
async function openWithout(name: RegExp): Promise<() => void> {
  let lost: [path: string, bytes: Buffer][] = [];
  let served = new Map<string, Buffer>();
  open = await openPage({
    gpu: false,
    hash: '#steps=3&eval-fraction=0',
    files: (built) => {
      served = new Map(built);
      lost = [...built].filter(([path]) => name.test(path));
      for (const [path] of lost) served.delete(path);
      return served;
    },
  });
  expect(lost).toHaveLength(1);
  return () => {
    for (const [path, bytes] of lost) served.set(path, bytes);
  };
}

const alerts = () => open!.page.getByRole('alert').allTextContents();

async function told(sentence: RegExp): Promise<void> {
  await expect.poll(async () => (await alerts()).join(' ')).toMatch(sentence);
  expect(await open!.page.locator('body').textContent()).not.toMatch(/TypeError|undefined|dynamically|NaN/);
}

async function trainToTheEnd(): Promise<void> {
  const { page } = open!;
  await waitForStatus(page, 'Ready');
  const train = page.getByRole('button', { name: 'Train', exact: true });
  await expect.poll(() => train.isEnabled()).toBe(true);
  await train.click();
  await waitForStatus(page, 'Finished');
  await expect.poll(() => page.getByRole('button', { name: 'Download adapter' }).count()).toBeGreaterThan(0);
}

const again = () => open!.page.getByRole('button', { name: 'Try again' }).first().click();

test.each([
  ['the connection to the worker', /\/assets\/client-/, /A file of the page did not arrive/],
  ['the worker of runs', /\/assets\/run-worker-/, /could not start its worker/],
  ['the worker of files', /\/assets\/data-worker-/, /The worker that reads data could not start/],
  ['the bundled model', /\/models\/tiny\/config\.json$/, /could not be opened/],
])('%s does not come: it is told, and tried again', async (_, name, sentence) => {
  const bringBack = await openWithout(name);
  await told(sentence);
  bringBack();
  await again();
  await trainToTheEnd();
});

test('the chart does not come: the run goes on, and it can be downloaded', async () => {
  const bringBack = await openWithout(/\/assets\/loss-chart-[\w-]+\.js$/);
  await trainToTheEnd();
  await open!.page.getByRole('button', { name: 'Show all charts' }).click();
  await told(/The loss chart could not be shown.*a file of the page did not arrive/);
  bringBack();
  await again();
  await expect.poll(() => open!.page.locator('canvas').count()).toBeGreaterThan(0);
});

test('the list of samples does not come: a file of one’s own is trained on', async () => {
  await openWithout(/\/samples\/index\.json$/);
  await told(/The samples could not be listed/);
  const rows = Array.from({ length: 8 }, (_, i) =>
    JSON.stringify({ prompt: `What is ${i}?`, completion: `It is number ${i}.` }),
  );
  await named(open!.page, 'Dataset').setInputFiles({
    ...{ name: 'mine.jsonl', mimeType: 'application/jsonl' },
    buffer: Buffer.from(rows.join('\n')),
  });
  await trainToTheEnd();
});

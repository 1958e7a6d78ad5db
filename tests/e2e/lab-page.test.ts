import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { EARLIER_DATABASE, LAB_DATABASE } from '../../src/worker/storage/experiment-store.ts';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { dropText, press } from './hands.ts';
import { checkLook, comesTo, named, waitForStatus } from './look.ts';
import { twoKinds } from './two-kinds.ts';

/** The ladder on the page, as a person climbs it. */

const SAMPLES = projectFile('public/samples/ladder');
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const panelOf = (page: Page) => page.getByRole('tabpanel', { name: 'Lab' });
const rowOf = (page: Page, rung: string) =>
  page
    .getByRole('table', { name: 'Rungs' })
    .getByRole('row', { name: new RegExp(`^${rung}\\b`) })
    .first();
/** What a rung costs stands under it. */
const costOf = (page: Page, rung: string) =>
  page
    .getByRole('table', { name: 'Rungs' })
    .locator('tbody')
    .filter({ has: page.getByRole('row', { name: new RegExp(`^${rung}\\b`) }) })
    .getByRole('row')
    .nth(1);
const says = (locator: Locator, what: string | RegExp) =>
  expect.poll(() => locator.textContent())[typeof what === 'string' ? 'toContain' : 'toMatch'](what);

/** Along the tabs with the arrow keys. */
async function openLadder(page: Page): Promise<void> {
  await page.getByRole('tab', { selected: true }).focus();
  for (let i = 0; i < 7 && (await panelOf(page).count()) === 0; i++) await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { name: 'Is training what you need?' }).waitFor();
}

/** Puts the ladder that is kept where the page kept it before the other experiments came. */
async function keepAsBefore(page: Page): Promise<void> {
  const moved = await page.evaluate(
    async ([now, before]) => {
      const asked = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const lab = await asked(indexedDB.open(now));
      const kept = await asked(lab.transaction('experiments').objectStore('experiments').get('ladder'));
      lab.close();
      const opening = indexedDB.open(before, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('ladder');
      const ladder = await asked(opening);
      await asked(ladder.transaction('ladder', 'readwrite').objectStore('ladder').put(kept, 'latest'));
      ladder.close();
      await asked(indexedDB.deleteDatabase(now));
      return kept.rungs.length;
    },
    [LAB_DATABASE, EARLIER_DATABASE],
  );
  expect(moved).toBe(2);
}

test('by keyboard: documents dropped, measured, stopped, continued on the next visit, reported, erased', async () => {
  open = await openPage({ gpu: false, hash: '#steps=9' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(join(SAMPLES, 'facts.jsonl'));
  await says(page.locator('main'), '36 rows');
  await openLadder(page);
  const panel = panelOf(page);
  const choosing = page.waitForEvent('filechooser');
  await press(page, 'Choose a file of held-out rows');
  await (await choosing).setFiles(join(SAMPLES, 'facts-held-out.jsonl'));
  await says(panel, 'facts-held-out.jsonl');
  const ledger = readFileSync(join(SAMPLES, 'facts-documents/purchases.md'), 'utf8');
  await dropText(page, 'purchases.md', ledger);
  await says(panel, 'purchases.md');
  // Dropped on the ladder it is no data.
  await says(page.locator('main'), '36 rows');

  await press(page, 'Measure the rungs');
  await comesTo(panel, /Rung 3 of 7: Examples/);
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await dropText(page, 'other.jsonl', '{"prompt": "a", "completion": "b"}');
  await says(page.locator('main'), 'A ladder is using its data.');
  await press(page, 'Stop ladder');
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  expect(await rowOf(page, 'Base').textContent()).toMatch(/^Base0 % 0–0–/);
  // The time is another each time.
  const base = await costOf(page, 'Base').textContent();
  await says(panel, 'So far');
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isEnabled()).toBe(true);

  await keepAsBefore(page);
  await page.reload();
  await waitForStatus(page, 'Ready');
  await press(page, 'Continue the ladder');
  await says(panel, 'The ladder of “facts.jsonl” is from an earlier visit and stands at 2 rungs');
  expect(await costOf(page, 'Base').textContent()).toBe(base);
  await press(page, 'Continue');
  await comesTo(panel, /Recommended *Documents/);
  await says(page.locator('main'), 'facts.jsonl');
  expect(await costOf(page, 'Base').textContent(), 'it is not measured again').toBe(base);
  expect(await rowOf(page, 'Documents').textContent()).toMatch(/^Documents recommended[789]\d % .*< 0\.001/);
  expect(await costOf(page, 'Documents').textContent()).toMatch(
    /^k = 1found by (words|states)\d+ tokens of prompt/,
  );
  expect(await costOf(page, 'Tuned').textContent()).toMatch(
    /training .*s, \d.* MBloss on general text \d\.\d+ → \d\.\d+$/,
  );
  await says(panel, 'left out were 0 training rows');
  await says(panel, /buy shirts\?Right\{"city": "Cairo"\}Base[\s\S]*Documents\{"city": "\w+"\} ✓ right/);

  await checkLook(page, 'the ladder of facts', ['light', 'dark']);

  const download = page.waitForEvent('download');
  await press(page, 'Save report');
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('facts-ladder.html');
  const report = readFileSync(await saved.path(), 'utf8');
  expect(report).toContain('Facts decide here');
  expect(report).toContain(
    'npm run --silent ladder -- --model bundled --data facts.jsonl --eval-data facts-held-out.jsonl --documents documents --steps 9 --eval-fraction 0.1 --out ladder',
  );
  expect(report).toMatch(/Held-out rows<\/th><td>facts-held-out\.jsonl, SHA-256 [\da-f]{64}/);

  // Nothing has changed, so that nothing is measured again.
  await press(page, 'Measure what changed');
  await says(panel, /Recommended *Documents/);
  expect(await costOf(page, 'Base').textContent()).toBe(base);
  await press(page, 'Open its adapter');
  await says(page.getByRole('region', { name: 'Adapter' }), 'facts');

  await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
  const privacy = page.getByRole('dialog', { name: 'Nothing leaves this tab' });
  await says(privacy, /the ladder of “facts\.jsonl” with its rows and answers \(\d/);
  await privacy.getByRole('button', { name: 'Erase everything' }).click();
  await privacy.getByRole('button', { name: 'Erase for good' }).click();
  await says(privacy.getByRole('status'), 'Erased.');
  const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect(databases).not.toContain(LAB_DATABASE);
  expect(databases).not.toContain(EARLIER_DATABASE);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Measure the rungs' }).waitFor();
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('rows split off, an adapter that was trained before, and a training that is stopped and goes on', async () => {
  const file = join(folder, 'says.jsonl');
  const row = (i: number) => JSON.stringify({ prompt: `Say ${i}.`, completion: `It is ${i}.` });
  writeFileSync(file, Array.from({ length: 24 }, (_, i) => row(i)).join('\n'));
  open = await openPage({ gpu: false, hash: '#steps=400&checkpoint-every=5&eval-fraction=0.2' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(file);
  await says(page.locator('main'), '24 rows');
  await page.getByRole('tab', { name: 'Lab' }).click();
  const panel = panelOf(page);
  await says(panel, '5 of 24 rows, split off');
  await page.getByRole('button', { name: 'Measure the rungs' }).click();
  const step = async () =>
    Number(/Training, loss .* · (\d+) of 400/.exec((await panel.textContent()) ?? '')?.[1]);
  await expect.poll(step).toBeGreaterThan(10);
  await page.getByRole('button', { name: 'Stop ladder' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await page.reload();
  await waitForStatus(page, 'Ready');
  // It is the ladder's, and no run of the page's.
  expect(await page.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
  await page.getByRole('tab', { name: 'Lab' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect.poll(step).toBeGreaterThan(0);
  expect(await step()).toBeGreaterThan(10);
  await page.getByRole('button', { name: 'Stop ladder' }).click();
  await page.getByRole('button', { name: 'Discard' }).click();
  await says(panel, 'Measure the rungs');

  await page.goto(page.url().replace('steps=400', 'steps=3'));
  await page.reload();
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(file);
  await says(page.locator('main'), '24 rows');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await page.getByRole('tab', { name: 'Lab' }).click();
  await page.getByRole('radio', { name: 'Use “says” as it is' }).check();
  await page.getByRole('button', { name: 'Measure the rungs' }).click();
  await comesTo(panel, /Recommended/);
  await says(panel, 'may have been among its training rows');
  await says(panel, 'Not measured: no documents were given');
  await says(panel, /The held-out rows are those of the lines( \d+,){4} \d+\./);
  expect(await panel.textContent()).toContain('5 held-out rows');
  expect(open.complaints).toEqual([]);
});

test('by a metric of one’s own; where no rung is good enough an adapter for each kind, stopped and continued', async () => {
  const file = join(folder, 'two-kinds.jsonl');
  writeFileSync(file, twoKinds(20));
  open = await openPage({ gpu: false, hash: '#steps=40&checkpoint-every=5&eval-fraction=0.2' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(file);
  await says(page.locator('main'), '40 rows');
  await page.getByRole('tab', { name: 'Lab' }).click();
  const panel = panelOf(page);
  const metric = panel.getByLabel('Metric', { exact: true });
  await metric.fill('contains(answer');
  await says(panel, 'Cannot be used:');
  expect(await page.getByRole('button', { name: 'Measure the rungs' }).isDisabled()).toBe(true);
  // No answer is right by it, whatever is trained.
  await metric.fill('contains(answer, "zebra")');
  await press(page, 'Measure the rungs');
  await comesTo(panel, /Recommended/);
  expect(await rowOf(page, 'Tuned').textContent()).toMatch(/^Tuned0 % 0–0/);
  await says(panel, 'Right by contains(answer, "zebra")');
  await says(panel, /Taken apartNo rung is good enough\. .*known by these words/);
  const parts = page.getByRole('table', { name: 'Parts' });
  await says(parts, /Kind of question .*0 % 0–0\d+/);

  await press(page, 'Train one adapter for each kind');
  await comesTo(panel, /Adapter 1 of \d \(.*\), loss/);
  const second = /Adapter 2 of \d \(.*\), loss [^·]*· (\d+) of 40/;
  await comesTo(panel, /Adapter 2 of \d \(.*\), loss [^·]*· [123]\d of 40/);
  await page.getByRole('button', { name: 'Stop ladder' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await page.reload();
  await waitForStatus(page, 'Ready');
  await page.getByRole('tab', { name: 'Lab' }).click();
  await says(panel, 'stands at 5 rungs');
  await press(page, 'Continue');
  await comesTo(panel, second);
  const step = Number(second.exec((await panel.textContent()) ?? '')?.[1]);
  expect(step, 'it goes on from its checkpoint').toBeGreaterThanOrEqual(10);
  await comesTo(panel, /Recommended/);
  await says(rowOf(page, 'One adapter for each part'), /0 % 0–0/);
  await says(costOf(page, 'One adapter for each part'), /training .*loss on general text/);
  expect(await page.getByRole('button', { name: /^Open the adapter for / }).count()).toBeGreaterThan(1);
  await checkLook(page, 'a ladder taken apart', ['light', 'dark']);

  const download = page.waitForEvent('download');
  await press(page, 'Save report');
  const report = readFileSync(await (await download).path(), 'utf8');
  expect(report).toContain('--metric &#39;contains(answer, &#34;zebra&#34;)&#39; --apart');
  for (const part of ['Taken apart', 'One adapter for each part', 'Kind of question'])
    expect(report).toContain(part);

  // What is known of the answers needs no model.
  const base = await costOf(page, 'Base').textContent();
  await page.getByText('Given:').click();
  await metric.fill('contains(answer, reference) or not contains(answer, "zebra")');
  await press(page, 'Measure what changed');
  await comesTo(panel, /Recommended/);
  expect(await costOf(page, 'Base').textContent()).toBe(base);
  expect(await rowOf(page, 'Base').textContent()).toMatch(/^Base.*100 % 100–100/);
  await says(panel, 'nothing that was tried beyond it helps');
  expect(await page.getByRole('button', { name: /^Open the adapter for / }).count()).toBeGreaterThan(1);
  expect(open.complaints).toEqual([]);
});

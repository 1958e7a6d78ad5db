import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { dropText } from './hands.ts';
import { atEveryWidth, comesTo, named, type Theme, waitForStatus, waitForStep } from './look.ts';
import { twoKinds } from './two-kinds.ts';

/** Every screen in every state, empty, loading, failing and finished ones too, at three widths and in both themes. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** Brings one of the page's three parts to the front where the width shows one at a time, set-up behind a button too. */
async function show(page: Page, width: number, part: 'Set-up' | 'Run' | 'Answers'): Promise<void> {
  if (width >= 1200 || (width >= 760 && part !== 'Set-up')) return;
  const set = page.getByRole('button', { name: 'Set-up', exact: true });
  if (width >= 760) {
    await set.click();
    await page.getByRole('dialog').waitFor();
  } else await page.getByRole('button', { name: part, exact: true }).click();
}

/** At every width, in both themes, with this part in front and whatever else `then` does. */
async function look(
  page: Page,
  where: string,
  part: 'Set-up' | 'Run' | 'Answers',
  then: (width: number) => Promise<void> = async () => {},
): Promise<void> {
  await atEveryWidth(
    page,
    where,
    async (width) => {
      await page.keyboard.press('Escape');
      await show(page, width, part);
      await then(width);
    },
    BOTH,
  );
  await page.keyboard.press('Escape');
}

async function openCard(page: Page, name: string): Promise<void> {
  const card = page.getByRole('button', { name: new RegExp(`^${name} `) });
  if ((await card.getAttribute('aria-expanded')) !== 'true') await card.click();
}

test('before a run: loading, ready, cards, writing, dialogs, the tour', async () => {
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  open = await openPage({
    gpu: false,
    before: (context) =>
      context.route('**/*.safetensors', async (route) => {
        await held;
        await route.continue();
      }),
  });
  const { page } = open;
  await waitForStatus(page, 'Loading');
  await look(page, 'loading', 'Set-up');
  await look(page, 'loading, middle', 'Run');
  goOn();
  await waitForStatus(page, 'Ready');
  await look(page, 'ready', 'Run');
  for (const [card, inside] of [
    ['Model', 'Another model on the hub'],
    ['Data', 'Duplicate rows'],
    ['Recipe', 'Rank'],
  ] as const)
    await look(page, `${card} card`, 'Set-up', async () => {
      await openCard(page, card);
      await page.getByText(inside).first().waitFor();
    });
  await look(page, 'a setting explained', 'Set-up', async () => {
    await openCard(page, 'Recipe');
    await page.getByRole('button', { name: 'Explain Rank' }).click();
    await page.getByRole('button', { name: 'Compare three values' }).waitFor();
  });
  for (const tab of ['Samples', 'Compare', 'Data', 'Weights', 'Lab', 'Runs'])
    await look(page, `${tab} before a run`, 'Answers', async () => {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel', { name: tab }).waitFor();
    });
  await look(page, 'by hand', 'Run', async () => {
    const hand = page.getByRole('region', { name: 'Teach it by hand' });
    if ((await hand.count()) === 0) await page.getByRole('button', { name: 'Teach it by hand' }).click();
    await hand.waitFor();
  });
  await page.getByRole('button', { name: 'Teach it by hand' }).click();
  await look(page, 'writing examples', 'Set-up', async () => {
    await openCard(page, 'Data');
    await page.getByRole('button', { name: /^Write a few examples/ }).click();
    await page.getByRole('dialog', { name: 'Write a few examples' }).waitFor();
  });
  await look(page, 'keys', 'Run', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  });
  await look(page, 'presented', 'Run', async () => {
    await page.getByRole('button', { name: 'Present', exact: true }).click();
    await page.getByRole('dialog', { name: 'Presentation' }).waitFor();
  });
  await look(page, 'privacy', 'Run', async () => {
    await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
    await page.getByText('Erase everything').waitFor();
  });
  await look(page, 'check', 'Run', async () => {
    await page.getByRole('button', { name: 'Verify against PyTorch' }).click();
    const check = page.getByRole('dialog', { name: 'Are the numbers right on this device?' });
    await expect.poll(() => check.textContent()).toContain('The numbers are right on');
  });

  const tour = page.getByRole('region', { name: 'Tour' });
  await page.getByRole('button', { name: 'Take the one-minute tour' }).click();
  await expect.poll(() => tour.textContent()).toContain('Press Train');
  // The offer that had the focus is gone.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Train');
  await atEveryWidth(page, 'tour', undefined, BOTH);
  await page.keyboard.press('Escape');
  await expect.poll(() => tour.count()).toBe(0);
  await page.reload();
  await waitForStatus(page, 'Ready');
  expect(await page.getByRole('button', { name: 'Take the one-minute tour' }).count(), 'once is enough').toBe(
    0,
  );
  expect(open.complaints).toEqual([]);
});

test('what fails: a model, a file, columns, a run', async () => {
  open = await openPage({
    gpu: false,
    before: (context) => context.route('**/*.safetensors', (route) => route.abort()),
  });
  const { page } = open;
  await page.getByText('The model could not be opened').first().waitFor();
  await look(page, 'no model', 'Run');
  await look(page, 'no model, set-up', 'Set-up');
  await page.context().unroute('**/*.safetensors');
  // What the browser itself says of a file that did not come.
  expect(open.complaints.filter((line) => !/ERR_FAILED/.test(line))).toEqual([]);
  open.complaints.length = 0;
  await page.reload();
  await waitForStatus(page, 'Ready');

  const file = join(folder, 'broken.jsonl');
  writeFileSync(file, '{"messages": [{"role": "user", "content": "no answer"}]}\n'.repeat(3));
  await named(page, 'Dataset').setInputFiles(file);
  await page
    .getByText(/None of the 3 rows of broken\.jsonl/)
    .first()
    .waitFor();
  await look(page, 'no row to train on', 'Run');
  await look(page, 'skipped lines', 'Answers', async () => {
    await page.getByRole('tab', { name: 'Data' }).click();
  });
  const table = join(folder, 'table.csv');
  writeFileSync(table, 'A;B\nWhat is a cup?;Arr\nHi;Arr, hi\n');
  await named(page, 'Dataset').setInputFiles(table);
  await page.getByRole('region', { name: 'Columns' }).waitFor();
  await look(page, 'columns', 'Set-up', async () => openCard(page, 'Data'));

  // A file that is taken away under the page.
  const gone = join(folder, 'gone.jsonl');
  writeFileSync(gone, '{"prompt": "What is a cup?", "completion": "Arr, a cup."}\n'.repeat(12));
  await named(page, 'Dataset').setInputFiles(gone);
  await expect.poll(() => page.locator('main').textContent()).toContain('12 rows');
  rmSync(gone);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Failed');
  await look(page, 'a run that failed', 'Run');
  expect(open.complaints).toEqual([]);
});

test('a run: going, paused, finished, each of its tabs, gone on from', async () => {
  open = await openPage({ gpu: false, hash: '#sample=classify.jsonl&steps=40&eval-fraction=0.06' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Compare first' }).click();
  const need = page.getByRole('region', { name: 'Is training what you need?' });
  await expect.poll(() => need.textContent()).toMatch(/held-out rows/);
  await look(page, 'compared first', 'Answers');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 6);
  await page.getByRole('button', { name: 'Pause' }).click();
  await waitForStatus(page, 'Paused');
  await look(page, 'paused run', 'Run');
  await look(page, 'paused, set-up', 'Set-up');
  for (const tab of ['Samples', 'Compare', 'Weights'])
    await look(page, `${tab} in a run`, 'Answers', () => page.getByRole('tab', { name: tab }).click());
  await page.getByRole('button', { name: 'Resume' }).click();
  await waitForStatus(page, 'Finished');
  const result = page.getByRole('region', { name: 'Run', exact: true });
  await page.setViewportSize({ width: 1440, height: 900 });
  await expect.poll(() => result.textContent()).toMatch(/On general text\d\.\d+ → \d/);
  const heldOutBefore = async () => {
    await expect.poll(() => result.textContent()).toMatch(/Held-out loss *[\d.]+ →/);
    return Number(/Held-out loss *([\d.]+) →/.exec((await result.textContent()) ?? '')?.[1]);
  };
  const fresh = await heldOutBefore();
  await look(page, 'finished run', 'Run');
  const time = page.getByRole('slider', { name: 'At step' });
  await look(page, 'finished run, an earlier step', 'Run', async () => {
    await time.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => result.locator('[data-stale]').count()).toBe(0);
  });
  for (const tab of ['Export', 'Samples', 'Data', 'Weights', 'Lab', 'Runs', 'Report'])
    await look(page, `${tab} after a run`, 'Answers', () => page.getByRole('tab', { name: tab }).click());
  await look(page, 'loss of each token', 'Answers', async () => {
    await page.getByRole('tab', { name: 'Data' }).click();
    await page.getByRole('radio', { name: 'Change', exact: true }).check({ force: true });
    await page.getByText(/^Mean over .* → /).waitFor();
  });
  const traced = page.getByRole('region', { name: 'What it learned from' });
  await look(page, 'comparing with rows', 'Run', async () => {
    if ((await traced.count()) === 0)
      await page.getByRole('button', { name: 'What did it learn from?' }).first().click();
    await traced.waitFor();
  });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'What did it learn from?' }).first().click();
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: 'Merge adapters' }).click();
  const merge = page.getByRole('region', { name: 'Merge adapters' });
  await expect
    .poll(() => merge.textContent())
    .toMatch(/One adapter is at hand.*Nothing is lost but rounding/);
  await merge.getByRole('combobox', { name: 'Way' }).selectOption('dare');
  await expect.poll(() => merge.textContent()).toContain('dare merges at least 2 adapters, and 1 was given');
  await look(page, 'merging', 'Run');
  await page.setViewportSize({ width: 1440, height: 900 });
  await merge.getByText('Sweep the weights').click();
  await look(page, 'sweep of a merge', 'Run');
  await merge.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('tab', { name: 'Export' }).click();
  for (const form of ['GGUF', 'MLX', 'Merged', 'Merged GGUF'])
    await look(page, `Take ${form}`, 'Answers', () =>
      page.getByRole('radio', { name: form, exact: true }).check({ force: true }),
    );

  // The adapter as it was in the middle of the run is what the next one begins with.
  await page.setViewportSize({ width: 1440, height: 900 });
  await time.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const from = page.getByRole('button', { name: /^Start from step \d+$/ });
  const step = Number.parseInt(((await from.textContent()) ?? '').replace(/\D+/, ''), 10);
  expect(step).toBeGreaterThan(0);
  expect(step).toBeLessThan(40);
  await from.click();
  await waitForStatus(page, 'Ready');
  const card = page.getByRole('region', { name: 'Adapter' });
  await expect.poll(() => card.textContent()).toMatch(new RegExp(`Sort messages, step ${step}.*rank 8`));
  await look(page, 'an adapter to go on from', 'Set-up');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  expect(await heldOutBefore(), 'it knows what it had learned').toBeLessThan(fresh / 2);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('a ladder: stopped, on its way, measured, taken apart, from an earlier visit', async () => {
  const file = join(folder, 'two-kinds.jsonl');
  writeFileSync(file, twoKinds(16));
  open = await openPage({ gpu: false, hash: '#steps=4&eval-fraction=0.2' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(file);
  await expect.poll(() => page.locator('main').textContent()).toContain('32 rows');
  await page.getByRole('tab', { name: 'Lab' }).click();
  await page.getByLabel('Metric', { exact: true }).fill('contains(answer');
  await look(page, 'a ladder by a metric that cannot be used', 'Answers');
  await page.getByLabel('Metric', { exact: true }).fill('contains(answer, "zebra")');
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await page.getByRole('button', { name: 'Measure the rungs' }).click();
  await comesTo(panel, /Rung 2 of/);
  await page.getByRole('button', { name: 'Stop ladder' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await look(page, 'a stopped ladder', 'Answers');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByRole('button', { name: 'Stop ladder' }).waitFor();
  await look(page, 'a ladder on its way', 'Answers');
  await comesTo(panel, /Recommended/);
  await look(page, 'a measured ladder', 'Answers');
  await page.getByText('What the figures are').click();
  await page.getByRole('button', { name: 'More answers' }).click();
  await look(page, 'a measured ladder with its notes', 'Answers');
  await page.getByRole('button', { name: 'Train one adapter for each kind' }).click();
  await page.getByRole('button', { name: 'Stop ladder' }).waitFor();
  await comesTo(panel, /Recommended/);
  await look(page, 'a ladder with an adapter for each kind', 'Answers');
  await page.reload();
  await waitForStatus(page, 'Ready');
  await look(page, 'a ladder of an earlier visit', 'Answers', async () => {
    await page.getByRole('tab', { name: 'Lab' }).click();
    await expect.poll(() => panel.textContent()).toContain('is from an earlier visit');
  });
  expect(open.complaints).toEqual([]);
});

test('several models: what is given, on their way, one that fails, measured, changed, from an earlier visit', async () => {
  const file = join(folder, 'few.jsonl');
  writeFileSync(file, twoKinds(8));
  open = await openPage({ gpu: false, hash: '#steps=4' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(file);
  await expect.poll(() => page.locator('main').textContent()).toContain('16 rows');
  await page.getByRole('tab', { name: 'Lab' }).click();
  await page.getByRole('button', { name: 'Several models', exact: true }).click();
  await page.getByRole('button', { name: 'Add one on the hub' }).click();
  await page.getByLabel('Enough', { exact: true }).fill('metric > best');
  await look(page, 'several models with a requirement that cannot be read', 'Answers');
  await page.getByLabel('Enough', { exact: true }).fill('metric >= 0.9');
  await page.getByLabel('Name of model 2 on the hub').fill('nobody/nothing');
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  await comesTo(panel, /Point 1 of 3/);
  await look(page, 'several models on their way', 'Answers');
  await comesTo(panel, /Save report/);
  await look(page, 'several models, one of which failed', 'Answers');
  await page.getByText('What the figures are').click();
  await look(page, 'several models with their notes', 'Answers');
  await page.getByRole('button', { name: 'Change the list' }).click();
  await look(page, 'several models that are changed', 'Answers');
  await page.reload();
  await waitForStatus(page, 'Ready');
  await look(page, 'several models of an earlier visit', 'Answers', async () => {
    await page.getByRole('tab', { name: 'Lab' }).click();
    await page.getByRole('button', { name: 'Several models', exact: true }).click();
    await expect.poll(() => panel.textContent()).toContain('is from an earlier visit');
  });
});

test('several tasks: given, on their way, stopped, compared, from an earlier visit', async () => {
  open = await openPage({ gpu: false, hash: '#steps=4' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('tab', { name: 'Lab' }).click();
  await page.getByRole('button', { name: 'Several tasks', exact: true }).click();
  await look(page, 'several tasks without any', 'Answers');
  for (const style of ['polite', 'rude']) {
    const text = readFileSync(projectFile(`public/samples/tasks/${style}.jsonl`), 'utf8');
    await dropText(page, `${style}.jsonl`, text.split('\n').slice(0, 10).join('\n'));
    await page.getByRole('button', { name: `Remove ${style}` }).waitFor();
  }
  await page.getByLabel('Name of task 1').fill('together');
  await page.getByLabel('Mix', { exact: true }).selectOption('By temperature');
  await page.getByLabel('Replay, %').fill('5');
  await look(page, 'several tasks of which one has a name that cannot be', 'Answers');
  await page.getByLabel('Name of task 1').fill('polite');
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await page.getByRole('button', { name: 'Compare strategies' }).click();
  await comesTo(panel, /1 of \d/);
  await look(page, 'several tasks on their way', 'Answers');
  await page.getByRole('button', { name: 'Stop comparison' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await look(page, 'several tasks that were stopped', 'Answers');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await comesTo(panel, /Best over the tasks/);
  await look(page, 'several tasks that were compared', 'Answers');
  await page.reload();
  await waitForStatus(page, 'Ready');
  await look(page, 'several tasks of an earlier visit', 'Answers', async () => {
    await page.getByRole('tab', { name: 'Lab' }).click();
    await page.getByRole('button', { name: 'Several tasks', exact: true }).click();
    await expect.poll(() => panel.textContent()).toContain('is from an earlier visit');
  });
  expect(open.complaints).toEqual([]);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fault } from '../../src/app/outcome/signed.ts';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile } from './command-line.ts';
import { atEveryWidth, comesTo, named, type Theme, waitForStatus } from './look.ts';

/** What a run is worth, as one picture and one signed file. */

const BOTH: readonly Theme[] = ['light', 'dark'];

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

test('a finished run is saved as a picture of its figures, and signed with the command that repeats it', async () => {
  open = await openPage({ gpu: false, hash: '#sample=classify.jsonl&steps=30&eval-fraction=0.06&lr=0.003' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Compare first' }).click();
  const need = page.getByRole('region', { name: 'Is training what you need?' });
  await comesTo(need, /held-out rows/);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await page.getByRole('tab', { name: 'Report' }).click();
  const button = (kind: string) => page.getByRole('button', { name: `Score card as ${kind}` });
  await expect.poll(() => button('JSON').isEnabled()).toBe(true);
  await atEveryWidth(
    page,
    'the score card in the report',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    },
    BOTH,
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  const saved = async (kind: string) => {
    const coming = page.waitForEvent('download');
    await button(kind).focus();
    await page.keyboard.press('Enter');
    return readFileSync(await (await coming).path());
  };
  const file = JSON.parse((await saved('JSON')).toString());
  expect(await fault(file)).toBeNull();
  expect(file.card).toMatchObject({
    ...{ format: 'lowrank-score-card', recital: null, seeds: { run: 0 }, steps: 30 },
    task: { before: expect.any(Number), after: expect.any(Number) },
    few_shot: { examples: 3 },
    general_text_loss: { rows: 50 },
  });
  expect(file.card.command).toMatch(
    /^npm run --silent train -- --model bundled --data public\/samples\/classify\.jsonl/,
  );
  const asSaved = JSON.stringify(file, null, 2);
  file.card.task.after = 1;
  expect(await fault(file)).not.toBeNull();

  // Whoever is handed the file drops it on the page, which says whether it is as it was signed.
  const files = [asSaved, JSON.stringify(file)].map((text, i) => {
    const name = ['score.json', 'changed.json'][i];
    return { name, mimeType: 'application/json', buffer: Buffer.from(text) };
  });
  await named(page, 'Dataset').setInputFiles(files);
  const cards = page.getByRole('region', { name: /^Score cards/ });
  await comesTo(cards, /Unchanged since it was signed with key [0-9a-f]{16}, which is this browser’s/);
  await comesTo(cards, /is not the one that was signed/);
  await atEveryWidth(
    page,
    'score cards that were opened',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    },
    BOTH,
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('tab', { name: 'Report' }).click();

  const png = await saved('PNG');
  // Width and height stand in its first chunk.
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 675]);
  writeFileSync(join(projectFile('test-results/pictures'), 'score-card.png'), png);
  expect(open.complaints).toEqual([]);
  expect(open.foreign).toEqual([]);
});

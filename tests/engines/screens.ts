import { expect } from 'vitest';
import { checkLook, closeDialog, dialogSays, pressOnPage } from './look.ts';
import { type Tab, textOf, until, waitForRun } from './tab.ts';
import { drop, ROWS } from './walk.ts';

/** Every screen of the page, as `tests/e2e/every-screen.test.ts` has them in Chromium: each state once, some on a phone too. */

async function showTabs(tab: Tab, when: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await tab.click('tab', name);
    await checkLook(tab, `${when}, ${name}`);
  }
}

/** The page's parts where the width shows two of them, and one. */
async function showNarrow(tab: Tab, when: string): Promise<void> {
  await tab.resize(1000, 800);
  await checkLook(tab, `${when}, 1000 wide`);
  await tab.click('button', 'Set-up');
  await dialogSays(tab, /Recipe/);
  await checkLook(tab, `${when}, 1000 wide, set-up`);
  await closeDialog(tab);
  await tab.resize(390, 844);
  for (const part of ['Set-up', 'Run', 'Answers']) {
    await tab.click('button', part);
    await checkLook(tab, `${when}, a phone, ${part}`);
  }
  await tab.resize(1440, 900);
}

/** Before a run: ready, cards, tabs, dialogs, the tour, a file without a row to train on. */
export async function screensBefore(tab: Tab, url: string): Promise<void> {
  await tab.goto(`${url}#device=wasm`);
  await waitForRun(tab, { status: 'Ready' });
  await checkLook(tab, 'ready');
  for (const card of ['Model', 'Data', 'Recipe']) {
    await tab.click('button', `${card}…`);
    await checkLook(tab, `${card} card`);
  }
  await showTabs(tab, 'before a run', ['Compare', 'Data', 'Weights', 'Runs', 'Samples']);
  await tab.click('button', 'Write a few examples…');
  await dialogSays(tab, /./);
  await checkLook(tab, 'writing examples');
  await closeDialog(tab);
  await pressOnPage(tab, '?');
  await dialogSays(tab, /Keyboard shortcuts/);
  await checkLook(tab, 'keys');
  await closeDialog(tab);
  await tab.click('button', 'Present');
  await dialogSays(tab, /no run yet/);
  await checkLook(tab, 'presented');
  await closeDialog(tab);
  await tab.click('button', 'Nothing leaves this tab');
  await dialogSays(tab, /Kept on this device: nothing\./);
  await checkLook(tab, 'privacy');
  await closeDialog(tab);
  await tab.click('button', 'Verify against PyTorch');
  await dialogSays(tab, /The numbers are right on/);
  await checkLook(tab, 'check');
  await closeDialog(tab);
  await tab.click('button', 'Take the one-minute tour');
  await until('the tour', async () => /Press Train/.test(await textOf(tab, '[aria-label="Tour"]')));
  await checkLook(tab, 'tour');
  await tab.press('Escape');
  await drop(tab, 'broken.jsonl', '{"messages": [{"role": "user", "content": "no answer"}]}\n'.repeat(3));
  await until('why not', async () => /None of the 3 rows of broken\.jsonl/.test(await textOf(tab)));
  await checkLook(tab, 'no row to train on');
  await showNarrow(tab, 'no row to train on');
  expect(tab.foreign).toEqual([]);
  expect(tab.complaints).toEqual([]);
}

/** A run: paused, finished, each of its tabs and forms of export, in both themes. */
export async function screensOfRun(tab: Tab, url: string): Promise<void> {
  await tab.goto(`${url}#device=wasm&steps=8&eval-fraction=0.2`);
  await waitForRun(tab, { status: 'Ready' });
  await drop(tab, 'mine.jsonl', `${ROWS.join('\n')}\n`);
  await until('the rows', async () => /12 rows/.test(await textOf(tab, 'main')));
  await tab.click('button', 'Train');
  await waitForRun(tab, { step: 2 });
  await pressOnPage(tab, ' ');
  await waitForRun(tab, { status: 'Paused' });
  await checkLook(tab, 'paused');
  await showTabs(tab, 'paused', ['Compare', 'Data', 'Weights', 'Samples']);
  await showNarrow(tab, 'paused');
  await pressOnPage(tab, ' ');
  await waitForRun(tab, { status: 'Finished' });
  await checkLook(tab, 'finished');
  await showTabs(tab, 'finished', ['Samples', 'Data', 'Weights', 'Runs', 'Report', 'Export']);
  for (const form of ['GGUF', 'MLX', 'Merged', 'Merged GGUF', 'PEFT']) {
    await tab.click('radio', form);
    await checkLook(tab, `export as ${form}`);
  }
  await tab.click('button', 'Show all charts');
  await checkLook(tab, 'all charts');
  await tab.click('button', 'Switch to the dark theme');
  await checkLook(tab, 'dark');
  await showNarrow(tab, 'dark');
  expect(tab.foreign).toEqual([]);
  expect(tab.complaints).toEqual([]);
}

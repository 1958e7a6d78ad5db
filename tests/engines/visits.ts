import { unzipSync } from 'fflate';
import { expect } from 'vitest';
import { DIST } from '../../scripts/paths.mjs';
import { readBuild } from '../../scripts/server.mjs';
import { checkZip } from '../e2e/adapter-zip.ts';
import { visitorsFiles } from '../e2e/visitors-files.ts';
import { checkLook, closeDialog, dialogSays } from './look.ts';
import { type Tab, textOf, until, waitForRun } from './tab.ts';
import { downloaded, drop, ROWS, serveBuild } from './walk.ts';

/** Longer visits of the page, the same in every browser: a reload in mid-run, no network, an erasure, nothing kept. */

async function dropRows(tab: Tab): Promise<void> {
  await waitForRun(tab, { status: 'Ready' });
  await drop(tab, 'mine.jsonl', `${ROWS.join('\n')}\n`);
  await until('the rows', async () => /12 rows/.test(await textOf(tab, 'main')));
}

async function trainTo(tab: Tab, step: number): Promise<void> {
  await waitForRun(tab, { status: 'Ready' });
  await tab.click('button', 'Train');
  await waitForRun(tab, { step });
}

const LONG_RUN = '#device=wasm&steps=400&checkpoint-every=2';
/** Short enough to see its end, and not over before the page is torn from it. */
const SHORT_RUN = '#device=wasm&steps=40&checkpoint-every=2';

/**
 * A run that the page was torn from is offered again, and goes on to its end.
 * @param tear leaves the page in mid-run, and hands over the next visit
 */
export async function resume(
  tab: Tab,
  url: string,
  tear: (then: (next: Tab) => Promise<void>) => Promise<void>,
): Promise<void> {
  await tab.goto(url + SHORT_RUN);
  await dropRows(tab);
  await trainTo(tab, 5);
  await tear(async (next) => {
    const note = await until('the saved run', () => textOf(next, '[aria-label="Saved run"]'));
    const [, step] = /mine was interrupted\. .* is saved at step (\d+)/.exec(note) ?? [];
    expect(Number(step), note).toBeGreaterThanOrEqual(4);
    expect(Number(step) % 2, note).toBe(0);
    await waitForRun(next, { status: 'Ready' });
    await next.click('button', 'Resume run');
    await waitForRun(next, { status: 'Finished' });
    expect(await textOf(next, '[aria-label="Step"]')).toBe('40/40');
    expect(next.complaints).toEqual([]);
  });
}

/** What this address holds in the browser; `files`: null where it has no file system. */
const kept = (tab: Tab) =>
  tab.evaluate(async () => {
    const root = await navigator.storage?.getDirectory();
    const files: string[] | null = root ? [] : null;
    if (root && files) for await (const name of root.keys()) files.push(name);
    return {
      files,
      databases: (await indexedDB.databases()).map(({ name }) => name).sort(),
      caches: (await caches.keys()).length,
      serviceWorkers: (await navigator.serviceWorker.getRegistrations()).length,
      words: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    };
  });

/** A run and its data are there until they are erased, and then nothing is. */
export async function erase(tab: Tab, url: string): Promise<void> {
  await tab.goto(url + LONG_RUN);
  await dropRows(tab);
  await trainTo(tab, 4);
  await tab.click('button', 'Stop');
  await waitForRun(tab, { status: 'Finished' });
  await tab.click('button', 'New run');
  await trainTo(tab, 4);
  await tab.reload();
  await waitForRun(tab, { status: 'Ready' });
  await until('the page’s own files', async () => (await kept(tab)).caches === 1);
  const { files, ...others } = await kept(tab);
  if (files) expect(files).toEqual(['run']);
  expect(others).toMatchObject({ databases: ['lowrank-history'], serviceWorkers: 1 });
  await tab.click('button', 'Nothing leaves this tab');
  await dialogSays(tab, files ? /unfinished run “mine” with its data \(\d.*1 past run/ : /: 1 past run/);
  await checkLook(tab, 'what is kept');
  await tab.click('button', 'Erase everything');
  await tab.click('button', 'Erase for good');
  await until('an end to it', async () =>
    /^Erased/.test(await textOf(tab, '[role="dialog"] [role="status"]')),
  );
  expect(await kept(tab)).toEqual({
    files: files && [],
    databases: [],
    caches: 0,
    serviceWorkers: 0,
    words: [],
  });
  expect(await textOf(tab, '[role="dialog"]')).toContain('Kept on this device: nothing.');
  expect(tab.complaints).toEqual([]);
}

/** A second visit finds no server: the page opens, and the bundled model trains. */
export async function offline(tab: Tab): Promise<void> {
  const server = await serveBuild();
  await tab.goto(`${server.url}#device=wasm&steps=3`);
  await waitForRun(tab, { status: 'Ready' });
  const all = visitorsFiles(readBuild(DIST)).length;
  await until(
    `the page’s own ${all} files`,
    async () =>
      all ===
      (await tab.evaluate(async () => {
        const [name] = await caches.keys();
        return name === undefined ? 0 : (await (await caches.open(name)).keys()).length;
      })),
  );
  await server.close();
  await tab.reload();
  await waitForRun(tab, { status: 'Ready' });
  await tab.click('button', 'Train');
  await waitForRun(tab, { status: 'Finished' });
  expect(await textOf(tab, '[aria-label="Step"]')).toBe('3/3');
  expect(tab.complaints).toEqual([]);
}

/** A browser that keeps nothing, as a private window: it trains, says so in words for people, and the adapter is given. */
export async function withoutStorage(tab: Tab, url: string): Promise<void> {
  await tab.goto(`${url}#device=wasm&lr=0.003&steps=6&checkpoint-every=2`);
  await dropRows(tab);
  await trainTo(tab, 1);
  await waitForRun(tab, { status: 'Finished' });
  await until('a word on it', async () => /cannot be kept in this browser/.test(await textOf(tab, 'main')));
  await tab.click('button', 'Nothing leaves this tab');
  await dialogSays(tab, /Kept on this device: (nothing\.|1 past run)/);
  await checkLook(tab, 'nothing kept');
  await closeDialog(tab);
  await tab.click('button', 'Download adapter…');
  checkZip(unzipSync((await downloaded(tab)).bytes), 'wasm', ROWS, 0.98);
  await tab.reload();
  await waitForRun(tab, { status: 'Ready' });
  expect(await textOf(tab)).not.toMatch(/\w+Error\b|undefined|is not a function/);
  expect(tab.complaints).toEqual([]);
}

import { ensureBuild } from '../build.mjs';
import { ensureChrome, QUIET, sandboxed } from '../chrome.mjs';
import { DIST } from '../paths.mjs';
import { readBuild, serve } from '../server.mjs';

/**
 * A first run as somebody sees it who opens the page without a GPU and presses Train: the bundled model, its first
 * sample and the settings that the page begins with. Seconds; those from `first_loss` on are counted from Train.
 *
 * @typedef {object} PageRow
 * @property {number} ready From opening the page until Train can be pressed.
 * @property {number} first_loss Until the first loss is shown.
 * @property {number} falling Until one is shown that is lower than the first.
 * @property {number} finished Until the run and the answers after it are done.
 * @property {number} steps
 * @property {number} loss The last that is shown.
 */

/**
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 * @returns {Promise<PageRow>}
 */
export async function benchPage(say, signal) {
  await ensureBuild(say);
  const executablePath = await ensureChrome(say);
  const { chromium } = await import('playwright');
  const server = await serve({ files: readBuild(DIST) });
  const browser = await sandboxed(
    (chromiumSandbox) => chromium.launch({ executablePath, chromiumSandbox, args: QUIET }),
    say,
  );
  const end = () => void browser.close();
  signal.addEventListener('abort', end);
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(server.url);
    const status = page.getByLabel('Status', { exact: true }).first();
    await status.filter({ hasText: /^Ready/ }).waitFor({ timeout: 0 });
    const ready = (await page.evaluate(() => performance.now())) / 1000;
    const seen = await page.evaluate(watchRun);
    return { ready, ...seen };
  } finally {
    signal.removeEventListener('abort', end);
    await browser.close();
    await server.close();
  }
}

/** In the page: presses Train and looks at every frame. @returns {Promise<Omit<PageRow, 'ready'>>} */
async function watchRun() {
  const shown = (/** @type {string} */ name) =>
    document.querySelector(`[aria-label="${name}"]`)?.textContent ?? '';
  const train = [...document.querySelectorAll('button')].find((one) => one.textContent?.trim() === 'Train');
  if (!train) throw new Error('The page has no button Train.');
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  train.click();
  let [first, firstLoss, falling, loss, steps] = [0, 0, 0, 0, 0];
  for (;;) {
    await new Promise(requestAnimationFrame);
    const status = shown('Status');
    if (status.startsWith('Failed')) throw new Error(document.body.textContent ?? status);
    loss = Number.parseFloat(shown('Loss')) || loss;
    steps = Number.parseInt(shown('Step'), 10) || steps;
    if (loss > 0 && first === 0) [first, firstLoss] = [since(), loss];
    if (first > 0 && falling === 0 && loss < firstLoss) falling = since();
    if (first > 0 && status.startsWith('Finished'))
      return { first_loss: first, falling, finished: since(), steps, loss };
  }
}

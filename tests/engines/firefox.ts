import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type ElementHandle, type KeyInput } from 'puppeteer-core';
import { installedFirefox } from '../../scripts/browsers/find.mjs';
import { QUIET, softwareVulkan, WEBGPU } from '../../scripts/browsers/firefox.mjs';
import { PATIENCE } from '../patience.ts';
import { elementCalled, type Tab, until } from './tab.ts';

export interface FirefoxOptions {
  /** On Mesa's software Vulkan. */
  webgpu?: boolean;
  /** A folder that outlives this browser; else a new one. */
  profile?: string;
  preferences?: Record<string, string | number | boolean>;
}

/** A stock Firefox without a window, driven by WebDriver BiDi. */
export async function openFirefox(options: FirefoxOptions = {}): Promise<Tab> {
  const own = mkdtempSync(join(tmpdir(), 'lowrank-firefox-'));
  const downloads = join(own, 'downloads');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: installedFirefox(),
    headless: true,
    userDataDir: options.profile ?? join(own, 'profile'),
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
    env: { ...process.env, ...(options.webgpu ? softwareVulkan() : {}) },
    extraPrefsFirefox: {
      ...QUIET,
      ...(options.webgpu ? WEBGPU : { 'dom.webgpu.enabled': false }),
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
      'dom.disable_beforeunload': true,
      ...options.preferences,
    },
  });
  return tabOf(browser, downloads, () =>
    rmSync(own, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  );
}

async function tabOf(browser: Browser, downloads: string, remove: () => void): Promise<Tab> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.setViewport({ width: 1440, height: 900 });
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (/^(error|warn)/.test(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error instanceof Error ? error.message : String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(https?:\/\/localhost[:/]|blob:|data:|about:)/.test(url)) foreign.push(url);
  });
  const version = (await browser.version()).split('/')[1];
  return {
    name: `Firefox ${version}`,
    downloads,
    complaints,
    foreign,
    async goto(url) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    evaluate: (run, ...args) => page.evaluate(run as (...all: unknown[]) => never, ...args),
    async addScript(text) {
      await page.evaluate(`${text}; null`);
    },
    async click(role, name) {
      await until(`the ${role} ${name}`, async () => {
        const found = (
          await page.evaluateHandle(elementCalled, role, name)
        ).asElement() as ElementHandle<Element> | null;
        // A click on what has just been drawn anew is lost: it is looked for again.
        await found?.click();
        return found;
      });
    },
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key as KeyInput);
    },
    resize: (width, height) => page.setViewport({ width, height }),
    async screenshot(path) {
      await page.screenshot({ path: path as `${string}.png` });
    },
    async close() {
      // One that was killed is gone.
      if (browser.connected) await browser.close();
      remove();
    },
    async kill() {
      const child = browser.process()!;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      remove();
    },
  };
}

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright';
import { ensureChrome, QUIET, SOFTWARE_GPU } from '../../scripts/chrome.mjs';
import { DIST } from '../../scripts/paths.mjs';
import { readBuild, serve } from '../../scripts/server.mjs';
import { PATIENCE } from '../patience.ts';

export interface OpenPage {
  page: Page;
  browser: Browser;
  /** Requests that went anywhere but to our own server, and what the console and the page complained of. */
  foreign: string[];
  complaints: string[];
  close(): Promise<void>;
}

/** A context that waits as long as tests do. */
export async function newContext(browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/**
 * The build in a browser of its own, served under a sub-path as a static host would.
 * `gpu` false: a browser without WebGPU.
 */
export async function openPage(options: {
  gpu: boolean;
  hash?: string;
  /** Under the page's folder. */
  path?: string;
  width?: number;
  height?: number;
  /** What is served in the place of the build: its files by their paths. */
  files?: (built: Map<string, Buffer>) => Map<string, Buffer>;
  /** What is to be there before the page is. */
  before?: (context: BrowserContext) => Promise<unknown>;
}): Promise<OpenPage> {
  const built = readBuild(DIST);
  const server = await serve({ files: options.files?.(built) ?? built, prefix: '/some/place' });
  const browser = await chromium.launch({
    executablePath: await ensureChrome(),
    timeout: PATIENCE,
    args: [...(options.gpu ? SOFTWARE_GPU : ['--disable-features=WebGPU']), ...QUIET],
  });
  const context = await newContext(browser, {
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const foreign: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.origin) && !/^(blob|data):/.test(url)) foreign.push(url);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await options.before?.(context);
  await page.goto(`${server.url}${options.path ?? ''}${options.hash ?? ''}`);
  return {
    page,
    browser,
    foreign,
    complaints,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

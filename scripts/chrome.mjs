import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inPath } from './browsers/find.mjs';

/** Flags with which no browser of ours asks the network for anything by itself. */
export const QUIET = [
  '--no-first-run',
  '--no-default-browser-check',
  '--no-pings',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-features=OptimizationHints,MediaRouter,Translate,CertificateTransparencyComponentUpdater',
];

/** WebGPU computed in software: the adapter of machines without a GPU, and of the tests. */
export const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** WebGPU on the machine's own GPU, where Chromium would hide it (Linux, headless). */
export const HARDWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--ignore-gpu-blocklist',
  ...(process.platform === 'linux' ? ['--enable-features=Vulkan', '--use-angle=vulkan'] : []),
];

/**
 * Launches with Chromium's sandbox, and without it only where there is none: for root, in most containers, and where
 * unprivileged user namespaces are switched off. (Playwright would always leave it out.)
 * @template T
 * @param {(chromiumSandbox: boolean) => Promise<T>} launch
 * @param {(line: string) => void} say
 * @returns {Promise<T>}
 */
export async function sandboxed(launch, say) {
  if (process.getuid?.() === 0) return launch(false);
  try {
    return await launch(true);
  } catch (error) {
    if (process.platform !== 'linux' || !(error instanceof Error && /sandbox|zygote/i.test(error.message)))
      throw error;
    say(
      'The browser’s sandbox is not available on this machine, so it runs without one: open only models that you trust.',
    );
    return launch(false);
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];

/** Path of an installed Chrome, Chromium or Edge, or null. `LOWRANK_CHROME` names another. */
export function installedChrome() {
  const chosen = process.env.LOWRANK_CHROME;
  if (chosen) return existsSync(chosen) ? chosen : null;
  const found = inPath(NAMES);
  if (found) return found;
  /** @type {string[]} */
  const candidates = [];
  if (process.platform === 'darwin') candidates.push(...MAC);
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    for (const root of roots) if (root) candidates.push(...WINDOWS.map((path) => join(root, path)));
  }
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Path of an installed browser, or of Playwright's own download, or null. */
export async function findChrome() {
  const installed = installedChrome();
  if (installed) return installed;
  try {
    const { chromium } = await import('playwright');
    const path = chromium.executablePath();
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

const HOW_TO_INSTALL =
  'No Chrome, Chromium or Edge was found and none could be installed: install one (on Debian: apt-get install chromium), or name one in LOWRANK_CHROME.';

/** As `findChrome`, and where there is none, installs one. Throws an error with `HOW_TO_INSTALL`. */
export async function ensureChrome(say = (/** @type {string} */ _line) => {}) {
  const found = await findChrome();
  if (found) return found;
  const root = process.getuid?.() === 0;
  const debian = existsSync('/etc/debian_version');
  /** @typedef {{ what: string, run: [string, string[]] }} Attempt */
  /** @type {Attempt} */
  const playwrights = {
    what: 'Playwright’s Chromium',
    run: [process.execPath, ['node_modules/playwright/cli.js', 'install', 'chromium']],
  };
  /** @type {Attempt[]} */
  const debians = [
    { what: 'Debian’s package index', run: ['apt-get', ['update', '-q']] },
    { what: 'Debian’s Chromium', run: ['apt-get', ['install', '-y', '-q', 'chromium']] },
  ];
  // Debian's package brings the libraries that the browser needs; Playwright's download does not.
  for (const { what, run } of root && debian ? [...debians, playwrights] : [playwrights]) {
    say(`No browser found: fetching ${what} …`);
    try {
      execFileSync(run[0], run[1], {
        stdio: ['ignore', 2, 2],
        timeout: 300_000,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    } catch {
      continue;
    }
    const path = await findChrome();
    if (path) return path;
  }
  throw new Error(HOW_TO_INSTALL);
}

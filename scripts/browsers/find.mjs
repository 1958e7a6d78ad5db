import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of the first of these programs that the search path has, or null. */
export function inPath(/** @type {string[]} */ names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Path of an installed Firefox. `LOWRANK_FIREFOX` names another. Throws a sentence where there is none. */
export function installedFirefox() {
  const chosen = process.env.LOWRANK_FIREFOX;
  const mac = '/Applications/Firefox.app/Contents/MacOS/firefox';
  const path = chosen ?? inPath(['firefox-esr', 'firefox', 'firefox.exe']) ?? mac;
  if (existsSync(path)) return path;
  throw new Error(
    'No Firefox was found: install it (on Debian: apt-get install firefox-esr), or name one in LOWRANK_FIREFOX.',
  );
}

/** WebKit as GTK's small browser has it, its driver, and a display for them. */
const WEBKIT_PACKAGES = ['webkit2gtk-driver', 'xvfb'];

/**
 * Paths of WebKit's browser, of its WebDriver and of the X server without a screen that it draws on. Throws a sentence
 * where one is missing.
 */
export function installedWebKit() {
  const browser = miniBrowser();
  const driver = inPath(['WebKitWebDriver']);
  const display = inPath(['Xvfb']);
  if (browser && driver && display) return { browser, driver, display };
  const missing = WEBKIT_PACKAGES.filter((_, i) => !(i === 0 ? browser && driver : display));
  throw new Error(
    `WebKit’s browser for tests was not found: install it (on Debian: apt-get install ${missing.join(' ')}).`,
  );
}

/** It lies beside WebKit's library, in a folder named after the machine and the library's version. */
function miniBrowser() {
  const within = (/** @type {string} */ folder, /** @type {RegExp} */ name) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((entry) => name.test(entry))
          .sort()
          .reverse()
          .map((entry) => join(folder, entry))
      : [];
  const libraries = ['/usr/lib', '/usr/libexec', ...within('/usr/lib', /-linux-gnu/)];
  const folders = libraries.flatMap((folder) => within(folder, /^webkit(2gtk|gtk)-[\d.]+$/));
  return folders.map((folder) => join(folder, 'MiniBrowser')).find((path) => existsSync(path)) ?? null;
}

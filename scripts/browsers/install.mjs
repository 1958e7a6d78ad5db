import { execFileSync } from 'node:child_process';
import { inPath, installedFirefox, installedWebKit } from './find.mjs';
import { lavapipe } from './firefox.mjs';

/** Debian's packages for tests in other browsers than Chromium, and what they are needed for. */
const PACKAGES = [
  { name: 'firefox-esr', engine: 'Firefox', present: () => finds(installedFirefox) },
  { name: 'mesa-vulkan-drivers', engine: 'Firefox', present: () => lavapipe() !== null },
  { name: 'xvfb', engine: 'WebKit', present: () => inPath(['Xvfb']) !== null },
  { name: 'webkit2gtk-driver', engine: 'WebKit', present: () => finds(installedWebKit) },
];

function finds(/** @type {() => unknown} */ find) {
  try {
    return Boolean(find());
  } catch {
    return false;
  }
}

const missing = () => PACKAGES.filter(({ present }) => !present());

/**
 * Installs Firefox, its software Vulkan and WebKit where they are missing and nobody need be asked: as root, on Debian.
 * @param {(line: string) => void} say
 * @returns {{ name: string, engine: string }[]} Packages that are missing still.
 */
export function ensureBrowsers(say) {
  const names = missing().map(({ name }) => name);
  if (names.length === 0 || process.getuid?.() !== 0 || !inPath(['apt-get'])) return missing();
  say(`Installing ${names.join(', ')} …`);
  const install = ['install', '-y', '-q', '--no-install-recommends', ...names];
  for (const args of [['update', '-q'], install]) {
    try {
      execFileSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 2],
        timeout: 600_000,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    } catch {
      // An index that cannot be refreshed may do as it is; what is missing still is told by whoever asked.
    }
  }
  return missing();
}

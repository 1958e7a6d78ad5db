import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDisplay } from './display.mjs';
import { installedFirefox, installedWebKit } from './find.mjs';
import { QUIET, softwareVulkan, WEBGPU } from './firefox.mjs';

/**
 * Opens an address in a Firefox of its own, without a window and with a new profile.
 * @param {string} url
 * @param {{ webgpu?: boolean }} [options] `webgpu`: with WebGPU, in software.
 */
export async function openFirefox(url, { webgpu = false } = {}) {
  const program = installedFirefox();
  const profile = newFolder();
  const preferences = Object.entries({ ...QUIET, ...(webgpu ? WEBGPU : {}) }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile.path, 'user.js'), preferences.join(''));
  return opened(program, ['--headless', '--no-remote', '--profile', profile.path, url], {
    env: webgpu ? softwareVulkan() : {},
    close: profile.remove,
  });
}

/**
 * Opens an address in a WebKit of its own, on a display without a screen and with nothing kept from before.
 * @param {string} url
 */
export async function openWebKit(url) {
  const { browser, display: server } = installedWebKit();
  const home = newFolder();
  const display = await openDisplay(server);
  return opened(browser, [url], {
    env: { DISPLAY: display.name, GDK_BACKEND: 'x11', HOME: home.path, ...homeFolders(home.path) },
    close() {
      display.close();
      home.remove();
    },
  });
}

const homeFolders = (/** @type {string} */ home) =>
  Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((name) => [`XDG_${name}_HOME`, join(home, name)]));

function newFolder() {
  const path = mkdtempSync(join(tmpdir(), 'lowrank-browser-'));
  // Processes of a browser that is ending may still write.
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  return { path, remove };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, close: () => void }} options `close` is called when the program has ended.
 * @returns {Promise<{ close: () => Promise<void> }>}
 */
function opened(program, args, { env = {}, close }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    const kill = () => child.kill();
    process.once('exit', kill);
    /** @type {Promise<void>} */
    const ended = new Promise((done) => {
      child.once('close', () => {
        process.off('exit', kill);
        close();
        done();
      });
    });
    child.once('error', reject);
    child.once('spawn', () =>
      resolve({
        close() {
          kill();
          return ended;
        },
      }),
    );
  });
}

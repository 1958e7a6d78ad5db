import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** With these no Firefox of ours asks the network for anything by itself, or a person whether a page may go on. */
export const QUIET = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'captivedetect.canonicalURL': '',
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.max_script_run_time': 0,
  'extensions.getAddons.cache.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** Releases of Firefox for Linux have WebGPU switched off, and never give it a processor: with these they do. */
export const WEBGPU = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
};

const DRIVERS = '/usr/share/vulkan/icd.d';

/** Mesa's Vulkan on the processor, as the loader of Vulkan describes it; null where it is not installed. */
export function lavapipe() {
  const name = existsSync(DRIVERS) && readdirSync(DRIVERS).find((file) => /^lvp_icd.*\.json$/.test(file));
  return name ? join(DRIVERS, name) : null;
}

/**
 * The environment in which Vulkan has Mesa's software driver and no other. Throws a sentence where there is none.
 * @returns {Record<string, string>}
 */
export function softwareVulkan() {
  const driver = lavapipe();
  if (!driver)
    throw new Error(
      'No Vulkan in software was found for Firefox: install it (on Debian: apt-get install mesa-vulkan-drivers).',
    );
  // The second name is that of newer loaders.
  return { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver };
}

/** Puts what the flags name into the page: hardware, model, adapter. */

/**
 * @param {import('./browser.mjs').Headless} headless
 * @param {ReturnType<typeof import('./inputs.mjs').modelInput>} model
 * @param {import('../../src/worker/api/api.ts').BaseDtype} [dtype] How the base is held for answers and measurements.
 */
export async function openModelIn({ page, bridge }, model, dtype) {
  await page.setInputFiles('#model', model.files);
  const info = await bridge.evaluate((lowrank, choice) => lowrank.openModel(choice), model.choice);
  if (dtype) await bridge.evaluate((lowrank, given) => lowrank.setBaseDtype(given), dtype);
  return info;
}

/**
 * @param {import('./browser.mjs').Headless} headless
 * @param {string[] | null} files
 */
export async function openAdapterIn({ page, bridge }, files) {
  if (!files) return;
  await page.setInputFiles('#adapter', files);
  await bridge.evaluate((lowrank) => lowrank.setAdapter());
}

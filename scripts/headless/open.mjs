/** Puts what the flags name into the page: hardware, model, adapter. */

/**
 * @param {import('./browser.mjs').Headless} headless
 * @param {ReturnType<typeof import('./inputs.mjs').deviceInput>} asked
 * @param {(line: string) => void} say hears what it is
 */
export async function openHardwareIn({ bridge }, asked, say) {
  const hardware = await bridge.evaluate(
    (lowrank, { device, threads }) => lowrank.hardware(device, { threads }),
    asked,
  );
  if (hardware.problem) say(hardware.problem);
  say(`On ${hardware.name}.`);
  return hardware;
}

/**
 * @param {import('./browser.mjs').Headless} headless
 * @param {ReturnType<typeof import('./inputs.mjs').modelInput>} model
 * @param {{ dtype?: import('../../src/worker/api/api.ts').BaseDtype, say?: (line: string) => void }} [options]
 *   `dtype`: how the base is held for answers and measurements. `say` hears what was ignored or read in another way;
 *   a run tells that itself.
 */
export async function openModelIn({ page, bridge }, model, { dtype, say } = {}) {
  await page.setInputFiles('#model', model.files);
  const info = await bridge.evaluate((lowrank, choice) => lowrank.openModel(choice), model.choice);
  if (say) for (const note of info.notes) say(`Warning: ${note}`);
  if (dtype) await bridge.evaluate((lowrank, given) => lowrank.setBaseDtype(given), dtype);
  return info;
}

/**
 * The model that a run learns from.
 * @param {import('./browser.mjs').Headless} headless
 * @param {NonNullable<ReturnType<typeof import('./inputs.mjs').teacherInput>>} teacher
 */
export async function openTeacherIn({ page, bridge }, { files, adapter, choice }) {
  await page.setInputFiles('#teacher', files);
  await page.setInputFiles('#teacher-adapter', adapter);
  await bridge.evaluate((lowrank, given) => lowrank.openTeacher(given), choice);
}

/**
 * @param {import('./browser.mjs').Headless} headless
 * @param {string[] | null} files
 * @param {(line: string) => void} say
 */
export async function openAdapterIn({ page, bridge }, files, say) {
  if (!files) return;
  await page.setInputFiles('#adapter', files);
  for (const note of await bridge.evaluate((lowrank) => lowrank.setAdapter())) say(`Warning: ${note}`);
}

import { dropPageFiles } from '../../service-worker/register.ts';
import { worker } from '../state/connection.ts';
import { useHistory } from '../state/history.ts';
import { chooseToKeep, forgetKept, keepPage, keepsNothing } from '../state/keeping.ts';
import { setApp } from '../state/store.ts';

/**
 * Erases what this page keeps in the browser: the unfinished run with its copy of the data, past runs, experiments, models from the
 * hub, kernel choices, the page's own files, the theme. The choice to keep nothing stays, else it would end here.
 *
 * @throws what the worker says where a file is still written
 */
export async function eraseEverything(): Promise<void> {
  const nothing = keepsNothing();
  await dropPageFiles();
  try {
    for (const storage of [localStorage, sessionStorage])
      for (const key of Object.keys(storage)) if (key.startsWith('lowrank-')) storage.removeItem(key);
  } catch {
    // Where storage is blocked nothing is in it.
  }
  chooseToKeep(nothing);
  await (await worker()).eraseData();
  setApp({ saved: null });
  useHistory.setState({ runs: [], shown: [] });
  forgetKept();
}

/** Chooses that nothing is kept from now on. What was kept goes too, or where the person says so stays until erased. */
export async function keepNothing(erase: boolean): Promise<void> {
  chooseToKeep(true);
  await (await worker()).keepNothing(true);
  if (erase) await eraseEverything();
  else await dropPageFiles();
}

export async function keepAgain(): Promise<void> {
  chooseToKeep(false);
  await (await worker()).keepNothing(false);
  await keepPage();
}

import type { SavedRun } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { getApp, setApp } from '../state/store.ts';
import { chooseTemplate, openModel } from './open.ts';
import { openData } from './open-data.ts';
import { canTrain, carryOut, RUN_LOCK } from './run.ts';

/** A run that was in progress when the page was closed: kept by the worker, offered on the first screen. */

export async function loadSaved(): Promise<void> {
  try {
    const { held } = await navigator.locks.query();
    if (held?.some(({ name }) => name === RUN_LOCK)) return;
    const saved = await (await worker()).savedRun();
    // The training of a ladder continues with it.
    setApp({ saved: saved?.request.leaveOut ? null : saved });
  } catch {
    // Without storage there is nothing to offer.
  }
}

/** What the user has to drop before the run can resume: a page cannot open dropped files again. */
export function missingFor(saved: SavedRun): string[] {
  const { model, dataTitle } = getApp();
  const missing: string[] = [];
  if (!saved.model.choice && model?.name !== saved.model.name) missing.push(saved.model.name);
  if (!saved.data.choice && dataTitle !== saved.data.name) missing.push(saved.data.name);
  return missing;
}

export async function resumeSaved(): Promise<void> {
  const { saved } = getApp();
  if (!saved) return;
  const { chatTemplate: _, ...modelChoice } = getApp().modelChoice;
  const { model, data, request } = saved;
  setApp({ settings: { ...PAGE_DEFAULTS, ...(request.chosen ?? request.settings) } });
  if (model.choice && JSON.stringify(model.choice) !== JSON.stringify(modelChoice))
    await openModel(model.choice);
  // Its rows are rendered as they were.
  const template = model.chatTemplate ?? null;
  if (template !== (getApp().modelChoice.chatTemplate ?? null)) await chooseTemplate(template);
  // Where its data do not open, others still are.
  if (data.choice && !(await openData(data.choice, request.dataTitle ?? data.name))) return;
  if (!canTrain()) return;
  // After the data, which bring prompts of their own.
  setApp({ saved: null, prompts: request.prompts });
  await carryOut({ ...request, resume: 'saved', keepAs: saved.name }, saved.name);
}

export async function discardSaved(): Promise<void> {
  setApp({ saved: null });
  await (await worker()).forgetSavedRun();
}

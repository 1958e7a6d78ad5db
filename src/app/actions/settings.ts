import { isTemplateName, type TemplateName } from '../../data/text/template-names.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { worker } from '../state/connection.ts';
import { formatHash } from '../state/hash.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { refreshEstimate } from './estimate.ts';
import { isSameReading, readingOf, reopenData } from './open-data.ts';
import { askBase, dropBaseAnswers } from './preview.ts';

let timer: ReturnType<typeof setTimeout> | null = null;

/** Changes settings; estimate and address follow. */
export function changeSettings(change: Partial<RunSettings>): void {
  const before = getApp().settings;
  const settings = { ...before, ...change };
  setApp({ settings });
  writeHash();
  if (settings.baseDtype !== before.baseDtype) void holdBase(settings.baseDtype);
  else if (settings.raw !== before.raw) void askBaseAnew();
  if (timer !== null) clearTimeout(timer);
  const reread = !isSameReading(readingOf(settings), readingOf(before));
  timer = setTimeout(() => void (reread ? reopenData() : refreshEstimate()), reread ? 500 : 60);
}

/** The base answers as it will be held in training. */
async function holdBase(dtype: RunSettings['baseDtype']): Promise<void> {
  await dropBaseAnswers();
  await (await worker()).setBaseDtype(dtype);
  await askBaseAnew();
}

/** What the base has said so far, it would say otherwise now. */
async function askBaseAnew(): Promise<void> {
  await dropBaseAnswers();
  setApp({ baseAnswers: {} });
  void askBase();
}

export function writeHash(): void {
  const hash = hashNow();
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
}

/** The address's hash for the set-up as it is. */
export function hashNow(): string {
  const { device, matrices, threads, modelChoice, dataChoice, samples, settings } = getApp();
  const sample =
    dataChoice?.kind === 'sample' && dataChoice.file !== samples[0]?.file ? dataChoice.file : null;
  const chatTemplate = templateName(modelChoice.chatTemplate);
  return formatHash({ device, matrices, threads, sample, chatTemplate, settings }, PAGE_DEFAULTS);
}

/** A template of the person's own is in no address. */
export function templateName(choice: string | undefined): TemplateName | null {
  return choice !== undefined && isTemplateName(choice) ? choice : null;
}

export function settingsLocked(): boolean {
  return isTaken(getApp()) || getApp().starting;
}

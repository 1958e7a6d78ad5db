import type { RunSettings } from '../../run/settings.ts';
import { worker } from '../state/connection.ts';
import { formatHash } from '../state/hash.ts';
import { MAX_HELD_OUT_ROWS, PAGE_DEFAULTS } from '../state/presets.ts';
import { isBusy } from '../state/run.ts';
import { getApp, setApp } from '../state/store.ts';
import { reopenData } from './open-data.ts';
import { askBase, dropBaseAnswers } from './preview.ts';

let latest = 0;

/** Asks the worker what the settings cost; the answer to the latest question wins. */
export async function refreshEstimate(): Promise<void> {
  const mine = ++latest;
  const { model, data, settings } = getApp();
  if (!model || !data || data.used === 0) return;
  try {
    const api = await worker();
    const estimate = await api.estimate(settings);
    if (mine !== latest) return;
    setApp({ estimate });
    await countLeaks();
  } catch {
    // Settings that cannot be planned (no rows left to train on, say) have no estimate; Train says why.
    if (mine === latest) setApp({ estimate: null });
  }
}

/** What the leaks on show were counted of. */
let counted = '';

async function countLeaks(): Promise<void> {
  const { data, settings } = getApp();
  const of = JSON.stringify([data?.sha256, data?.used, settings.evalFraction, settings.seed]);
  if (of === counted && getApp().leaks !== null) return;
  const leaks = await (await worker()).heldOutLeaks(settings, MAX_HELD_OUT_ROWS);
  counted = of;
  if (getApp().data === data) setApp({ leaks });
}

let timer: ReturnType<typeof setTimeout> | null = null;

/** Changes settings; estimate and address follow. */
export function changeSettings(change: Partial<RunSettings>): void {
  const before = getApp().settings;
  const settings = { ...before, ...change };
  setApp({ settings });
  writeHash();
  if (settings.baseDtype !== before.baseDtype) void holdBase(settings.baseDtype);
  if (timer !== null) clearTimeout(timer);
  const reread = settings.maxLength !== before.maxLength || settings.raw !== before.raw;
  timer = setTimeout(() => void (reread ? reopenData() : refreshEstimate()), reread ? 500 : 60);
}

/** The base answers as it will be held in training. */
async function holdBase(dtype: RunSettings['baseDtype']): Promise<void> {
  await dropBaseAnswers();
  await (await worker()).setBaseDtype(dtype);
  setApp({ baseAnswers: {} });
  void askBase();
}

export function writeHash(): void {
  const { device, matrices, dataChoice, samples, settings } = getApp();
  const sample =
    dataChoice?.kind === 'sample' && dataChoice.file !== samples[0]?.file ? dataChoice.file : null;
  const hash = formatHash({ device, matrices, sample, settings }, PAGE_DEFAULTS);
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
}

export function settingsLocked(): boolean {
  return isBusy(getApp().run.state) || getApp().starting;
}

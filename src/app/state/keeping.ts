import { keepPageFiles } from '../../service-worker/register.ts';
import { useApp } from './store.ts';

/** The one choice about data at rest, kept under its own key; where storage is forbidden nothing is kept anyway. */
const KEY = 'lowrank-keep';

export function keepsNothing(): boolean {
  try {
    return localStorage.getItem(KEY) === 'nothing';
  } catch {
    return true;
  }
}

export function chooseToKeep(nothing: boolean): void {
  try {
    if (nothing) localStorage.setItem(KEY, 'nothing');
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is forbidden here.
  }
}

/** Keeps the page's own files for a visit without a network, where the person lets anything be kept. */
export async function keepPage(): Promise<void> {
  if (!keepsNothing()) await keepPageFiles();
}

/** As `keepPage`, once the model is open: that comes first. */
export function keepPageWhenOpen(): void {
  const stop = useApp.subscribe(({ model }) => {
    if (!model) return;
    stop();
    void keepPage();
  });
}

const forgets: (() => void)[] = [];

/** Calls this once all that is kept was erased: for what is shown of it. */
export function whenErased(forget: () => void): void {
  forgets.push(forget);
}

export function forgetKept(): void {
  for (const forget of forgets) forget();
}

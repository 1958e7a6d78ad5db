import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { worker } from '../state/connection.ts';
import { getApp, setApp } from '../state/store.ts';

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

/** What the number of leaks on the page was counted for. */
let counted = '';

async function countLeaks(): Promise<void> {
  const { data, settings } = getApp();
  const of = JSON.stringify([data?.sha256, data?.used, settings.evalFraction, settings.seed]);
  if (of === counted && getApp().leaks !== null) return;
  const leaks = await (await worker()).heldOutLeaks(settings, MAX_HELD_OUT_ROWS);
  counted = of;
  if (getApp().data === data) setApp({ leaks });
}

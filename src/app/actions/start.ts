import { pageError } from '../state/errors.ts';
import { parseHash } from '../state/hash.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { loadSamples } from '../state/samples.ts';
import { getApp, setApp } from '../state/store.ts';
import { openDevice, openModel, openSample } from './open.ts';
import { loadSaved } from './saved.ts';

/** Reads the address, then opens device, bundled model and first sample, so that Train works at once. */
export function start(): void {
  const { device, matrices, sample, settings } = parseHash(location.hash);
  setApp({ device, matrices, settings: { ...PAGE_DEFAULTS, ...settings } });
  void open(sample);
  window.addEventListener('hashchange', () => {
    const next = parseHash(location.hash);
    setApp({ settings: { ...PAGE_DEFAULTS, ...next.settings } });
    const { device, matrices } = getApp();
    if (next.device !== device || next.matrices !== matrices) location.reload();
  });
}

async function open(sample: string | null): Promise<void> {
  try {
    await openDevice(getApp().device);
  } catch (error) {
    setApp({ modelError: pageError(error), modelWork: null });
    return;
  }
  const [samples] = await Promise.all([
    loadSamples().catch(() => []),
    openModel({ kind: 'bundled' }),
    loadSaved(),
  ]);
  setApp({ samples });
  const first = samples.find((entry) => entry.file === sample) ?? samples[0];
  // The person may have dropped a file of their own meanwhile.
  if (first && !getApp().dataChoice) await openSample(first);
}

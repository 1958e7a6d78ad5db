import { pageError } from '../shared/page-error.ts';
import { parseHash } from '../state/hash.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { loadSamples, type SampleInfo } from '../state/samples.ts';
import { getApp, setApp } from '../state/store.ts';
import { loadLadder } from './ladder-load.ts';
import { noteLink } from './link.ts';
import { chooseTemplate, openModel } from './open.ts';
import { openSample } from './open-data.ts';
import { loadSaved } from './saved.ts';
import { changeSettings, settingsLocked, templateName, writeHash } from './settings.ts';

/** Reads the address, then opens device, bundled model and first sample, so that Train works at once. */
export function start(): void {
  const { device, matrices, threads, sample, chatTemplate, settings } = parseHash(location.hash);
  setApp({ device, matrices, threads, settings: { ...PAGE_DEFAULTS, ...settings } });
  noteLink(PAGE_DEFAULTS, null);
  void open(sample, chatTemplate ?? null);
  window.addEventListener('hashchange', followHash);
}

/** Another address in the same tab, typed or from a link: as if the fields had been changed by hand. */
export function followHash(): void {
  // A run keeps what it was begun with, and the address says so.
  if (settingsLocked()) {
    writeHash();
    return;
  }
  const next = parseHash(location.hash);
  const { device, matrices, threads, modelChoice, samples, dataChoice, dataPending, settings } = getApp();
  if (next.device !== device || next.matrices !== matrices || next.threads !== threads) {
    location.reload();
    return;
  }
  // The first sample goes without saying; a file of the person's own is in no address, and stays unless one is named.
  const data = dataPending?.choice ?? dataChoice;
  const open = data?.kind === 'sample' ? data.file : null;
  const file = next.sample ?? (data && !open ? null : samples[0]?.file);
  const sample = samples.find((entry) => entry.file === file);
  noteLink(settings, modelChoice.chatTemplate ?? null);
  changeSettings({ ...PAGE_DEFAULTS, ...next.settings });
  // Likewise a chat template of the person's own.
  const chosen = modelChoice.chatTemplate;
  const template = next.chatTemplate ?? null;
  if (template !== (chosen ?? null) && (template !== null || templateName(chosen) !== null))
    void chooseTemplate(template);
  if (sample && sample.file !== open) void openSample(sample).then(writeHash);
}

async function open(sample: string | null, chatTemplate: string | null): Promise<void> {
  const [samples] = await Promise.all([
    listSamples(),
    openModel({ kind: 'bundled', ...(chatTemplate !== null && { chatTemplate }) }).then(async () => {
      await loadSaved();
      void loadLadder();
    }),
  ]);
  const first = samples.find((entry) => entry.file === sample) ?? samples[0];
  // The person may have dropped a file of their own meanwhile.
  const { dataChoice, dataPending, dataError } = getApp();
  if (first && !dataChoice && !dataPending && !dataError) await openSample(first);
}

/** The page's own data; without them a file of the person's can be opened all the same. */
async function listSamples(): Promise<SampleInfo[]> {
  try {
    const samples = await loadSamples();
    setApp({ samples });
    return samples;
  } catch (error) {
    setApp({ dataError: { ...pageError(error), title: 'The samples could not be listed.' } });
    return [];
  }
}

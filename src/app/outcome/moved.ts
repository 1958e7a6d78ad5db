import { movesBase } from '../../methods/names.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { bytes, count, plural } from '../shared/format.ts';
import { keptStep, type RunView } from '../state/run.ts';

/** An adapter's values are written as float32. */
const VALUE_BYTES = 4;

/** Values of an adapter's file: where the start moved the base, what it took off is in it, as many again. */
export function adapterValues(
  trained: number,
  settings: Pick<RunSettings, 'method' | 'init'> | null,
): number {
  return settings?.method === 'lora' && movesBase({ start: settings.init }) ? 2 * trained : trained;
}

/** Of the file that holds them. */
export function adapterBytes(trained: number, settings: Pick<RunSettings, 'method' | 'init'> | null): number {
  return adapterValues(trained, settings) * VALUE_BYTES;
}

/** Which numbers a run has moved, which not, and how large the file is; null before its end. */
export function movedSentence(
  run: Pick<RunView, 'step' | 'best' | 'summary'>,
  settings: Pick<RunSettings, 'keep' | 'method' | 'init'> | null,
): string | null {
  if (!run.summary) return null;
  const { trainable_parameters: trained, parameters } = run.summary;
  const size = bytes(adapterBytes(trained, settings));
  if (keptStep(run, settings?.keep ?? null) === 0)
    return `Nothing moved in the end: no step lowered the held-out loss, so the adapter of ${size} is the one from before step 1.`;
  return `${plural(trained, 'number')} moved; the ${inWords(parameters)} of the base model stayed as they were. The adapter is ${size}.`;
}

/** A number of parameters as a sentence has it: 5.5 million. */
function inWords(value: number): string {
  const [size, unit] = value >= 1e9 ? [1e9, 'billion'] : [1e6, 'million'];
  if (value < 1e6) return count(value);
  const scaled = value / size;
  return `${scaled < 99.5 ? Number(scaled.toFixed(1)) : Math.round(scaled)} ${unit}`;
}

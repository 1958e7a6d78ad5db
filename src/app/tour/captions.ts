import { type ObjectiveName, rowsOf } from '../../objectives/names.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { adapterBytes } from '../outcome/moved.ts';
import { bytes, plural } from '../shared/format.ts';
import { keptStep, type RunView } from '../state/run.ts';
import type { Pane, Tab } from '../state/store.ts';
import type { CaptionId } from './progress.ts';

/** What the five captions say, and where on the page is what they speak of. */

/** The part of a phone's page, and the tab; null: wherever the page is. */
export const PLACES: Readonly<Record<CaptionId, { pane: Pane; tab: Tab | null } | null>> = {
  train: null,
  loss: { pane: 'run', tab: null },
  heldOut: { pane: 'run', tab: null },
  words: { pane: 'answers', tab: 'samples' },
  adapter: { pane: 'answers', tab: 'take' },
};

export interface CaptionParts {
  run: Pick<RunView, 'state' | 'step' | 'best' | 'summary' | 'held'>;
  settings: Pick<RunSettings, 'keep' | 'method' | 'init'> | null;
  objective: ObjectiveName;
  /** Whether the run of the tour has begun. */
  going: boolean;
}

export function captionOf(id: CaptionId, { run, settings, objective, going }: CaptionParts): string {
  switch (id) {
    case 'train':
      return `${going ? 'Training' : 'Press Train: it'} moves only a small set of new numbers beside the model, the adapter; the model’s own stay as they are.`;
    case 'loss':
      return `The loss is falling: ${FALLING[objective] ?? FALLING[rowsOf(objective)]} than at the first step.`;
    case 'heldOut':
      return `Amber is the loss on ${plural(run.held.rows, 'row')} that training never sees: while it falls too, the model is not just learning rows by heart.`;
    case 'words':
      return 'The coloured words are new: before training, the model did not answer with them.';
    case 'adapter':
      return endOf(run, settings);
  }
}

/** What a lower loss means, by objective or else by the rows that it learns from. */
const FALLING: Readonly<Record<string, string>> = {
  answers: 'the right next piece of text surprises the model less',
  pairs: 'the model prefers the better answers more clearly',
  verdicts: 'the model tells good answers from bad ones more clearly',
  distil: 'the model is nearer to its teacher',
  bake: 'the model is nearer to how it answers with the prompt',
};

function endOf(run: CaptionParts['run'], settings: CaptionParts['settings']): string {
  const how = run.summary?.stopped ? 'Stopped' : 'Finished';
  if (keptStep(run, settings?.keep ?? null) === 0)
    return `${how}: no step lowered the held-out loss, so the adapter is the one from before step 1, and more rows may help.`;
  const size = run.summary && bytes(adapterBytes(run.summary.trainable_parameters, settings));
  return `${how}: all that was learned is in the adapter, a file${size ? ` of ${size}` : ''} that programs add to the same model; now ask it something.`;
}

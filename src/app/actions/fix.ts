import { type ErrorCode, errorKind } from '../../error-codes.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { small } from '../shared/format.ts';
import type { PageError } from '../shared/page-error.ts';
import { getApp } from '../state/store.ts';
import { HUB_FIELD, showHubField, TOKEN_FIELD } from './hub-field.ts';
import { openModel } from './open.ts';
import { newRun } from './run.ts';
import { loadSaved } from './saved.ts';
import { changeSettings } from './settings.ts';

/** The next thing that a failed run offers to do. */
export interface Fix {
  label: string;
  run(): void;
}

/** What the page can do about a failure; null where it can do nothing. */
export function fixOf(code: ErrorCode): Fix | null {
  if (code === 'diverged') {
    const halved = getApp().settings.learningRate / 2;
    return smaller(`Set the learning rate to ${small(halved)}`, { learningRate: halved });
  }
  if (code === 'out-of-memory') {
    const { batch, checkpointing } = getApp().settings;
    if (batch > 1) return smaller(`Set the batch size to ${batch >> 1}`, { batch: batch >> 1 });
    if (checkpointing !== 'on') return smaller('Turn on activation checkpointing', { checkpointing: 'on' });
  }
  if (code === 'device-lost')
    return {
      label: 'Go to the saved run',
      run() {
        newRun();
        void loadSaved();
      },
    };
  return null;
}

function smaller(label: string, change: Partial<RunSettings>): Fix {
  return {
    label,
    run() {
      newRun();
      changeSettings(change);
    },
  };
}

/** What to do about a model that did not open. */
export function modelFix({ code }: PageError): Fix {
  const { modelFailed } = getApp();
  if (code === 'hub-gated') return { label: 'Paste a token', run: () => showHubField(TOKEN_FIELD) };
  if (code === 'hub-missing' || code === 'bad-hub-id')
    return { label: 'Correct the name', run: () => showHubField(HUB_FIELD) };
  if (code === 'page-outdated') return { label: 'Reload the page', run: () => location.reload() };
  if (errorKind(code).retry && modelFailed)
    return { label: 'Try again', run: () => void openModel(modelFailed) };
  return { label: 'Open the bundled model', run: () => void openModel({ kind: 'bundled' }) };
}
